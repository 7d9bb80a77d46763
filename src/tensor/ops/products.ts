// Products of vectors, matrices and tensors, made of matmul.
import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import type { Tensor } from "../tensor.ts";
import { cast, mul } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { reshape, transpose } from "./shaping.ts";

/** Every product of an element of a and an element of b: both flattened, [a.size, b.size]. */
export const outer = (a: Operand, b: Operand): Tensor => mul(reshape(a, [-1, 1]), reshape(b, [1, -1]));

/**
 * The sum of products over the last axis of a and the last but one of b (the only one of a vector); a number multiplies
 * everything. Unlike `matmul`, leading axes do not broadcast: [i, j, k] · [l, k, m] gives [i, j, l, m].
 * @throws ShapeError where the two axes differ.
 * @see Keras 3 `ops.dot`.
 */
export function dot(a: Operand, b: Operand): Tensor {
  const [left, right] = [asTensor(a), asTensor(b)];
  if (left.rank === 0 || right.rank === 0) return mul(left, right);
  if (right.rank <= 2) return matmul(left, right);
  const inner = right.shape.at(-2) as number;
  if (!mayEqual(left.shape.at(-1), inner))
    throw shapeError("dot", {
      rule: "the last axis of a is the last but one of b",
      expected: `a [..., ${inner}]`,
      received: formatShape(left.shape),
      context: `b ${formatShape(right.shape)}`,
    });
  // b's summed axis comes first, so that one product does all.
  const order = right.shape.map((_, axis) => axis);
  order.unshift(...order.splice(-2, 1));
  const rest = right.shape.filter((_, axis) => axis !== right.rank - 2);
  const product = matmul(reshape(left, [-1, inner]), reshape(transpose(right, order), [inner, -1]));
  return reshape(product, [...left.shape.slice(0, -1), ...rest]);
}

/** The letters of an equation, checked. */
interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
}

/**
 * Sums of products by letters, one per axis: letters that the output lacks are summed over, those of both operands and
 * the output are batch axes. Takes one or two operands; a letter occurs once per operand, so no diagonals.
 * Without "->" the output has the letters that occur once, in alphabetical order. Done by one matrix product.
 * @throws ValueError on an equation of another form. @throws ShapeError where axes of one letter differ.
 * @example einsum("bhqd,bhkd->bhqk", queries, keys);
 * @example einsum("ij->j", x); // sums of columns
 * @see Keras 3 `ops.einsum`.
 */
export function einsum(equation: string, ...operands: Operand[]): Tensor {
  const { inputs, output } = parse(equation, operands.length);
  const tensors = operands.map((operand) => cast(operand, "float32"));
  checkExtents(equation, inputs, tensors);
  const isKept = (letter: string, index: number) => output.includes(letter) || inputs[1 - index]?.includes(letter);
  // Letters of one operand that the output lacks are summed before the product.
  const reduced = tensors.map((t, index) =>
    sum(
      t,
      [...(inputs[index] as string)].flatMap((letter, axis) => (isKept(letter, index) ? [] : [axis])),
    ),
  );
  const letters = inputs.map((list, index) => [...list].filter((letter) => isKept(letter, index)));
  const [a, b] = reduced as [Tensor, Tensor | undefined];
  const [left = [], right] = letters;
  if (!b || !right) return arrange(a, left, [...output]);
  const batch = left.filter((letter) => right.includes(letter) && output.includes(letter));
  const summed = left.filter((letter) => right.includes(letter) && !output.includes(letter));
  const rows = left.filter((letter) => !right.includes(letter));
  const columns = right.filter((letter) => !left.includes(letter));
  const extent = (letter: string) => known(letter, letters, [a, b]);
  const extents = (list: readonly string[]) => list.map(extent);
  const order = [...batch, ...rows, ...columns];
  const [before, after] = [
    arrange(a, left, [...batch, ...rows, ...summed]),
    arrange(b, right, [...batch, ...summed, ...columns]),
  ];
  const ones = (list: readonly string[]) => list.map(() => 1);
  const size = (list: readonly string[]) => extents(list).reduce((product, n) => product * n, 1);
  const product =
    summed.length === 0
      ? mul(
          reshape(before, [...extents(batch), ...extents(rows), ...ones(columns)]),
          reshape(after, [...extents(batch), ...ones(rows), ...extents(columns)]),
        )
      : matmul(
          reshape(before, [...extents(batch), size(rows), size(summed)]),
          reshape(after, [...extents(batch), size(summed), size(columns)]),
        );
  return arrange(reshape(product, extents(order)), order, [...output]);
}

const arrange = (t: Tensor, from: readonly string[], to: readonly string[]): Tensor =>
  transpose(
    t,
    to.map((letter) => from.indexOf(letter)),
  );

function parse(equation: string, count: number): Equation {
  const [left = "", given, ...more] = String(equation).replaceAll(" ", "").split("->");
  const inputs = left.split(",");
  const all = [...inputs.join("")];
  const output =
    given ??
    [...new Set(all)]
      .filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))
      .sort()
      .join("");
  const isOnce = (list: string) => /^[a-zA-Z]*$/.test(list) && new Set(list).size === list.length;
  const fits =
    more.length === 0 && [...inputs, output].every(isOnce) && [...output].every((letter) => all.includes(letter));
  if (!fits || count > 2 || inputs.length !== count)
    throw valueError("einsum", {
      rule: "the equation names each axis of one or two operands by a letter, each once",
      expected: 'an equation such as "ij,jk->ik"',
      received: `"${equation}" for ${count} operands`,
    });
  return { inputs, output };
}

function checkExtents(equation: string, inputs: readonly string[], tensors: readonly Tensor[]): void {
  for (const [index, list] of inputs.entries()) {
    const shape = tensors[index]?.shape ?? [];
    const fits =
      shape.length === list.length &&
      [...list].every((letter, axis) => mayEqual(shape[axis], known(letter, inputs, tensors)));
    if (!fits)
      throw shapeError("einsum", {
        rule: "operands have an axis per letter, and axes of one letter have one extent",
        expected: `shapes that fit "${equation}"`,
        received: tensors.map((t) => formatShape(t.shape)).join(" and "),
      });
  }
}

/** The extent of a letter's axis, from the operand where it is known. */
function known(letter: string, inputs: readonly (string | readonly string[])[], tensors: readonly Tensor[]): number {
  const found = inputs.flatMap((list, index) => {
    const axis = list.indexOf(letter);
    return axis < 0 ? [] : [tensors[index]?.shape[axis] ?? Number.NaN];
  });
  return found.find((extent) => !Number.isNaN(extent)) ?? Number.NaN;
}
