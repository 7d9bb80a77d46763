/** Options of {@link chart}. */
interface ChartOptions {
  /** Columns. Default 60. */
  width?: number;
  /** Rows. Default 12. */
  height?: number;
  /** Labels below the first and the last column. */
  ends?: readonly [string, string];
}

/**
 * Curves as text, over the index of their values; where several fall into one column, their mean. One curve is drawn in
 * stars; several in letters with a legend, the first on top where they meet.
 * @param series values by name, those that are not finite left out.
 */
export function chart(
  series: Readonly<Record<string, readonly number[]>>,
  { width = 60, height = 12, ends }: ChartOptions = {},
): string {
  const names = Object.keys(series);
  const curves = Object.values(series);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of curves.flat()) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return `${names.join(", ")}: no finite values`;
  const longest = Math.max(...curves.map(({ length }) => length));
  const letter = (index: number) => (names.length === 1 ? "*" : String.fromCharCode(97 + index));
  const rows = Array.from({ length: height }, () => new Array<string>(width).fill(" "));
  const begin = (column: number) => Math.floor((column * longest) / width);
  curves.forEach((values, index) => {
    for (let column = 0; column < width; column++) {
      const points = values
        .slice(begin(column), Math.max(begin(column) + 1, begin(column + 1)))
        .filter(Number.isFinite);
      if (points.length === 0) continue;
      const y = points.reduce((a, b) => a + b) / points.length;
      const level = high > low ? Math.round(((y / 2 - low / 2) / (high / 2 - low / 2)) * (height - 1)) : 0;
      const cells = rows[height - 1 - level] as string[];
      if (cells[column] === " ") cells[column] = letter(index);
    }
  });
  const margin = " ".repeat(10);
  const label = (row: number) => (row === 0 ? high : row === height - 1 ? low : undefined)?.toPrecision(4) ?? "";
  return [
    ...rows.map((cells, row) => `${label(row).padStart(10)} │${cells.join("")}`.trimEnd()),
    `${margin} └${"─".repeat(width)}`,
    ...(ends ? [`${margin}  ${ends[0]}${ends[1].padStart(width - ends[0].length)}`] : []),
    ...(names.length > 1 ? names.map((name, index) => `${margin}  ${letter(index)} ${name}`) : []),
  ].join("\n");
}
