// Reverse-mode differentiation: from a graph to the graph of its gradients.
import { valueError } from "../errors.ts";
import { append } from "../ir/append.ts";
import { checkList, formatShape, type Shape, sameShape } from "../ir/shape.ts";
import { add } from "./ops/elementwise.ts";
import { asTensor, scalar } from "./ops/leaf.ts";
import { sum } from "./ops/reduction.ts";
import { broadcastTo, reshape, zeros } from "./ops/shaping.ts";
import type { Tensor } from "./tensor.ts";
import type { Variable } from "./variable.ts";

/**
 * Gradients of a scalar with respect to tensors or variables: a pure function from graph to graph that calls each op's
 * `vjp` on the way back. The result is made of ops, so gradients of gradients work. What `y` does not depend on has
 * gradient 0.
 *
 * @param value y, a tensor of rank 0; use `sum` or `mean` first where it has axes.
 * @throws ValueError where y has axes, or an int32 tensor is asked for.
 */
export function gradients(value: Tensor, xs: readonly (Tensor | Variable)[]): Tensor[] {
  const y = asTensor(value);
  if (y.shape.length > 0) {
    throw valueError("gradients", {
      rule: "the differentiated value must be a scalar",
      expected: "shape []",
      received: formatShape(y.shape),
      advice: "Use sum(y) or mean(y).",
    });
  }
  const targets = checkList("gradients", "what is differentiated by", xs).map(asTensor);
  for (const target of targets) {
    if (target.dtype !== "float32")
      throw valueError("gradients", {
        rule: "only float32 tensors have gradients",
        expected: "float32",
        received: target.dtype,
      });
  }
  const found = pullBack(new Map([[y, [scalar(1)]]]), new Set(targets));
  return targets.map((target) => found.get(target) ?? zeros(target.shape));
}

/**
 * Goes back from tensors to targets and calls the `vjp` of each node on the way. Gives the gradients of the nodes met.
 * @param parts by tensor, what its gradient is the sum of: at first that of the tensors to begin with; what is found
 * is added.
 * @param leaves nodes at which to stop, whatever they are made of. Their parts are not added up.
 */
export function pullBack(
  parts: Map<Tensor, Tensor[]>,
  targets: ReadonlySet<Tensor>,
  leaves: ReadonlySet<Tensor> = new Set(),
): Map<Tensor, Tensor> {
  const path = between([...parts.keys()], targets, leaves);
  const found = new Map<Tensor, Tensor>();
  for (const node of path) {
    const reached = leaves.has(node) ? undefined : parts.get(node);
    if (!reached) continue;
    const dy = reached.reduce((a, b) => add(a, b));
    found.set(node, dy);
    node.op.vjp(dy, node.inputs, node, node.attrs).forEach((gradient, index) => {
      const input = node.inputs[index] as Tensor;
      if (gradient === null || !path.has(input)) return;
      append(parts, input, matchShape(gradient, input.shape));
    });
  }
  return found;
}

/**
 * The nodes on a way from the targets to the given ones, from these downwards. Ids grow with recording, so descending
 * ids are a topological order.
 */
function between(from: readonly Tensor[], targets: ReadonlySet<Tensor>, leaves: ReadonlySet<Tensor>): Set<Tensor> {
  const leads = new Map<Tensor, boolean>();
  const stack = [...from];
  while (stack.length > 0) {
    const node = stack.at(-1) as Tensor;
    const inputs = leaves.has(node) ? [] : node.inputs;
    const open = inputs.filter((input) => !leads.has(input));
    if (open.length > 0) for (const input of open) stack.push(input);
    else {
      leads.set(node, targets.has(node) || inputs.some((input) => leads.get(input)));
      stack.pop();
    }
  }
  const nodes = [...leads].filter(([, leading]) => leading).map(([node]) => node);
  return new Set(nodes.sort((a, b) => b.id - a.id));
}

/** A gradient in its input's shape: adds up what broadcasting repeated, repeats what an op left smaller. */
function matchShape(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  if (
    gradient.rank < shape.length ||
    gradient.shape.some((extent, i) => extent === 1 && (shape[i + shape.length - gradient.rank] ?? 1) !== 1)
  ) {
    return matchShape(broadcastTo(gradient, broadcastTarget(gradient.shape, shape)), shape);
  }
  const lead = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((extent, axis) =>
    axis < lead || (shape[axis - lead] === 1 && extent !== 1) ? [axis] : [],
  );
  return reshape(sum(gradient, axes), shape);
}

function broadcastTarget(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => (at(a, axis) === 1 ? at(b, axis) : at(a, axis)));
}

/** The gradient of `f` as a function: `grad(f)(x)` is ∂f/∂x for one tensor, recorded. */
export function grad(f: (x: Tensor) => Tensor): (x: Tensor | number) => Tensor {
  return (x) => valueAndGrad(f)(x).gradient;
}

/** Value and gradient of `f` at once. */
export function valueAndGrad(f: (x: Tensor) => Tensor): (x: Tensor | number) => { value: Tensor; gradient: Tensor } {
  return (x) => {
    if (typeof f !== "function")
      throw valueError("grad", { rule: "differentiates a function of a tensor", expected: "a function", received: f });
    const input = asTensor(x);
    const value = asTensor(f(input));
    return { value, gradient: gradients(value, [input])[0] as Tensor };
  };
}
