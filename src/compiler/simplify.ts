import { type Algebra, arity, exact, isExact } from "../ir/primitive.ts";
import { broadcastShapes, type Shape, sameShape, sizeOf } from "../ir/shape.ts";
import { isElementwise } from "../tensor/op.ts";
import { type ElementwiseAttrs, elementwiseOp } from "../tensor/ops/elementwise.ts";
import { constantOp, constantValue, scalar } from "../tensor/ops/leaf.ts";
import { type MatmulAttrs, matmulOp } from "../tensor/ops/matmul.ts";
import { type ReduceAttrs, reduceOp } from "../tensor/ops/reduction.ts";
import { broadcastToOp, reshapeOp, swapAxes, transposeOp } from "../tensor/ops/shaping.ts";
import { withGradientOp } from "../tensor/ops/with-gradient.ts";
import type { Arguments } from "../tensor/scalar/function.ts";
import { Tensor } from "../tensor/tensor.ts";
import { variableOp } from "../tensor/variable.ts";
import { withInputs } from "./graph.ts";

/**
 * An equal but smaller graph: common subexpressions once, exact functions of constants folded, neutral elements and
 * double reshapes dropped. Gives the new roots in the order of the old ones.
 * @param nodes all nodes that the roots need, in the order of recording.
 */
export function simplify(roots: readonly Tensor[], nodes: readonly Tensor[]): Tensor[] {
  const known = new Map<string, Tensor>();
  const rewritten = new Map<Tensor, Tensor>();
  const keys = new Keys();
  const users = new Map<Tensor, number>();
  for (const used of [...roots, ...nodes.flatMap((node) => [...node.inputs])])
    users.set(used, (users.get(used) ?? 0) + 1);
  const uses = new Map<Tensor, number>();
  const isSole = (tensor: Tensor) => uses.get(tensor) === 1;
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => rewritten.get(input) as Tensor);
    const same = inputs.every((input, index) => input === node.inputs[index]);
    const simple = rewrite(same ? node : withInputs(node, inputs), isSole);
    const key = keys.of(simple);
    const twin = known.get(key);
    if (!twin) known.set(key, simple);
    const result = twin ?? simple;
    rewritten.set(node, result);
    uses.set(result, (uses.get(result) ?? 0) + (users.get(node) as number));
  }
  return roots.map((root) => rewritten.get(root) as Tensor);
}

/** One node by rules that look at it and its inputs. `isSole` says what has one user. */
function rewrite(node: Tensor, isSole: (tensor: Tensor) => boolean): Tensor {
  const [x] = node.inputs;
  if (isElementwise(node.op)) return rewriteElementwise(node);
  if (!x) return node;
  if (node.op === withGradientOp) return x;
  if (node.op === reshapeOp) {
    if (sameShape(x.shape, node.shape)) return x;
    if (x.op === reshapeOp) return withInputs(node, [x.inputs[0] as Tensor]);
  }
  if (node.op === broadcastToOp) {
    if (sameShape(x.shape, node.shape)) return x;
    if (x.op === broadcastToOp) return withInputs(node, [x.inputs[0] as Tensor]);
  }
  if (node.op === transposeOp && x.op === transposeOp) {
    const [outer, inner] = [node, x].map((t) => (t.attrs as { permutation: readonly number[] }).permutation) as [
      readonly number[],
      readonly number[],
    ];
    const permutation = outer.map((axis) => inner[axis] as number);
    const source = x.inputs[0] as Tensor;
    if (permutation.every((axis, index) => axis === index)) return source;
    return rewrite(
      new Tensor(node.op, [source], { permutation }, node.shape, node.dtype),
      (tensor) => isSole(x) && isSole(tensor),
    );
  }
  if (node.op === transposeOp && x.op === matmulOp && isSole(x)) return turnedProduct(node, x) ?? node;
  if (node.op === reduceOp && x.op === reduceOp) {
    const [outer, inner] = [node, x].map((t) => t.attrs as ReduceAttrs) as [ReduceAttrs, ReduceAttrs];
    if (outer.operation === inner.operation)
      return new Tensor(
        reduceOp,
        x.inputs,
        { operation: outer.operation, axes: bothAxes(outer.axes, inner.axes, (x.inputs[0] as Tensor).rank) },
        node.shape,
        node.dtype,
      );
  }
  if (node.op === reduceOp && sizeOf(x.shape) === sizeOf(node.shape) && sizeOf(x.shape) > 0) {
    return sameShape(x.shape, node.shape)
      ? x
      : new Tensor(reshapeOp, [x], { shape: node.shape }, node.shape, node.dtype);
  }
  return node;
}

/** A product whose transposed result is wanted, written that way: (A·B)ᵀ = Bᵀ·Aᵀ, and heads side by side. */
function turnedProduct(node: Tensor, product: Tensor): Tensor | undefined {
  const { permutation } = node.attrs as { permutation: readonly number[] };
  const rank = product.rank;
  if ((product.attrs as MatmulAttrs).rowsBefore) return undefined;
  const isTurned = permutation.at(-1) === rank - 2;
  const wanted = permutation.map((axis) => (isTurned && axis >= rank - 2 ? 2 * rank - 3 - axis : axis));
  const place = wanted.indexOf(rank - 2);
  const others = wanted.filter((axis) => axis !== rank - 2);
  if (!others.every((axis, index) => axis === (index < rank - 2 ? index : rank - 1))) return undefined;
  const turned = (tensor: Tensor) => rewrite(swapAxes(tensor), () => false);
  const [first, second] = product.inputs as readonly [Tensor, Tensor];
  const inputs = isTurned ? [turned(second), turned(first)] : [first, second];
  const rowsBefore = rank - 2 - place;
  return new Tensor(matmulOp, inputs, rowsBefore > 0 ? { rowsBefore } : {}, node.shape, node.dtype);
}

/** The axes of the first operand that two reductions in a row remove. */
function bothAxes(outer: readonly number[], inner: readonly number[], rank: number): number[] {
  const left = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !inner.includes(axis));
  return [...inner, ...outer.map((axis) => left[axis] as number)].sort((a, b) => a - b);
}

function rewriteElementwise(node: Tensor): Tensor {
  const inputs = withoutBroadcasts(node);
  if (node.op !== elementwiseOp) return inputs === node.inputs ? node : withInputs(node, inputs);
  const { fn, params } = node.attrs as ElementwiseAttrs;
  const constants = inputs.map(constantValue);
  if (
    node.shape.length === 0 &&
    fn.name in arity &&
    isExact(fn.name) &&
    constants.every((value) => value !== undefined)
  )
    return scalar(fn.value(exact as unknown as Algebra<number>, constants as unknown as Arguments<number>, params));
  const kept = neutral(fn.name, inputs, constants);
  if (kept && kept.dtype === "float32" && sameShape(kept.shape, node.shape)) return kept;
  return inputs === node.inputs ? node : withInputs(node, inputs);
}

/**
 * Broadcasting happens within an elementwise op, so an explicit one before it is needed only where it alone gives the
 * shape.
 */
function withoutBroadcasts(node: Tensor): readonly Tensor[] {
  if (!node.inputs.some((input) => input.op === broadcastToOp)) return node.inputs;
  const inputs = [...node.inputs];
  inputs.forEach((input, index) => {
    if (input.op !== broadcastToOp) return;
    inputs[index] = input.inputs[0] as Tensor;
    if (!sameShape(shapeOf(inputs), node.shape)) inputs[index] = input;
  });
  return inputs;
}

const shapeOf = (inputs: readonly Tensor[]): Shape =>
  broadcastShapes("simplify", ...inputs.map((input) => input.shape));

/** The operand that is the result where the other is neutral: x + 0, x − 0, x · 1, x / 1. */
function neutral(
  name: string,
  inputs: readonly Tensor[],
  constants: readonly (number | undefined)[],
): Tensor | undefined {
  const [a, b] = inputs;
  const [left, right] = constants;
  if (name === "add") return right === 0 ? a : left === 0 ? b : undefined;
  if (name === "mul") return right === 1 ? a : left === 1 ? b : undefined;
  if ((name === "sub" && right === 0) || (name === "div" && right === 1)) return a;
  return undefined;
}

/** Text that two nodes share only where they are the same computation. */
class Keys {
  private readonly objects = new Map<object, number>();

  of(node: Tensor): string {
    return `${node.op.name}(${node.inputs.map((input) => input.id)})${node.dtype}[${node.shape}]${this.attributes(node)}`;
  }

  private attributes(node: Tensor): string {
    if (node.op === elementwiseOp) {
      const { fn, params } = node.attrs as ElementwiseAttrs;
      // Infinity and −0 are no JSON.
      return `${fn.name}#${this.identity(fn)}${Object.entries(params).map(([name, value]) => `,${name}=${Object.is(value, -0) ? "-0" : value}`)}`;
    }
    if (node.op === constantOp) {
      const value = constantValue(node);
      return value === undefined ? `#${this.identity(node.attrs)}` : Object.is(value, -0) ? "-0" : `${value}`;
    }
    if (node.op === variableOp) return `#${this.identity((node.attrs as { variable: object }).variable)}`;
    return JSON.stringify(node.attrs, (_, value) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    );
  }

  private identity(object: object): number {
    const number = this.objects.get(object) ?? this.objects.size;
    this.objects.set(object, number);
    return number;
  }
}
