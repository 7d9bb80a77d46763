// Exports models of all kinds of layers, and compares what onnxruntime computes with `predict`. Writes the files to a
// directory, whose name it is given, for check-onnx.py.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Tensor } from "../../src/index.ts";
import { exportOnnx } from "../../src/io/index.ts";
import { type OnnxCase, onnxCases } from "../unit/onnx-models.ts";

const tolerance = 1e-5;

/** Data with channels last as [batch, channels, …], or back. */
function moveChannels(data: ArrayLike<number>, shape: readonly number[], toFirst: boolean): number[] {
  const [batch = 1, ...rest] = shape;
  const channels = (toFirst ? rest.at(-1) : rest[0]) ?? 1;
  const space = rest.reduce((size, extent) => size * extent, 1) / channels;
  const at = (b: number, c: number, s: number) =>
    toFirst ? (b * space + s) * channels + c : (b * channels + c) * space + s;
  const moved: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < (toFirst ? channels : space); i++)
      for (let j = 0; j < (toFirst ? space : channels); j++)
        moved.push(data[toFirst ? at(b, i, j) : at(b, j, i)] as number);
  return moved;
}

const firstShape = ([batch = 1, ...rest]: readonly number[]) => [batch, rest.at(-1) as number, ...rest.slice(0, -1)];

/** The largest difference between onnxruntime and `predict`, relative where numbers are larger than 1. */
async function differenceOf({ model, inputs, options = {} }: OnnxCase, bytes: Uint8Array): Promise<number> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const isMoved = ({ rank }: Tensor) => options.layout === "nchw" && rank >= 4;
  const feeds: Record<string, OrtTensor> = {};
  for (const [index, input] of inputs.entries()) {
    const data = await input.data();
    const values = isMoved(input) ? moveChannels(data, input.shape, true) : Array.from(data);
    const array = input.dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
    const shape = isMoved(input) ? firstShape(input.shape) : [...input.shape];
    feeds[session.inputNames[index] as string] = new OrtTensor(array, shape);
  }
  const results = await session.run(feeds);
  const outputs = await model.predictAll((inputs.length === 1 ? inputs[0] : inputs) as Tensor);
  let worst = 0;
  for (const [index, output] of outputs.entries()) {
    const { data, dims } = results[session.outputNames[index] as string] as OrtTensor;
    const expectedShape = isMoved(output) ? firstShape(output.shape) : output.shape;
    if (dims.join() !== expectedShape.join()) throw new Error(`shape [${dims}] rather than [${expectedShape}]`);
    const found = isMoved(output) ? moveChannels(data as Float32Array, dims, false) : (data as Float32Array);
    const expected = await output.data();
    expected.forEach((value, at) => {
      const difference = Math.abs((found[at] as number) - value) / Math.max(1, Math.abs(value));
      worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    });
  }
  return worst;
}

const directory = process.argv[2] ?? "build/onnx";
mkdirSync(directory, { recursive: true });
let failures = 0;
for (const [name, make] of Object.entries(onnxCases)) {
  const made = make();
  const bytes = await exportOnnx(made.model, made.options);
  writeFileSync(join(directory, `${name}.onnx`), bytes);
  const difference = await differenceOf(made, bytes);
  if (difference <= tolerance) continue;
  failures++;
  console.log(`${name}: differs by ${difference}`);
}
console.log(`onnxruntime-node: ${Object.keys(onnxCases).length - failures} models equal, ${failures} not`);
process.exitCode = failures === 0 ? 0 : 1;
