// Pairs of axes, and curves over them.
import { CROSS, colourClass, type Stroke, strokeClasses } from "./figure.ts";
import { label, moved, path, rounded, widestOf, widthOf } from "./svg.ts";
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
  /** Values that the axis reaches, though no curve does. */
  readonly reaches?: readonly number[];
}

/** A pair of axes with what is between them. */
export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** A vertical line with a name. */
  readonly rule?: { readonly at: number; readonly name: string };
}

/** The box between the axes, with the functions that place values in it. */
export interface Frame {
  readonly top: number;
  readonly bottom: number;
  readonly height: number;
  x(value: number): number;
  y(value: number): number;
  /** Axes, ticks, grid and names. */
  readonly content: string;
}

/** Room for the name of the vertical axis, which is above it, and for ticks and name of the horizontal one. */
const [ABOVE, BELOW] = [20, 34];

/** Room for what is written at a vertical axis. */
export const sideOf = (labels: readonly string[]): number => Math.min(90, widestOf(labels)) + 8;

/** Whether what is written at a horizontal axis does not fit beside each other. */
const isTight = ({ labels }: Scale, room: number): boolean => labels.length * (widestOf(labels) + 8) > room;

/**
 * Draws a pair of axes.
 * @param inner height between the axes and the names.
 * @param horizontalOf the horizontal scale for this room. What does not fit beside each other is turned.
 * @param grid whether there is a line at each tick of the vertical axis.
 */
export function frameOf(
  names: Pick<Axes, "x" | "y">,
  width: number,
  inner: number,
  vertical: Scale,
  horizontalOf: (room: number) => Scale,
  grid = true,
): Frame {
  const [top, bottom] = [ABOVE, ABOVE + inner];
  const left = sideOf(vertical.labels);
  const horizontal = horizontalOf(width - left);
  const isTurned = isTight(horizontal, width - left) && !grid;
  // The last tick's text ends at the right edge.
  const half = isTurned ? 0 : widthOf(horizontal.labels.at(-1) ?? "") / 2;
  const share = placeOn(horizontal, horizontal.ticks.at(-1) ?? horizontal.high);
  const right = Math.min(width, left + (width - left - half) / share);
  const x = (value: number) => left + placeOn(horizontal, value) * (right - left);
  const y = (value: number) => bottom - placeOn(vertical, value) * inner;
  const below = BELOW + (isTurned ? Math.min(70, 0.7 * widestOf(horizontal.labels)) : 0);
  const { name, note = "" } = names.y;
  const content = [
    label(0, 10, name, "w", width - widthOf(note) - 8),
    note && label(width, 10, note, "r m"),
    grid && path("g", vertical.ticks.map((tick) => `M${rounded(left)} ${rounded(y(tick))}H${rounded(right)}`).join("")),
    ...vertical.ticks.map((tick, index) =>
      label(left - 6, y(tick) + 4, vertical.labels[index] ?? "", "r k m", left - 6),
    ),
    path("g", horizontal.ticks.map((tick) => `M${rounded(x(tick))} ${bottom}v4`).join("")),
    ...horizontal.ticks.map((tick, index) => {
      const text = horizontal.labels[index] ?? "";
      return isTurned
        ? moved(x(tick) + 4, bottom + 14, label(0, 0, text, "r k m", 90), "rotate(-45)")
        : label(x(tick), bottom + 16, text, "c k m");
    }),
    label((left + right) / 2, bottom + below - 3, names.x.name, "c m", right - left),
  ];
  return { top, bottom, height: bottom + below, x, y, content: content.filter(Boolean).join("") };
}

/** Draws curves over their axes. */
export function drawAxes(axes: Axes, width: number, height: number): string {
  const { x, y, lines, rule } = axes;
  const inner = height - ABOVE - BELOW;
  const [across, down] = (["x", "y"] as const).map((which) =>
    [axes[which].reaches ?? [], ...lines.map((line) => Array.from(line[which]))].flat(),
  ) as [number[], number[]];
  const vertical = scaleOf(down, { ...y, isRound: true, count: Math.max(2, Math.floor(inner / 26)) });
  const frame = frameOf(axes, width, inner, vertical, (room) => {
    // Fewer ticks where their texts would touch.
    let count = Math.max(3, Math.floor(room / 44));
    let scale = scaleOf(across, { ...x, count });
    while (isTight(scale, room) && scale.ticks.length > 2) scale = scaleOf(across, { ...x, count: --count });
    for (let more = 0; scale.ticks.length < 2 && more < 2; more++) scale = scaleOf(across, { ...x, count: ++count });
    return scale;
  });
  const place = rule && frame.x(rule.at);
  const side = place && place > width / 2 ? -5 : 5;
  return [
    frame.content,
    ...lines.map((line) => drawLine(line, frame)),
    place && path("l s1 d1", `M${rounded(place)} ${frame.top}V${frame.bottom}`),
    place && label(place + side, frame.top + 10, rule.name, side < 0 ? "r" : ""),
    lines.every((line) => line.y.length === 0) && label(width / 2, height / 2, "no data", "c m"),
  ]
    .filter(Boolean)
    .join("");
}

type Point = readonly [x: number, y: number];

function drawLine(line: Line, frame: Frame): string {
  const { top, bottom } = frame;
  const { runs, missing } = runsOf(line, frame);
  const colour = colourClass(line);
  const textOf = (run: readonly Point[]) => run.map((point) => point.map(rounded).join(" ")).join("L");
  if (line.isFilled)
    return path(
      `a ${colour}`,
      runs.map((run) => `M${rounded(run[0]?.[0] ?? 0)} ${bottom}L${textOf(run)}V${bottom}z`).join(""),
    );
  return [
    path(strokeClasses(line), runs.map((run) => (run.length > 1 ? `M${textOf(run)}` : "")).join("")),
    path(`l ${colour} o`, runs.map((run) => (run.length > 1 ? "" : `M${textOf(run)}h0`)).join("")),
    path(`l ${colour}`, missing.map((x) => `M${rounded(x)} ${top + 3}${CROSS}`).join("")),
  ].join("");
}

/**
 * The places of a curve's points between gaps, and where values are that cannot be drawn (one where several would
 * touch). Of many points that fall into one column of pixels, the first, the lowest, the highest and the last are kept,
 * which give the same picture.
 */
function runsOf({ x, y }: Line, frame: Frame): { runs: Point[][]; missing: number[] } {
  const runs: Point[][] = [[]];
  const missing: number[] = [];
  let column: Point[] = [];
  const flush = () => {
    runs.at(-1)?.push(...[...new Set(column)].sort((a, b) => a[0] - b[0]));
    column = [];
  };
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const point: Point = [frame.x(x[i] as number), frame.y(y[i] as number)];
    const [across, down] = point;
    if (Number.isNaN(across)) continue;
    if (Number.isNaN(down)) {
      flush();
      runs.push([]);
      if (!(across - (missing.at(-1) ?? -8) < 8)) missing.push(across);
      continue;
    }
    const [first, low, high] = column;
    if (first && low && high && Math.floor(first[0]) === Math.floor(across))
      column = [first, down > low[1] ? point : low, down < high[1] ? point : high, point];
    else {
      flush();
      column = [point, point, point];
    }
  }
  flush();
  return { runs: runs.filter(({ length }) => length > 0), missing };
}
