import { valueError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { checkOptions } from "../options.ts";
import { SymbolicTensor } from "./symbolic.ts";

/** Element types of what a model takes: of tensors, or strings, which layers that work on the host make numbers of. */
export type InputDType = DType | "string";

/** Options of {@link input}. */
export interface InputOptions {
  /**
   * The key under which a model of several inputs is fed. Default "input", "input_1", … in the order of the model's
   * inputs.
   */
  name?: string;
  /**
   * Default "float32"; embeddings take "int32". Inputs of strings feed layers of `aretejs/data`, such as
   * `stringLookup` and `textVectorization`.
   */
  dtype?: InputDType;
}

/** The shape of one sample, without the batch axis; null for an extent that varies from batch to batch. */
export type SampleShape = readonly (number | null)[];

/** @throws ValueError where the shape is not a list of integers ≥ 1 or null. `what` names the argument. */
export function checkSampleShape(name: string, what: string, shape: unknown): void {
  if (Array.isArray(shape) && shape.every((extent) => extent === null || (Number.isInteger(extent) && extent >= 1)))
    return;
  throw valueError(name, {
    rule: `${what} is the shape of one sample`,
    expected: "a list of integers ≥ 1 (or null), without the batch axis",
    received: shape,
    ...(typeof shape === "number" && { advice: `Write [${shape}].` }),
  });
}

/**
 * The start of a functional model.
 * @param shape of one sample, without the batch axis; null for an extent that varies.
 * @throws ValueError where the shape is not a list of integers ≥ 1 (or null).
 * @example const x = input([784]); const y = dense(10).apply(x);
 * @see Keras 3 `keras.Input`.
 */
export function input(shape: SampleShape, options: InputOptions = {}): SymbolicTensor {
  const { name, dtype = "float32" } = checkOptions("input", options, { name: "string", dtype: "string" });
  checkSampleShape("input", "shape", shape);
  if (!["float32", "int32", "string"].includes(dtype)) {
    throw valueError("input", { rule: "unknown dtype", expected: '"float32", "int32" or "string"', received: dtype });
  }
  return new SymbolicTensor([null, ...shape], dtype, undefined, name);
}
