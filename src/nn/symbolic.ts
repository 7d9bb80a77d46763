import { Printed } from "../format.ts";
import type { InputDType } from "./input.ts";
import type { BatchShape, Layer } from "./layer.ts";

/** One use of a layer in a functional model; a shared layer has several. */
export interface Application {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  /** Whether the layer was given one tensor rather than a list. */
  readonly single: boolean;
  readonly outputs: readonly SymbolicTensor[];
}

/** An edge of a functional model: an input, or an output of a layer, of which only shape and dtype are known. */
export class SymbolicTensor extends Printed {
  private static count = 0;
  /** Grows in the order in which tensors are made, so the inputs of a layer have smaller ids than its outputs. */
  readonly id: number = SymbolicTensor.count++;
  /** Of an input without a name of its own: the name that its first model has given it. */
  automaticName: string | undefined;

  constructor(
    /** With null for the batch and other extents that vary. */
    readonly shape: BatchShape,
    readonly dtype: InputDType,
    /** The use of a layer that it is an output of; undefined for a model's input. */
    readonly source?: Application,
    readonly ownName: string | undefined = undefined,
  ) {
    super();
  }

  /** Automatic names of inputs begin with it. */
  get kind(): string {
    return this.layer?.name ?? "input";
  }

  /**
   * Of an input, the key under which it is fed; otherwise that of the layer. Undefined for an input without a name that
   * is in no model yet.
   */
  get name(): string | undefined {
    return this.ownName ?? (this.layer ? this.layer.name : this.automaticName);
  }

  /** The layer that it is an output of; undefined for a model's input. */
  get layer(): Layer | undefined {
    return this.source?.layer;
  }

  /** What it is, without the graph that it belongs to. */
  override toJSON(): object {
    const { name, dtype, shape } = this;
    return { kind: "SymbolicTensor", name, dtype, shape };
  }
}
