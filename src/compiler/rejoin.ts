import type { Shape } from "../ir/shape.ts";
import { add } from "../tensor/ops/elementwise.ts";
import { concat, padOp } from "../tensor/ops/joining.ts";
import { matmul, matmulOp } from "../tensor/ops/matmul.ts";
import { type ReduceAttrs, reduceOp, sum } from "../tensor/ops/reduction.ts";
import { transposeOp, zeros } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withInputs } from "./graph.ts";

/**
 * Rewrites sums of many terms, such as the gradients of what a model has used step by step, so that neither work nor
 * memory grows with the square of the steps: slices of one tensor, padded with zeros and added, become a concatenation;
 * the products and sums that are the gradients of a shared weight become one over all steps.
 *
 * @param nodes all nodes that the roots need, in the order of recording.
 * @param sums those that `findSums` gives.
 * @returns the new roots in the order of the old ones; the old list where there is nothing to do.
 */
export function rejoin(
  roots: readonly Tensor[],
  nodes: readonly Tensor[],
  sums: ReadonlyMap<Tensor, readonly Tensor[]>,
): readonly Tensor[] {
  const rewritten = new Map<Tensor, Tensor>();
  const current = (node: Tensor) => rewritten.get(node) ?? node;
  for (const node of nodes) {
    const terms = sums.get(node)?.map(current);
    const joined = terms && joinSums(joinProducts(joinSlices(terms)));
    if (joined !== terms)
      rewritten.set(
        node,
        (joined as readonly Tensor[]).reduce((a, b) => add(a, b)),
      );
    // All that follows is made again, so that ids, and with them the order of instructions, stay in the order of
    // recording.
    else if (rewritten.size > 0 && node.inputs.length > 0)
      rewritten.set(node, withInputs(node, node.inputs.map(current)));
  }
  return rewritten.size === 0 ? roots : roots.map(current);
}

/**
 * Gives the parts that a rule applies to, in the order in which what they are gradients of was recorded, and the
 * others.
 */
function divide(parts: readonly Tensor[], applies: (part: Tensor) => boolean): [Tensor[], Tensor[]] {
  return [parts.filter(applies).reverse(), parts.filter((part) => !applies(part))];
}

interface PadAttrs {
  readonly paddings: readonly (readonly [number, number])[];
  readonly value: number;
}

/** The axis along which a tensor is padded with zeros, where it is one. */
function paddedAxis({ op, attrs }: Tensor): number {
  if (op !== padOp) return -1;
  const { paddings, value } = attrs as PadAttrs;
  const axes = paddings.flatMap(([before, after], axis) => (before + after > 0 ? [axis] : []));
  return axes.length === 1 && value === 0 ? (axes[0] as number) : -1;
}

/** Slices along one axis that do not overlap become a concatenation, with zeros in the gaps. */
function joinSlices(parts: readonly Tensor[]): readonly Tensor[] {
  const axis = parts.map(paddedAxis).find((found) => found >= 0);
  if (axis === undefined) return parts;
  const begin = (part: Tensor) => (part.attrs as PadAttrs).paddings[axis]?.[0] as number;
  const [slices, others] = divide(parts, (part) => paddedAxis(part) === axis);
  const joined: Tensor[] = [];
  const overlapping: Tensor[] = [];
  let end = 0;
  const fillTo = (shape: readonly number[], at: number) => {
    if (at > end) joined.push(zeros(shape.map((extent, i) => (i === axis ? at - end : extent))));
  };
  for (const part of slices.sort((a, b) => begin(a) - begin(b))) {
    const inner = part.inputs[0] as Tensor;
    if (begin(part) < end) overlapping.push(part);
    else {
      fillTo(inner.shape, begin(part));
      joined.push(inner);
      end = begin(part) + (inner.shape[axis] as number);
    }
  }
  if (overlapping.length === slices.length - 1) return parts;
  const [first] = slices as [Tensor];
  fillTo(first.shape, first.shape[axis] as number);
  return [concat(joined, axis), ...joinSlices([...overlapping, ...others])];
}

/**
 * Whether a product or sum over so many rows is better done for all steps together: where there are many, each is worth
 * its own, and copies cost more.
 */
const hasFewRows = (rows: number, result: Shape) => rows <= Math.max(256, ...result);

/** Σ aᵢᵀ·bᵢ = [a₁; a₂; …]ᵀ·[b₁; b₂; …]. */
function joinProducts(parts: readonly Tensor[]): readonly Tensor[] {
  const [products, others] = divide(
    parts,
    ({ op, shape, inputs: [a, b] }) =>
      op === matmulOp &&
      a?.op === transposeOp &&
      a.rank === 2 &&
      // More axes are those of a list of matrices.
      (b as Tensor).rank <= 2 &&
      hasFewRows(a.shape[1] as number, shape),
  );
  if (products.length < 2) return parts;
  const left = concat(
    products.map(({ inputs }) => (inputs[0] as Tensor).inputs[0] as Tensor),
    0,
  );
  const right = concat(
    products.map(({ inputs }) => inputs[1] as Tensor),
    0,
  );
  return [matmul(left, right, { transposeA: true }), ...others];
}

/** Sums over the first axis, as of a bias, become one sum of all. */
function joinSums(parts: readonly Tensor[]): readonly Tensor[] {
  const [sums, others] = divide(
    parts,
    ({ op, attrs, shape, inputs: [x] }) =>
      op === reduceOp &&
      (attrs as ReduceAttrs).operation === "sum" &&
      `${(attrs as ReduceAttrs).axes}` === "0" &&
      hasFewRows(x?.shape[0] as number, shape),
  );
  if (sums.length < 2) return parts;
  return [
    sum(
      concat(
        sums.map(({ inputs }) => inputs[0] as Tensor),
        0,
      ),
      0,
    ),
    ...others,
  ];
}
