// Clipping of gradients by value or norm.
import { checkPositive } from "../checks.ts";
import { valueError } from "../errors.ts";
import { add, clip, div, maximum, minimum, mul, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { sum } from "../tensor/ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How gradients are kept small. At most one of the three. */
export interface ClipOptions {
  /** Each element is kept within ±clipValue; this may turn the gradient. > 0. */
  clipValue?: number | undefined;
  /** Each variable's gradient whose norm is larger is shortened to this norm; its direction stays. > 0. */
  clipNorm?: number | undefined;
  /** All gradients together, seen as one vector, are shortened to this norm. > 0. */
  globalClipNorm?: number | undefined;
}

/** Clips the gradients of one step. */
export type Clip = (gradients: readonly Tensor[]) => readonly Tensor[];

/**
 * The clipping that the options ask for.
 *   clipValue v:       g ← min(max(g, −v), v)
 *   clipNorm c:        g ← g · c/max(‖g‖, c)
 *   globalClipNorm c:  g ← g · c·min(1/n, 1/c), n = √Σ‖g‖² over all variables; a NaN or infinite n makes all gradients NaN
 * @throws ValueError where two are given, or one is not > 0.
 * @see Keras 3 `BaseOptimizer._clip_gradients`.
 */
export function clipping(name: string, options: ClipOptions): Clip {
  const given = (["clipValue", "clipNorm", "globalClipNorm"] as const).filter((key) => options[key] !== undefined);
  const [key] = given;
  if (key === undefined) return (gradients) => gradients;
  if (given.length > 1) {
    throw valueError(name, {
      rule: "only one kind of clipping at a time",
      expected: "clipValue, clipNorm or globalClipNorm",
      received: given.join(" and "),
    });
  }
  const bound = checkPositive(name, key, options[key]);
  return clips[key](bound);
}

const clips: Record<keyof ClipOptions, (bound: number) => Clip> = {
  clipValue: (bound) => (gradients) => gradients.map((g) => clip(g, -bound, bound)),
  clipNorm: (bound) => (gradients) => gradients.map((g) => mul(g, div(bound, maximum(sqrt(sum(square(g))), bound)))),
  globalClipNorm: (bound) => (gradients) => {
    const norm = sqrt(gradients.map((g) => sum(square(g))).reduce(add));
    const scale = add(mul(minimum(div(1, norm), 1 / bound), bound), sub(norm, norm));
    return gradients.map((g) => mul(g, scale));
  },
};
