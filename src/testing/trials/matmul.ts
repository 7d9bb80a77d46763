// Trials of matrix products.
import type { MapInstruction } from "../../ir/instructions/map.ts";
import type { MatmulInstruction } from "../../ir/instructions/matmul.ts";
import type { Shape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { biasAndRelu } from "./epilogues.ts";
import { type Layout, Setting, type Trial, type Trials } from "./setting.ts";

/** How an operand's matrices lie in memory. */
type Form = "plain" | "transposed" | "padded" | "transposed and padded" | "repeated";

const forms: readonly Form[] = ["plain", "transposed", "padded", "transposed and padded", "repeated"];

/** [batch, M, K, N]: single elements, vectors, around the edges of tiles and blocks, several blocks, and nothing. */
const sizes: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 1],
  [1, 1, 37, 1],
  [1, 1, 64, 100],
  [1, 100, 64, 1],
  [1, 5, 8, 8],
  [1, 6, 9, 17],
  [1, 32, 84, 30],
  [1, 84, 32, 30],
  [1, 67, 259, 35],
  [1, 130, 70, 257],
  [2, 3, 4, 5],
  [3, 17, 5, 9],
  [4, 1, 3, 1],
  [1, 3, 0, 4],
  [1, 0, 3, 4],
  [1, 3, 4, 0],
  [0, 3, 4, 5],
];

/** Trials of `matmul`: sizes by layouts of both operands, each size with an epilogue; heads of attention. */
export const matmulTrials: Trials<"matmul"> = () => [
  ...matrices(),
  ...headSizes.flatMap((size, s) => [heads(size, false, 700 + 2 * s), heads(size, true, 701 + 2 * s)]),
];

const matrices = () =>
  sizes.flatMap((size, s) => [
    ...forms.map((form, f) => product(size, form, forms[(f + s) % forms.length] as Form, undefined, 10 * s + f)),
    product(size, "plain", "plain", "by rows", 10 * s + 7),
    product(size, "transposed", "plain", "by rows", 10 * s + 8),
    product(size, "plain", "transposed", "flat", 10 * s + 9),
  ]);

function product(
  [batch, m, k, n]: readonly [number, number, number, number],
  left: Form,
  right: Form,
  epilogueForm: "by rows" | "flat" | undefined,
  seed: number,
): Trial<MatmulInstruction> {
  const setting = new Setting(seed);
  const a = operand(setting, [batch, m, k], left);
  const b = operand(setting, [batch, k, n], right);
  const output = setting.room([batch, m, n]);
  const epilogue =
    epilogueForm &&
    (epilogueForm === "flat" ? halve(setting, output, batch * m * n) : biasAndRelu(setting, output, batch * m, n));
  return {
    label: `[${batch}, ${m}, ${k}] ${left} · [${batch}, ${k}, ${n}] ${right}${epilogueForm ? `, epilogue ${epilogueForm}` : ""}`,
    instruction: { kind: "matmul", a, b, output, ...(epilogue && { epilogue }) },
    arrays: setting.arrays,
    rtol: 1e-5,
    atol: 1e-6 + 2e-7 * k,
  };
}

/** [batch, heads, M, K, N]: vectors, ragged tiles, several blocks. */
const headSizes: readonly (readonly [number, number, number, number, number])[] = [
  [2, 3, 5, 4, 7],
  [3, 2, 1, 5, 6],
  [2, 2, 6, 3, 1],
  [1, 4, 12, 8, 16],
  [2, 3, 9, 390, 10],
  [2, 2, 4, 0, 3],
  [4, 3, 40, 4, 2],
];

/** Heads side by side in rows of all heads: two batch axes. `rowsFirst`: the result, too, is in such rows. */
function heads(
  [batch, count, m, k, n]: readonly [number, number, number, number, number],
  rowsFirst: boolean,
  seed: number,
): Trial<MatmulInstruction> {
  const setting = new Setting(seed);
  const sideBySide = (rows: number, columns: number) => ({
    strides: [rows * count * columns, columns, count * columns, 1],
  });
  const a = setting.float([batch, count, m, k], sideBySide(m, k));
  // Transposed: [batch, K rows, heads, N columns] would be plain.
  const b = setting.float([batch, count, k, n], { strides: [n * count * k, k, 1, count * k] });
  const shape = [batch, count, m, n];
  const output = setting.room(shape, "float32", rowsFirst ? sideBySide(m, n) : {});
  return {
    label: `${count} heads of [${batch}, ${m}, ${k}] · [${batch}, ${k}, ${n}]${rowsFirst ? " to rows of heads" : ""}`,
    instruction: { kind: "matmul", a, b, output },
    arrays: setting.arrays,
    rtol: 1e-5,
    atol: 1e-6 + 2e-7 * k,
  };
}

function operand(setting: Setting, shape: Shape, form: Form): View {
  return setting.float(shape, layout(shape as [number, number, number], form));
}

function layout([batch, rows, columns]: readonly [number, number, number], form: Form): Layout {
  const gap = form.endsWith("padded") ? 3 : 0;
  const turned = form.startsWith("transposed");
  const step = (turned ? rows : columns) + gap;
  const matrix = step * (turned ? columns : rows);
  const batchStride = form === "repeated" ? 0 : matrix;
  return {
    strides: turned ? [batchStride, 1, step] : [batchStride, step, 1],
    span: form === "repeated" ? matrix : matrix * batch,
  };
}

/** output / 2 in a buffer of its own, in the collapsed form of the epilogue; the product itself stays. */
function halve(setting: Setting, output: View, size: number): MapInstruction {
  const shape = [size];
  return {
    kind: "map",
    shape,
    inputs: [{ ...output, shape, strides: [1] }],
    outputs: [setting.room(shape)],
    expression: {
      nodes: [
        { op: "input", index: 0 },
        { op: "constant", value: 0.5 },
        { op: "mul", args: [0, 1] },
      ],
      outputs: [2],
    },
  };
}
