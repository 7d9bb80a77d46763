// Curves as text.
import { extentOf } from "./extent.ts";
import { brief } from "./ticks.ts";

/** From the lowest to the highest. */
const BARS = "▁▂▃▄▅▆▇█";
const COLUMNS = 48;

/**
 * A line of bars for each curve, over one scale, between its first and its last value. Where several values fall into
 * one column, the first of them is drawn; what is not finite is a cross.
 */
export function textBars(curves: readonly { readonly name: string; readonly y: ArrayLike<number> }[]): string {
  const all = curves.map(({ y }) => Array.from(y));
  const [low, high] = extentOf(all.flat());
  const width = Math.max(...curves.map(({ name }) => name.length));
  return curves
    .map(({ name }, index) => {
      const values = all[index] as number[];
      const columns = Math.min(COLUMNS, values.length);
      const bars = Array.from({ length: columns }, (_, column) => {
        const value = values[Math.floor((column * values.length) / columns)] as number;
        return BARS[Math.round((7 * (value - low)) / (high - low || 1))] ?? "✕";
      });
      const [first = Number.NaN] = values;
      return `${name.padEnd(width)}  ${brief(first).padStart(8)} ${bars.join("")} ${brief(values.at(-1) ?? first)}`;
    })
    .join("\n");
}
