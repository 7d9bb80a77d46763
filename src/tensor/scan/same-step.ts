// Whether two steps of a recurrence do the same.
import { sameShape } from "../../ir/shape.ts";
import { sliceOp } from "../ops/joining.ts";
import { withGradientOp } from "../ops/with-gradient.ts";
import type { Tensor } from "../tensor.ts";
import type { SourceSlice } from "./record-scan.ts";
import { bodyOf, scanOp } from "./scan-op.ts";

interface SliceAttrs {
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

/** What compares the tensors that were recorded for one step with those of another. */
export class StepComparison {
  /** Tensors of the first step and their counterparts. */
  private readonly pairs = new Map<Tensor, Tensor>();

  /**
   * @param moved slices of the first step that are elsewhere in other steps. Without `distance` they are found and
   * added; else they must be where `distance` steps have moved them.
   */
  constructor(
    private readonly moved: Map<Tensor, SourceSlice>,
    private readonly distance?: number,
  ) {}

  /** Whether b is to its step what a is to the first one. */
  same(a: Tensor, b: Tensor): boolean {
    if (a === b) return !this.moved.has(a);
    const known = this.pairs.get(a);
    if (known) return known === b;
    if (a.op !== b.op || a.dtype !== b.dtype || !sameShape(a.shape, b.shape) || a.inputs.length !== b.inputs.length)
      return false;
    this.pairs.set(a, b);
    if (!a.inputs.every((input, index) => this.same(input, b.inputs[index] as Tensor))) return false;
    if (a.op === sliceOp && !this.moved.has(a) && equal(a.attrs, b.attrs)) return true;
    if (a.op === sliceOp) return this.isMoved(a, b);
    if (a.op === scanOp) return this.sameBody(a, b);
    // The rule of a written-out gradient is made anew for each step.
    return a.op === withGradientOp || equal(a.attrs, b.attrs);
  }

  private isMoved(a: Tensor, b: Tensor): boolean {
    const [{ begin, size }, later] = [a, b].map(({ attrs }) => attrs as SliceAttrs) as [SliceAttrs, SliceAttrs];
    const by = later.begin.map((at, axis) => at - (begin[axis] as number));
    const known = this.moved.get(a);
    if (this.distance !== undefined) {
      const { distance } = this;
      return known !== undefined && by.every((n, axis) => n === distance * (known.advance[axis] as number));
    }
    const axes = by.flatMap((n, axis) => (n === 0 ? [] : [axis]));
    const [axis = -1] = axes;
    // Slices must lie side by side, so that their gradients do.
    if (axes.length !== 1 || Math.abs(by[axis] as number) !== size[axis]) return false;
    this.moved.set(a, { source: a.inputs[0] as Tensor, begin, advance: by, size });
    return true;
  }

  private sameBody(a: Tensor, b: Tensor): boolean {
    const [left, right] = [bodyOf(a), bodyOf(b)];
    if (left.steps !== right.steps || left.leaves.length !== right.leaves.length) return false;
    if (left.next.length !== right.next.length || left.results.length !== right.results.length) return false;
    if (!equal(left.slices, right.slices)) return false;
    left.leaves.forEach((leaf, index) => {
      this.pairs.set(leaf, right.leaves[index] as Tensor);
    });
    return [...left.next, ...left.results].every((tensor, index) =>
      this.same(tensor, [...right.next, ...right.results][index] as Tensor),
    );
  }
}

/** Whether attributes have equal values. */
function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length && left.every(([key, value]) => equal(value, (b as Record<string, unknown>)[key]))
  );
}
