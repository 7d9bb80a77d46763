// Pairs of axes, and curves over them.
import { CROSS, colourClass, type Stroke, strokeClasses } from "./figure.ts";
import { label, path, rounded, sideOf, widestOf, widthOf } from "./svg.ts";
import { placeOn, type Scale, type ScaleOptions, scaleOf } from "./ticks.ts";

/** Numbers in a list, or in a typed array. */
export type Values = ArrayLike<number>;

/** A curve: points in the order of x. Points that cannot be drawn leave a gap, and are crosses at the upper edge. */
export interface Line extends Stroke {
  /** What it is, in words and in charts of text. */
  readonly name: string;
  /** Its name in the legend. Curves of one name have one entry. Default none. */
  readonly legend?: string;
  readonly x: Values;
  readonly y: Values;
  /** Whether the area between it and the horizontal axis is drawn rather than the curve. */
  readonly isFilled?: boolean;
}

/** An axis: what is written at it, and its scale. */
export interface Axis extends Omit<ScaleOptions, "count" | "isRound"> {
  readonly name: string;
  /** Of a vertical axis: what is written at the right of its name. */
  readonly note?: string;
  /** Of a vertical axis: values that it reaches, though no curve does. */
  readonly reaches?: readonly number[];
}

/** A pair of axes with what is between them. */
export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

/** Where the upper end of a vertical axis is, below its name. */
const TOP = 20;

/** Draws curves over their axes. */
export function drawAxes({ x, y, lines }: Axes, width: number, height: number): string {
  const bottom = height - 34;
  const all = (axis: "x" | "y") => lines.flatMap((line) => Array.from(line[axis]));
  const count = Math.max(2, Math.floor((bottom - TOP) / 26));
  const vertical = scaleOf([...(y.reaches ?? []), ...all("y")], { ...y, isRound: true, count });
  const left = sideOf(vertical.labels);
  // Fewer ticks where their texts would touch.
  const isTight = ({ labels }: Scale) => labels.length > 2 && labels.length * (widestOf(labels) + 8) > width - left;
  let most = Math.max(4, Math.floor((width - left) / 44));
  let horizontal = scaleOf(all("x"), { ...x, count: most });
  while (isTight(horizontal)) horizontal = scaleOf(all("x"), { ...x, count: --most });
  // The text of the last tick ends at the right edge.
  const right = width - widthOf(horizontal.labels.at(-1) ?? "") / 2;
  const across = (value: number) => left + placeOn(horizontal, value) * (right - left);
  const down = (value: number) => bottom - placeOn(vertical, value) * (bottom - TOP);
  const { name, note = "" } = y;
  return [
    label(0, 10, name, "w", width - widthOf(note) - 16),
    note && label(width, 10, note, "r m"),
    path(
      "g",
      vertical.ticks.map((tick) => `M${rounded(left)} ${rounded(down(tick))}H${rounded(right)}`).join("") +
        horizontal.ticks.map((tick) => `M${rounded(across(tick))} ${bottom}v4`).join(""),
    ),
    ...vertical.ticks.map((tick, index) =>
      label(left - 6, down(tick) + 4, vertical.labels[index] ?? "", "r k m", left - 6),
    ),
    ...horizontal.ticks.map((tick, index) => label(across(tick), bottom + 16, horizontal.labels[index] ?? "", "c k m")),
    label((left + right) / 2, bottom + 31, x.name, "c m", right - left),
    ...lines.map((line) => drawLine(line, across, down, bottom)),
    lines.every((line) => !line.y.length) && label(width / 2, height / 2, "no data", "c m"),
  ]
    .filter(Boolean)
    .join("");
}

/** The points of a curve in one column of pixels: where the first is, and the range of all. */
interface Column {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Draws a curve: points between gaps, single ones as dots, and crosses where values cannot be drawn (one where several
 * would touch). Many points in one column of pixels are one vertical line.
 */
function drawLine(
  line: Line,
  across: (value: number) => number,
  down: (value: number) => number,
  bottom: number,
): string {
  const runs: Column[][] = [[]];
  const missing: number[] = [];
  for (let i = 0; i < Math.min(line.x.length, line.y.length); i++) {
    const [x, y] = [across(line.x[i] as number), down(line.y[i] as number)];
    const run = runs.at(-1) as Column[];
    const last = run.at(-1);
    if (Number.isNaN(x)) continue;
    if (Number.isNaN(y)) {
      runs.push([]);
      if (!(x - (missing.at(-1) ?? -8) < 8)) missing.push(x);
    } else if (last && !line.isFilled && x - last.x < 0.5)
      run[run.length - 1] = { x: last.x, low: Math.min(last.low, y), high: Math.max(last.high, y) };
    else run.push({ x, low: y, high: y });
  }
  const colour = colourClass(line);
  const textOf = (run: readonly Column[]) =>
    run.map(({ x, low, high }) => `${rounded(x)} ${rounded(low)}${low < high ? `V${rounded(high)}` : ""}`).join("L");
  const drawn = runs.filter(({ length }) => length > 0);
  if (line.isFilled)
    return path(
      `a ${colour}`,
      drawn.map((run) => `M${rounded(run[0]?.x ?? 0)} ${bottom}L${textOf(run)}V${bottom}z`).join(""),
    );
  const isDot = ({ length, 0: first }: readonly Column[]) => length === 1 && first?.low === first?.high;
  return [
    path(strokeClasses(line), drawn.map((run) => (isDot(run) ? "" : `M${textOf(run)}`)).join("")),
    path(`l ${colour} o`, drawn.map((run) => (isDot(run) ? `M${textOf(run)}h0` : "")).join("")),
    path(`l ${colour}`, missing.map((x) => `M${rounded(x)} ${TOP + 3}${CROSS}`).join("")),
  ].join("");
}
