// ONNX export, loaded when it is used.
import type { Model } from "../train/model.ts";
import type { OnnxOptions } from "./onnx/export.ts";

/**
 * A model as an ONNX file (operator set 17), as onnxruntime and other programs run it: what `predict` gives, for any
 * number of samples. Inputs and outputs have the model's names. Layers are written as ONNX's own operations where there
 * are such (convolutions, pooling, normalization, LSTM, GRU, …), and all others, those of your own too, by what they
 * compute.
 * @returns the bytes: `await writeTarget("model.onnx", await exportOnnx(model))`.
 * @throws StateError where the model is not built; ValueError where it does what ONNX cannot say, naming the layer:
 * masks in recurrent layers, stateful layers, cells of one's own, random numbers; and where an operation needs an
 * extent that the model leaves open.
 * @example
 * const bytes = await exportOnnx(model, { layout: "nchw" });
 * const session = await ort.InferenceSession.create(bytes); // onnxruntime-web
 */
export async function exportOnnx(model: Model, options: OnnxOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { writeOnnx } = await import("./onnx/export.ts");
  return writeOnnx(model, options);
}
