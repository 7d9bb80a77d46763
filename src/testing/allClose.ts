// Comparing arrays within a tolerance, with a message that names the worst element.
import { message } from "../errors.ts";
import type { NumericArray } from "../ir/dtype.ts";
import { formatShape, type Shape, sizeOf } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { indexIn } from "./index-in.ts";

/** Numbers in row-major order: a typed array, nested arrays, or one number. */
export type Numbers = NumericArray | number | readonly Numbers[];

/** How far apart two values may be: |actual − expected| ≤ atol + rtol·|expected|. */
export interface Tolerance {
  /** Relative to the expected value. Default 1e-5. */
  rtol?: number;
  /** Absolute. Default 1e-8. */
  atol?: number;
  /**
   * Shape of the values: the report then gives the worst element's index per axis. Default: that of the nesting of what
   * is expected.
   */
  shape?: Shape;
}

/** What {@link compareClose} found. */
export interface Comparison {
  readonly close: boolean;
  /** The worst element with both values and the tolerance, in the message form of all errors. */
  readonly report: string;
}

/**
 * Compares numbers element by element: |actual − expected| ≤ atol + rtol·|expected|. NaN equals NaN, an infinity equals
 * itself.
 * @example compareClose([1, 2.1], [1, 2], { rtol: 1e-3 }).report; // names element 1
 */
export function compareClose(actual: Numbers, expected: Numbers, tolerance: Tolerance = {}): Comparison {
  const table = { rtol: "number", atol: "number", shape: "list" } as const;
  const { rtol = 1e-5, atol = 1e-8, shape = nestingOf(expected) } = checkOptions("allClose", tolerance, table);
  const a = flat(actual);
  const e = flat(expected);
  if (a.length !== e.length)
    return { close: false, report: complain("as many values as expected", `${e.length} values`, a.length) };
  if (sizeOf(shape) !== e.length) {
    return {
      close: false,
      report: complain("the shape must hold the values", `${sizeOf(shape)} values for ${formatShape(shape)}`, e.length),
    };
  }
  let failures = 0;
  let worst = 0;
  let worstExcess = -1;
  for (let i = 0; i < e.length; i++) {
    const excess = distance(a[i] as number, e[i] as number, rtol, atol);
    if (excess > 1) failures++;
    if (excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  if (e.length === 0) return { close: true, report: complain("values must be close", "no values", "none") };
  const [x, y] = [a[worst] as number, e[worst] as number];
  const where = `${failures} of ${e.length} elements differ, worst at ${formatShape(indexIn(shape, worst))}`;
  const report = complain(
    "values must be close",
    `${y} ± ${atol + rtol * Math.abs(y)}`,
    x,
    `${where}, rtol ${rtol}, atol ${atol}`,
  );
  return { close: failures === 0, report };
}

/**
 * A matcher for `expect.extend` of vitest, Jest and their like.
 * @example expect.extend({ toBeAllClose }); expect(await y.data()).toBeAllClose([1, 2], { rtol: 1e-6 });
 */
export function toBeAllClose(
  received: Numbers,
  expected: Numbers,
  tolerance: Tolerance = {},
): { pass: boolean; message: () => string } {
  const { close, report } = compareClose(received, expected, tolerance);
  return {
    pass: close,
    message: () => (close ? `allClose: values must differ somewhere. Even the worst is close: ${report}` : report),
  };
}

/**
 * The type of {@link toBeAllClose} on `expect(…)`, for declaration merging: `interface Matchers<T> extends
 * AllCloseMatchers<T> {}`.
 */
export interface AllCloseMatchers<R = unknown> {
  /** Passes where all elements are within `atol + rtol·|expected|`. */
  toBeAllClose(expected: Numbers, tolerance?: Tolerance): R;
}

/** How many tolerances apart; Infinity where one is NaN or infinite and the other is not the same. */
function distance(a: number, e: number, rtol: number, atol: number): number {
  if (a === e || (Number.isNaN(a) && Number.isNaN(e))) return 0;
  const tolerance = atol + rtol * Math.abs(e);
  return Number.isFinite(a) && Number.isFinite(e) && tolerance > 0
    ? Math.abs(a - e) / tolerance
    : Number.POSITIVE_INFINITY;
}

/** The shape of nested arrays, as their first elements have it. */
function nestingOf(values: Numbers): number[] {
  return typeof values === "number"
    ? []
    : [values.length, ...(values.length === 0 ? [] : nestingOf(values[0] as Numbers))];
}

function flat(values: Numbers): ArrayLike<number> {
  if (typeof values === "number") return [values];
  return Array.isArray(values) ? (values.flat(Number.POSITIVE_INFINITY) as number[]) : (values as ArrayLike<number>);
}

const complain = (rule: string, expected: string, received: number | string, context?: string): string =>
  message("allClose", { rule, expected, received, ...(context && { context }) });
