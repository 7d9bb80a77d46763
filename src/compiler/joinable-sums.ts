// The sums of many terms that `rejoin` rewrites.
import { sameShape } from "../ir/shape.ts";
import { type ElementwiseAttrs, elementwiseOp } from "../tensor/ops/elementwise.ts";
import { padOp } from "../tensor/ops/joining.ts";
import { matmulOp } from "../tensor/ops/matmul.ts";
import { reduceOp } from "../tensor/ops/reduction.ts";
import { add } from "../tensor/scalar/arithmetic.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The sums a + b + c + … that a rule of `rejoin` may apply to, each with its terms. */
export function findSums(nodes: readonly Tensor[], roots: readonly Tensor[]): Map<Tensor, readonly Tensor[]> {
  const users = new Map<Tensor, number>();
  const count = (tensor: Tensor) => users.set(tensor, (users.get(tensor) ?? 0) + 1);
  roots.forEach(count);
  for (const { inputs } of nodes) inputs.forEach(count);
  const sums = new Map<Tensor, readonly Tensor[]>();
  const inner = new Set<Tensor>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as Tensor;
    if (!isSum(node) || inner.has(node)) continue;
    const terms: Tensor[] = [];
    let left = node;
    while (left === node || (isSum(left) && users.get(left) === 1)) {
      inner.add(left);
      terms.push(left.inputs[1] as Tensor);
      left = left.inputs[0] as Tensor;
    }
    terms.push(left);
    if (terms.filter(({ op }) => op === padOp || op === matmulOp || op === reduceOp).length > 1)
      sums.set(node, terms.reverse());
  }
  return sums;
}

/** Whether a node is the sum of two tensors of its shape. */
const isSum = ({ op, attrs, inputs, shape }: Tensor): boolean =>
  op === elementwiseOp &&
  (attrs as ElementwiseAttrs).fn === add &&
  inputs.every((input) => input.dtype === "float32" && sameShape(input.shape, shape));
