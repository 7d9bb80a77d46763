// Recurrences of any length as one op.
import { sameShape } from "../../ir/shape.ts";
import { placeholder, scalar } from "../ops/leaf.ts";
import type { Tensor } from "../tensor.ts";
import { recordScan, type SourceSlice } from "./record-scan.ts";
import { StepComparison } from "./same-step.ts";
import { scanGradients } from "./scan-gradients.ts";
import { bodyOf, lastOf, stackedOf } from "./scan-op.ts";

/** What one step makes of the values carried: those after it, and what else is wanted of it. */
export interface Stepped {
  readonly next: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** A recorded recurrence. */
export interface Scanned {
  /** The carried values after the last step. */
  last(): readonly Tensor[];
  /** The outputs of all steps, [steps, …shape] each. @param reversed whether that of the last step comes first. */
  stacked(reversed?: boolean): readonly Tensor[];
  /**
   * As `stacked`, for any tensor that the first step has recorded: itself where it is the same at every step; undefined
   * where the steps do without it.
   */
  stackOf(tensor: Tensor): Tensor | undefined;
}

/**
 * Records a recurrence as a loop: programs are as large for thousands of steps as for two. The first two steps are
 * recorded and compared; of each other one too, unless `isUniform`. They must do the same on the carried values and on
 * slices that lie side by side.
 * @param step records step `index` on carried values.
 * @param isUniform whether it is known that all steps are alike.
 * @returns undefined where steps differ, carried values change their shape, or there are fewer than two steps.
 */
export function scan(
  steps: number,
  initial: readonly Tensor[],
  step: (index: number, carried: readonly Tensor[]) => Stepped,
  isUniform = false,
): Scanned | undefined {
  if (steps < 2) return undefined;
  const firstId = scalar(0).id;
  const carried = initial.map(({ shape, dtype }, index) => placeholder(`carried ${index}`, shape, dtype));
  const first = step(0, carried);
  const wanted = [...first.next, ...first.outputs];
  const moved = new Map<Tensor, SourceSlice>();
  const isLike = (comparison: StepComparison, index: number) => {
    const { next, outputs } = step(index, carried);
    const all = [...next, ...outputs];
    return all.length === wanted.length && wanted.every((tensor, at) => comparison.same(tensor, all[at] as Tensor));
  };
  const keepsShapes = first.next.every(
    ({ shape, dtype }, index) => sameShape(shape, carried[index]?.shape ?? []) && dtype === carried[index]?.dtype,
  );
  if (!keepsShapes || first.next.length !== carried.length || !isLike(new StepComparison(moved), 1)) return undefined;
  for (let index = 2; index < steps && !isUniform; index++)
    if (!isLike(new StepComparison(moved, index), index)) return undefined;

  const carries = carried.map((leaf, index) => ({
    leaf,
    initial: initial[index] as Tensor,
    next: first.next[index] as Tensor,
  }));
  const node = recordScan({
    steps,
    carries,
    slices: moved,
    results: first.outputs,
    firstId,
    gradients: scanGradients,
  });
  const { members, leaves, moving } = bodyOf(node);
  const isMoving = (tensor: Tensor) => members.has(tensor) || leaves.slice(0, moving).includes(tensor);
  // A slice may move over what itself moves: that cannot be.
  if ([...moved.values()].some(({ source }) => isMoving(source))) return undefined;
  return {
    last: () => carries.map((_, index) => lastOf(node, index)),
    stacked: (reversed = false) => first.outputs.map((output) => stackedOf(node, output, reversed)),
    stackOf: (tensor) => (tensor.id < firstId ? tensor : isMoving(tensor) ? stackedOf(node, tensor) : undefined),
  };
}
