// The curve of a learning rate range test as text.

const [COLUMNS, ROWS] = [60, 12];

/**
 * A curve in stars over the index of its values; where several fall into one column, their mean.
 * @param values at least one of them finite; the others are left out.
 * @param ends labels below the first and the last column.
 */
export function textChart(values: readonly number[], ends: readonly [string, string]): string {
  // Not by extent.ts, which would then be a file of its own for each picture.
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const rows = Array.from({ length: ROWS }, () => new Array<string>(COLUMNS).fill(" "));
  const begin = (column: number) => Math.floor((column * values.length) / COLUMNS);
  for (let column = 0; column < COLUMNS; column++) {
    const points = values.slice(begin(column), Math.max(begin(column) + 1, begin(column + 1))).filter(Number.isFinite);
    if (points.length === 0) continue;
    const y = points.reduce((a, b) => a + b) / points.length;
    const level = high > low ? Math.round(((y / 2 - low / 2) / (high / 2 - low / 2)) * (ROWS - 1)) : 0;
    (rows[ROWS - 1 - level] as string[])[column] = "*";
  }
  const margin = " ".repeat(10);
  const label = (row: number) => (row === 0 ? high : row === ROWS - 1 ? low : undefined)?.toPrecision(4) ?? "";
  return [
    ...rows.map((cells, row) => `${label(row).padStart(10)} │${cells.join("")}`.trimEnd()),
    `${margin} └${"─".repeat(COLUMNS)}`,
    `${margin}  ${ends[0]}${ends[1].padStart(COLUMNS - ends[0].length)}`,
  ].join("\n");
}
