// Curves over a pair of axes.
import { type Stroke, strokeOf } from "./figure.ts";
import { label, rounded, tag, widthOf } from "./svg.ts";
import { seriesClass } from "./theme.ts";
import { placeOn, type Scale, type ScaleOptions, scaleOf } from "./ticks.ts";

/** Numbers in a list, or in a typed array. */
export type Values = ArrayLike<number>;

/** A curve: points in the order of x. Points that are not finite leave a gap. */
export interface Line extends Stroke {
  readonly x: Values;
  readonly y: Values;
}

/** An axis: what is written at it, and its scale. */
export interface Axis extends Omit<ScaleOptions, "count"> {
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
  /** Vertical lines with a name. */
  readonly rules?: readonly { readonly at: number; readonly name: string }[];
}

/** The box between the axes, with the functions that place values in it. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  x(value: number): number;
  y(value: number): number;
  /** Axes, ticks, grid and names. */
  readonly content: string;
}

/** Room for the name of the vertical axis, which is above it, and for ticks and name of the horizontal one. */
const [ABOVE, BELOW] = [20, 34];

/** Draws a pair of axes that hold these values. */
export function frameOf(
  width: number,
  height: number,
  x: { axis: Axis; values: Iterable<number> },
  y: { axis: Axis; values: Iterable<number> },
): Frame {
  const [top, bottom] = [ABOVE, height - BELOW];
  const vertical = scaleOf([...y.values, ...(y.axis.reaches ?? [])], {
    ...y.axis,
    isRound: true,
    count: Math.max(2, Math.floor((bottom - top) / 26)),
  });
  const left = Math.max(...vertical.labels.map((text) => widthOf(text, 11)), 8) + 8;
  const values = [...x.values, ...(x.axis.reaches ?? [])];
  const horizontalOf = (count: number) => scaleOf(values, { ...x.axis, count });
  // Fewer ticks where their texts would touch.
  let count = Math.max(3, Math.floor((width - left) / 44));
  let horizontal = horizontalOf(count);
  const isTight = ({ labels }: Scale) =>
    labels.reduce((sum, text) => sum + widthOf(text, 11) + 12, 0) > width - left && labels.length > 2;
  while (isTight(horizontal) && count > 1) horizontal = horizontalOf(--count);
  for (let more = 0; horizontal.ticks.length < 2 && more < 2; more++) horizontal = horizontalOf(++count);
  const right = width - Math.min(30, widthOf(horizontal.labels.at(-1) ?? "", 11) / 2 + 2);
  const place = {
    x: (value: number) => left + placeOn(horizontal, value) * (right - left),
    y: (value: number) => bottom - placeOn(vertical, value) * (bottom - top),
  };
  const { name, note = "" } = y.axis;
  const parts = [
    label(0, 10, name, { isBold: true, room: width - (note ? widthOf(note) + 8 : 0) }),
    note && label(width, 10, note, { anchor: "end", as: "m" }),
  ];
  vertical.ticks.forEach((tick, index) => {
    const at = place.y(tick);
    parts.push(tag("path", { class: "g", d: `M${rounded(left)} ${rounded(at)}H${rounded(right)}` }));
    parts.push(tickLabel(left - 6, at + 4, vertical.labels[index] as string, "end"));
  });
  horizontal.ticks.forEach((tick, index) => {
    const at = place.x(tick);
    parts.push(tag("path", { class: "g", d: `M${rounded(at)} ${bottom}v4` }));
    parts.push(tickLabel(at, bottom + 16, horizontal.labels[index] as string, "middle"));
  });
  parts.push(label((left + right) / 2, bottom + 31, x.axis.name, { anchor: "middle", as: "m", room: right - left }));
  return { left, right, top, bottom, ...place, content: parts.join("") };
}

const tickLabel = (x: number, y: number, text: string, anchor: "middle" | "end") =>
  label(x, y, text, { anchor, size: 11, as: "m" });

/** Draws curves over their axes. */
export function drawAxes({ x, y, lines, rules = [] }: Axes, width: number, height: number): string {
  const all = function* (which: "x" | "y") {
    for (const line of lines) for (let i = 0; i < line[which].length; i++) yield line[which][i] as number;
  };
  const frame = frameOf(width, height, { axis: x, values: all("x") }, { axis: y, values: all("y") });
  const named = rules.map(({ at, name }) => {
    const place = frame.x(at);
    const isLeft = place > (frame.left + frame.right) / 2;
    const line = tag("path", {
      ...strokeOf({ colour: 1, isDashed: true }),
      d: `M${rounded(place)} ${frame.top}V${frame.bottom}`,
    });
    return line + label(place + (isLeft ? -5 : 5), frame.top + 10, name, { anchor: isLeft ? "end" : "start" });
  });
  const isEmpty = !lines.some((line) => line.y.length > 0);
  const note = isEmpty
    ? label((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2, "no data", { anchor: "middle", as: "m" })
    : "";
  return frame.content + note + lines.map((line) => drawLine(line, frame)).join("") + named.join("");
}

function drawLine(line: Line, frame: Frame): string {
  const { points, missing } = pointsOf(line, frame);
  const runs: string[] = [];
  const single: string[] = [];
  let run: string[] = [];
  const end = () => {
    const [first] = run;
    if (run.length === 1 && first) single.push(first);
    else if (first) runs.push(`M${run.join("L")}`);
    run = [];
  };
  for (const point of points) {
    if (point) run.push(`${rounded(point[0])} ${rounded(point[1])}`);
    else end();
  }
  end();
  const colour = seriesClass(line.colour ?? 0);
  return [
    runs.length > 0 ? tag("path", { ...strokeOf(line), d: runs.join("") }) : "",
    ...single.map((at) => {
      const [cx, cy] = at.split(" ");
      return tag("circle", { class: colour, fill: "currentColor", cx, cy, r: 3 });
    }),
    missing.length > 0
      ? tag("path", {
          class: colour,
          stroke: "currentColor",
          "stroke-width": "1.8",
          d: missing.map((at) => `M${rounded(at - 3)} ${frame.top}l6 6m0-6l-6 6`).join(""),
        })
      : "",
  ].join("");
}

/** Whether all numbers of the curves can be drawn; the others are crosses at the upper edge. */
export function isWhole(lines: readonly Line[], isLog = false): boolean {
  return lines.every(({ y }) => {
    for (let i = 0; i < y.length; i++) if (!Number.isFinite(y[i]) || (isLog && (y[i] as number) <= 0)) return false;
    return true;
  });
}

type Point = readonly [number, number] | undefined;

/**
 * Places of the points, undefined for a gap. Of many points that fall into one column of pixels, the first, the
 * lowest, the highest and the last are kept, which give the same picture.
 */
function pointsOf({ x, y }: Line, frame: Frame): { points: Point[]; missing: number[] } {
  const count = Math.min(x.length, y.length);
  const points: Point[] = [];
  const missing: number[] = [];
  let column: (readonly [number, number])[] = [];
  const flush = () => {
    const heights = column.map((point) => point[1]);
    if (column.length <= 2) points.push(...column);
    else if (Math.max(...heights) - Math.min(...heights) < 0.5) points.push(column[0]);
    else {
      const kept = [0, heights.indexOf(Math.min(...heights)), heights.indexOf(Math.max(...heights)), column.length - 1];
      points.push(...[...new Set(kept)].sort((a, b) => a - b).map((index) => column[index]));
    }
    column = [];
  };
  for (let i = 0; i < count; i++) {
    const [across, down] = [frame.x(x[i] as number), frame.y(y[i] as number)];
    if (Number.isNaN(across)) continue;
    if (Number.isNaN(down)) {
      flush();
      if (points.at(-1)) points.push(undefined);
      // One cross where several would touch.
      if (!(across - (missing.at(-1) ?? -8) < 8)) missing.push(across);
      continue;
    }
    if (column[0] && (Math.floor(column[0][0]) !== Math.floor(across) || column.length >= 4096)) flush();
    column.push([across, down]);
  }
  flush();
  return { points, missing };
}
