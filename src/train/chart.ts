const height = 12;
const width = 60;

/**
 * A curve as text: y over the logarithm of x, with a star per column at the mean of its points.
 * @param xs rising, > 0. @param ys finite, as many.
 */
export function chart(xs: readonly number[], ys: readonly number[]): string {
  const [left, right] = [Math.log10(xs[0] ?? 1), Math.log10(xs.at(-1) ?? 1)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const columns = Array.from({ length: width }, () => [] as number[]);
  xs.forEach((x, index) => {
    const share = right > left ? (Math.log10(x) - left) / (right - left) : 0;
    columns[Math.min(width - 1, Math.floor(share * width))]?.push(ys[index] as number);
  });
  const levels = columns.map((values) => (values.length === 0 ? undefined : levelOf(values.reduce((a, b) => a + b) / values.length, low, high)));
  const rows = Array.from({ length: height }, (_, row) => {
    const label = row === 0 ? high : row === height - 1 ? low : undefined;
    const line = levels.map((level) => (level === height - 1 - row ? "*" : " ")).join("");
    return `${(label === undefined ? "" : label.toPrecision(4)).padStart(10)} │${line}`.trimEnd();
  });
  const ends = [xs[0] ?? 0, xs.at(-1) ?? 0].map((x) => x.toExponential(1)) as [string, string];
  return [...rows, `${"".padStart(10)} └${"─".repeat(width)}`, `${"".padStart(12)}${ends[0]}${ends[1].padStart(width - ends[0].length)}`].join("\n");
}

const levelOf = (y: number, low: number, high: number): number => (high > low ? Math.round(((y - low) / (high - low)) * (height - 1)) : 0);
