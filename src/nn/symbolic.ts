import { Printed } from "../format.ts";
import type { DType } from "../tensor/dtype.ts";
import type { BatchShape, Layer } from "./layer.ts";

/** One use of a layer in a functional model; a shared layer has several. */
export interface Application {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  /** Whether the layer was given one tensor rather than a list. */
  readonly single: boolean;
  readonly outputs: readonly SymbolicTensor[];
}

/** An edge of a functional model: what a layer gives for given inputs, of which only shape and dtype are known. */
export class SymbolicTensor extends Printed {
  private static count = 0;
  /** Numbers tensors in the order in which they were made, so what a layer is given comes before what it gives. */
  readonly id: number = SymbolicTensor.count++;

  constructor(
    /** With null where the batch size goes. */
    readonly shape: BatchShape,
    readonly dtype: DType,
    /** What makes it; undefined for a model's input. */
    readonly source?: Application,
    readonly name?: string,
  ) {
    super();
  }

  /** The layer that makes it; undefined for a model's input. */
  get layer(): Layer | undefined {
    return this.source?.layer;
  }

  /** What it is, without the graph that it belongs to. */
  override toJSON(): object {
    const { name, dtype, shape } = this;
    return { kind: "SymbolicTensor", name, dtype, shape };
  }
}
