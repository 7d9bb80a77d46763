// Padding of axes by a value, or by what is inside.
import { valueError } from "../../errors.ts";
import { knownExtent } from "../../ir/shape.ts";
import type { Tensor } from "../tensor.ts";
import { gather } from "./indexing.ts";
import { checkPaddings, pad as padWithValue } from "./joining.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";

/**
 * What {@link pad} adds: a number, or the values inside, mirrored. For 1, 2, 3 and two elements on each side, "reflect"
 * gives 3, 2, 1, 2, 3, 2, 1 (the edge is not repeated) and "symmetric" 2, 1, 1, 2, 3, 3, 2.
 */
export type PadFill = number | "reflect" | "symmetric";

/**
 * Adds `[before, after]` elements to each axis.
 * @param fill default 0. Mirrors of a margin longer than the axis are mirrored again, as in NumPy.
 * @throws ValueError on another number of pairs, or an unknown fill, or an empty axis to be mirrored; ShapeError where
 * the extent of such an axis is not known.
 * @example pad(images, [[0, 0], [2, 2], [2, 2], [0, 0]], "reflect");
 * @see Keras 3 `ops.pad`.
 */
export function pad(x: Operand, paddings: readonly (readonly [number, number])[], fill: PadFill = 0): Tensor {
  if (typeof fill === "number") return padWithValue(x, paddings, fill);
  const t = asTensor(x);
  checkPaddings(t, paddings);
  if (fill !== "reflect" && fill !== "symmetric")
    throw valueError("pad", {
      rule: "unknown fill",
      expected: 'a number, "reflect" or "symmetric"',
      received: fill,
    });
  return paddings.reduce((padded, [before, after], axis) => {
    if (before + after === 0) return padded;
    const extent = knownExtent("pad", "an axis to be mirrored must be known", t.shape, axis);
    if (extent === 0)
      throw valueError("pad", { rule: "an empty axis has no mirror", expected: "an element or more", received: 0 });
    return gather(padded, tensor(mirrored(extent, before, after, fill === "symmetric")), axis);
  }, t);
}

/** The places, in an axis of n, of the elements from −before to n + after. */
function mirrored(n: number, before: number, after: number, repeatsEdge: boolean): Int32Array {
  const period = Math.max(1, repeatsEdge ? 2 * n : 2 * n - 2);
  return Int32Array.from({ length: before + n + after }, (_, i) => {
    const at = (((i - before) % period) + period) % period;
    return at < n ? at : period - at - (repeatsEdge ? 1 : 0);
  });
}
