/**
 * Lines as text: each series is drawn with a letter of its own, the first of those that meet on top.
 * @param series values by name, all of one length or shorter.
 */
export function chart(series: Readonly<Record<string, readonly number[]>>, { width = 72, height = 16 } = {}): string {
  const all = Object.values(series).flat().filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const longest = Math.max(...Object.values(series).map(({ length }) => length));
  const rows = Array.from({ length: height }, () => new Array<string>(width).fill(" "));
  const letters = "abcdefghijklmnopqrstuvwxyz";
  Object.values(series).forEach((values, index) => {
    for (let column = 0; column < width; column++) {
      const value = values[Math.round((column / (width - 1)) * (longest - 1))];
      if (value === undefined || !Number.isFinite(value)) continue;
      const row = height - 1 - Math.round(((value - low) / (high - low || 1)) * (height - 1));
      const cells = rows[row] as string[];
      if (cells[column] === " ") cells[column] = letters[index % letters.length] as string;
    }
  });
  const label = (row: number) => (row === 0 ? high : row === height - 1 ? low : undefined)?.toPrecision(3) ?? "";
  const lines = rows.map((cells, row) => `${label(row).padStart(9)} |${cells.join("").trimEnd()}`);
  const legend = Object.keys(series).map((name, index) => `${letters[index % letters.length]} ${name}`);
  return [...lines, `${" ".repeat(10)}+${"-".repeat(width)}`, legend.map((entry) => `${" ".repeat(11)}${entry}`).join("\n")].join("\n");
}
