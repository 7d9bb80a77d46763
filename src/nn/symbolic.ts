import type { DType } from "../tensor/dtype.ts";
import type { BatchShape, Layer } from "./layer.ts";

/** An edge of a functional model: what a layer gives for given inputs, of which only shape and dtype are known. */
export class SymbolicTensor {
  private static count = 0;
  readonly id: number = SymbolicTensor.count++;

  constructor(
    /** With null where the batch size goes. */
    readonly shape: BatchShape,
    readonly dtype: DType,
    /** The layer that makes it; undefined for a model's input. */
    readonly layer: Layer | undefined,
    readonly inputs: readonly SymbolicTensor[],
    /** Whether the layer was given one tensor rather than a list. */
    readonly single: boolean,
    readonly name?: string,
  ) {}
}
