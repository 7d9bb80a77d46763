import { shapeError, valueError } from "../../errors.ts";
import { show } from "../../format.ts";
import { formatShape } from "../../ir/shape.ts";
import type { DilatedWindows, Spatial } from "../../ir/windows.ts";

/**
 * How much is added around the input: nothing, as much as gives ⌈n / stride⌉ results, as much before the input as lets
 * no result look ahead, or `[low, high]` elements for each axis.
 */
export type Padding = "valid" | "same" | "causal" | readonly (readonly [low: number, high: number])[];

/** What {@link windowGeometry} takes; lists have one entry for each spatial axis. */
export interface WindowOptions {
  /** Extents of the window, integers from 1 to 2^28, as are strides and dilations. */
  readonly size: readonly number[];
  /** Steps from window to window. */
  readonly strides: readonly number[];
  /** Steps within the window. Default all 1. */
  readonly dilations?: readonly number[];
  readonly padding: Padding;
}

/**
 * The places of windows, a list per property with one entry for each spatial axis. Element k of window o is input
 * o·stride − low + k·dilation.
 */
export interface WindowGeometry {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Numbers of windows. */
  readonly outputs: readonly number[];
  /**
   * Elements that are missing before and after the input. `high` may be less than what the last window leaves unused.
   */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * The geometry of windows that slide over spatial axes, for convolutions and pooling.
 *
 * With e = (size − 1)·dilation + 1: "valid" gives ⌊(n − e) / stride⌋ + 1 windows; "same" gives ⌈n / stride⌉, the
 * padding split evenly with the odd element after the input; "causal" puts all e − 1 before it.
 * @param name begins error messages.
 * @param inputs extents of the spatial axes.
 * @throws ValueError unless sizes, strides and dilations are integers ≥ 1, one per axis, and paddings pairs of integers
 * ≥ 0; ShapeError where a window is larger than the padded input.
 * @see Keras 3 `ops.conv`, TensorFlow's `SAME`.
 */
export function windowGeometry(
  name: string,
  inputs: readonly number[],
  { size, strides, dilations = inputs.map(() => 1), padding }: WindowOptions,
): WindowGeometry {
  for (const [what, list] of Object.entries({ "window sizes": size, strides, dilations }))
    checkSteps(name, what, list, inputs);
  const spans = size.map((extent, axis) => (extent - 1) * at(dilations, axis) + 1);
  const pairs = spans.map((span, axis) => paddingOf(name, padding, axis, at(inputs, axis), span, at(strides, axis)));
  if (typeof padding !== "string" && padding.length !== inputs.length) {
    throw valueError(name, {
      rule: "padding has one pair for each spatial axis",
      expected: `${inputs.length} pairs`,
      received: padding,
    });
  }
  const outputs = spans.map((span, axis) => {
    const [low, high] = at(pairs, axis);
    if (at(inputs, axis) + low + high + span > mostSteps) {
      throw valueError(name, {
        rule: "windows and padding must be of a usable size",
        expected: `at most ${mostSteps} steps`,
        received: { size, dilations, padding },
      });
    }
    const room = at(inputs, axis) + low + high - span;
    if (room < 0 && padding !== "same") throw tooLarge(name, inputs, { size, dilations, padding });
    return Math.max(0, Math.floor(room / at(strides, axis)) + 1);
  });
  return { size, strides, dilations, outputs, low: pairs.map(([low]) => low), high: pairs.map(([, high]) => high) };
}

/** The windows of an instruction: up to three spatial axes, with leading ones where there are fewer. */
export function spatialWindows(
  batch: number,
  inputs: readonly number[],
  channels: number,
  { size, strides, dilations, outputs, low }: WindowGeometry,
): DilatedWindows {
  const spatial = (list: readonly number[], lead = 1) =>
    [...new Array<number>(3 - list.length).fill(lead), ...list] as unknown as Spatial;
  return {
    batch,
    channels,
    inputs: spatial(inputs),
    outputs: spatial(outputs),
    size: spatial(size),
    strides: spatial(strides),
    dilations: spatial(dilations),
    low: spatial(low, 0),
  };
}

/** An option that is one number for all spatial axes, or a list with one for each. */
export function perAxis(
  name: string,
  what: string,
  value: number | readonly number[],
  axes: number,
): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(axes).fill(value) : value;
  if (Array.isArray(list) && list.length === axes && list.every(isSteps)) return list;
  throw valueError(name, {
    rule: `${what} must be whole numbers`,
    expected: `${axes === 1 ? "an integer ≥ 1" : `an integer ≥ 1, or ${axes} of them`}${limitFor(list)}`,
    received: value,
  });
}

/** Places in a padded input are numbers of 32 bits in the kernels, and so are sums of a few of these. */
const mostSteps = 2 ** 28;
const isSteps = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= mostSteps;

/** For messages about numbers that are too large. */
const limitFor = (list: unknown): string =>
  Array.isArray(list) && list.some((n) => typeof n === "number" && n > mostSteps) ? `, at most ${mostSteps}` : "";

const at = <T>(list: readonly T[], axis: number): T => list[axis] as T;

function checkSteps(name: string, what: string, list: readonly number[], inputs: readonly number[]): void {
  if (list.length === inputs.length && list.every(isSteps)) return;
  throw valueError(name, {
    rule: `${what} must be whole numbers, one for each spatial axis`,
    expected: `${inputs.length} integers ≥ 1${limitFor(list)}`,
    received: list,
    context: `spatial axes ${formatShape(inputs)}`,
  });
}

function paddingOf(
  name: string,
  padding: Padding,
  axis: number,
  extent: number,
  span: number,
  stride: number,
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [span - 1, 0];
  if (padding === "same") {
    const total = Math.max((Math.ceil(extent / stride) - 1) * stride + span - extent, 0);
    const low = Math.floor(total / 2);
    return [low, total - low];
  }
  const pair = Array.isArray(padding) ? padding[axis] : undefined;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0))
    return pair as [number, number];
  throw valueError(name, {
    rule: "unknown padding",
    expected: '"valid", "same", "causal" or a pair of integers ≥ 0 for each spatial axis',
    received: padding,
  });
}

function tooLarge(
  name: string,
  inputs: readonly number[],
  { size, dilations, padding }: Pick<WindowGeometry, "size" | "dilations"> & { padding: Padding },
) {
  const dilated = dilations.some((n) => n > 1) ? ` at dilation ${formatShape(dilations)}` : "";
  return shapeError(name, {
    rule: "a window may not be larger than the padded input",
    expected: `a window within ${formatShape(inputs)}`,
    received: `${formatShape(size)}${dilated}`,
    context: `input ${formatShape(inputs)}, window ${formatShape(size)}, padding ${show(padding)}`,
    advice: 'Use padding "same" or a smaller window.',
  });
}
