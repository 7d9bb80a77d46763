// Compares what an onnxruntime computes for exported models with `predict`.
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

/** An array as onnxruntime takes and gives it. */
export interface OrtArray {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

/** Runs a model in onnxruntime: an array for each input in, an array for each output out, in the model's order. */
export type OnnxRun = (bytes: Uint8Array, inputs: readonly OrtArray[]) => Promise<readonly OrtArray[]>;

/** The largest difference between onnxruntime and `predict`, relative where numbers are larger than 1. */
async function differenceOf(
  { model, inputs, options = {} }: OnnxCase,
  bytes: Uint8Array,
  run: OnnxRun,
): Promise<number> {
  const isMoved = ({ rank }: Tensor) => options.layout === "nchw" && rank >= 4;
  const arrays: OrtArray[] = [];
  for (const input of inputs) {
    const data = await input.data();
    const values = isMoved(input) ? moveChannels(data, input.shape, true) : Array.from(data);
    const array = input.dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
    arrays.push({ data: array, dims: isMoved(input) ? firstShape(input.shape) : [...input.shape] });
  }
  const results = await run(bytes, arrays);
  const outputs = await model.predictAll((inputs.length === 1 ? inputs[0] : inputs) as Tensor);
  if (results.length !== outputs.length) throw new Error(`${results.length} outputs rather than ${outputs.length}`);
  let worst = 0;
  for (const [index, output] of outputs.entries()) {
    const { data, dims } = results[index] as OrtArray;
    const expectedShape = isMoved(output) ? firstShape(output.shape) : output.shape;
    if (dims.join() !== expectedShape.join()) throw new Error(`shape [${dims}] rather than [${expectedShape}]`);
    const found = isMoved(output) ? moveChannels(data, dims, false) : data;
    const expected = await output.data();
    expected.forEach((value, at) => {
      const difference = Math.abs((found[at] as number) - value) / Math.max(1, Math.abs(value));
      worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    });
  }
  return worst;
}

/**
 * Exports models of all kinds of layers, and compares what onnxruntime computes with `predict`. Prints what differs.
 * @param name of the program that runs them.
 * @param keep takes each file.
 * @returns how many models differ.
 */
export async function compareAll(
  name: string,
  run: OnnxRun,
  keep: (name: string, bytes: Uint8Array) => void = () => {},
): Promise<number> {
  let failures = 0;
  for (const [which, make] of Object.entries(onnxCases)) {
    const made = make();
    const bytes = await exportOnnx(made.model, made.options);
    keep(which, bytes);
    const difference = await differenceOf(made, bytes, run);
    if (difference <= tolerance) continue;
    failures++;
    console.log(`${which}: differs by ${difference}`);
  }
  console.log(`${name}: ${Object.keys(onnxCases).length - failures} models equal, ${failures} not`);
  return failures;
}
