import type { Shape } from "../ir/shape.ts";
import { add } from "./ops/elementwise.ts";
import { concat, padOp } from "./ops/joining.ts";
import { matmul, matmulOp } from "./ops/matmul.ts";
import { type ReduceAttrs, reduceOp, sum } from "./ops/reduction.ts";
import { transposeOp, zeros } from "./ops/shaping.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The sum of the gradients that reach one tensor. Gradients of adjacent slices are concatenated, and the products and
 * sums that are gradients of a shared weight become one over all steps: otherwise work and memory would grow with the
 * square of the number of steps.
 */
export function total(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0] as Tensor;
  return [joinSlices, joinProducts, joinSums].reduce((list, join) => join(list), parts).reduce((a, b) => add(a, b));
}

/**
 * Splits into the parts that a rule applies to, in the order in which their inputs were recorded, and the others.
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
 * Whether joining the products or sums of all steps pays: with many rows the copies cost more than separate products.
 */
const hasFewRows = (rows: number, result: Shape) => rows <= Math.max(256, ...result);

/** Σ aᵢᵀ·bᵢ = [a₁; a₂; …]ᵀ·[b₁; b₂; …]. */
function joinProducts(parts: readonly Tensor[]): readonly Tensor[] {
  const [products, others] = divide(parts, ({ op, shape, inputs: [a] }) => {
    return op === matmulOp && a?.op === transposeOp && a.rank === 2 && hasFewRows(a.shape[1] as number, shape);
  });
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
  const [sums, others] = divide(parts, ({ op, attrs, shape, inputs: [x] }) => {
    return (
      op === reduceOp &&
      (attrs as ReduceAttrs).operation === "sum" &&
      `${(attrs as ReduceAttrs).axes}` === "0" &&
      hasFewRows(x?.shape[0] as number, shape)
    );
  });
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
