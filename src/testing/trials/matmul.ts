import type { MapInstruction, MatmulInstruction, View } from "../../compiler/instruction.ts";
import type { Shape } from "../../tensor/shape.ts";
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

/** Trials of `matmul`: sizes by layouts of both operands, and each size with an epilogue. */
export const matmulTrials: Trials<"matmul"> = () =>
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
  const epilogue = epilogueForm && (epilogueForm === "flat" ? halve(setting, output, batch * m * n) : biasAndRelu(setting, output, batch * m, n));
  return {
    label: `[${batch}, ${m}, ${k}] ${left} · [${batch}, ${k}, ${n}] ${right}${epilogueForm ? `, epilogue ${epilogueForm}` : ""}`,
    instruction: { kind: "matmul", a, b, output, ...(epilogue && { epilogue }) },
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
  return { strides: turned ? [batchStride, 1, step] : [batchStride, step, 1], span: form === "repeated" ? matrix : matrix * batch };
}

/** output = max(output + bias, 0) in place, and −(output + bias) in a buffer of its own. */
function biasAndRelu(setting: Setting, output: View, rows: number, columns: number): MapInstruction {
  const shape = [rows, columns];
  const here = { ...output, shape, strides: [columns, 1] };
  return {
    kind: "map",
    shape,
    inputs: [here, setting.float(shape, { strides: [0, 1], span: columns })],
    outputs: [here, setting.room(shape)],
    expression: {
      nodes: [
        { op: "input", index: 0 },
        { op: "input", index: 1 },
        { op: "add", args: [0, 1] },
        { op: "constant", value: 0 },
        { op: "max", args: [2, 3] },
        { op: "neg", args: [2] },
      ],
      outputs: [4, 5],
    },
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
