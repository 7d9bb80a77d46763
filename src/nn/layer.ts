import { shapeError, valueError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { SymbolicTensor } from "./symbolic.ts";

/** A shape whose batch axis (and perhaps others) is not known yet. */
export type BatchShape = readonly (number | null)[];

/** What a layer may use while its maths is recorded. */
export interface CallContext {
  /** Whether this is a train step (dropout on, batch statistics in use). */
  readonly training: boolean;
  /** Random key of the run, int32 [3]: seed (low, high) and step. Give it to random ops with `stream(layer)`. */
  readonly key: Tensor;
  /** A random stream of this layer's own, derived from its path in the model; `use` tells several streams of one layer apart. */
  stream(layer: Layer, use?: number): number;
  /** Sets a variable at the end of the run, such as a moving average. */
  update(variable: Variable, value: Tensor): void;
  /** Adds a scalar to the loss, such as an activity penalty (already divided by the batch size). */
  addLoss(value: Tensor): void;
}

/** Options that every layer takes. */
export interface LayerOptions {
  /** Unique within a model; default the layer's kind with a number. */
  name?: string;
  /** Default true. */
  trainable?: boolean;
  /** Shape of one sample, without the batch axis; only for the first layer of a sequential model. */
  inputShape?: Shape;
  /** Element type of the input; default float32. Embeddings take int32. */
  inputDType?: DType;
}

/**
 * A layer describes its variables in `build` and records its maths in `call`. Calling `build` twice does nothing: a layer
 * used in two models shares its weights.
 */
export abstract class Layer {
  private static readonly counts = new Map<string, number>();

  readonly name: string;
  readonly inputShape: Shape | undefined;
  readonly inputDType: DType;
  private isBuilt = false;
  private isTrainable: boolean;
  /** The layer's own variables; sublayers hold theirs. */
  protected readonly own: Variable[] = [];

  /** @param kind the factory's name, such as "dense": stands in messages, summaries and configurations. */
  constructor(
    readonly kind: string,
    options: LayerOptions = {},
  ) {
    const count = Layer.counts.get(kind) ?? 0;
    if (options.name === undefined) Layer.counts.set(kind, count + 1);
    this.name = options.name ?? (count === 0 ? kind : `${kind}_${count}`);
    this.isTrainable = options.trainable ?? true;
    this.inputShape = options.inputShape;
    this.inputDType = options.inputDType ?? "float32";
    if (options.inputShape?.some((extent) => !Number.isInteger(extent) || extent < 1)) {
      throw valueError(this.label, {
        rule: "inputShape is the shape of one sample",
        expected: "integers ≥ 1, without the batch axis",
        received: options.inputShape,
      });
    }
  }

  /** `dense "dense_1"`: how the layer is named in messages. */
  get label(): string {
    return `${this.kind} "${this.name}"`;
  }

  get built(): boolean {
    return this.isBuilt;
  }

  /** Layers inside this one. */
  get sublayers(): readonly Layer[] {
    return [];
  }

  /** Setting it reaches all sublayers. Compile again afterwards. */
  get trainable(): boolean {
    return this.isTrainable;
  }

  set trainable(value: boolean) {
    this.isTrainable = value;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  /** All variables in Keras's order: own trainable, own non-trainable, then the sublayers'. */
  get variables(): Variable[] {
    const unique = new Set([
      ...this.own.filter((v) => v.trainable),
      ...this.own.filter((v) => !v.trainable),
      ...this.sublayers.flatMap((layer) => layer.variables),
    ]);
    return [...unique];
  }

  /** What an optimizer updates: none while the layer is frozen. */
  get trainableVariables(): Variable[] {
    if (!this.isTrainable) return [];
    return [...new Set([...this.own.filter((v) => v.trainable), ...this.sublayers.flatMap((layer) => layer.trainableVariables)])];
  }

  /** Makes the variables for this input; does nothing when that has been done. */
  ensureBuilt(inputShape: BatchShape | readonly BatchShape[]): void {
    if (this.isBuilt) return;
    this.build(inputShape as BatchShape);
    this.isBuilt = true;
  }

  /** Override: make variables with `addVariable`. Layers of several inputs get a list of shapes. */
  build(_inputShape: BatchShape | readonly BatchShape[]): void {}

  /** Override: record the maths. Layers of several inputs get a list. */
  abstract call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[];

  /** The penalties on this layer's trainable weights, as scalars; none while frozen. */
  penalties(): Tensor[] {
    return this.sublayers.flatMap((layer) => layer.penalties());
  }

  /** The factory options that make an equal layer (fresh weights), for `cloneModel` and saving. */
  abstract getConfig(): Record<string, unknown>;

  /** An equal layer with fresh weights under the same name. */
  abstract clone(): Layer;

  /** Uses the layer in a functional model. */
  apply(input: SymbolicTensor): SymbolicTensor;
  apply(inputs: readonly SymbolicTensor[]): SymbolicTensor;
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
    const list = (Array.isArray(inputs) ? inputs : [inputs]) as SymbolicTensor[];
    const single = !Array.isArray(inputs);
    this.ensureBuilt(single ? (list[0] as SymbolicTensor).shape : list.map((input) => input.shape));
    const [shape] = this.outputShapes(
      list.map((input) => input.shape),
      list.map((input) => input.dtype),
      single,
    );
    return new SymbolicTensor(shape as BatchShape, "float32", this, list, single);
  }

  /** Output shapes for input shapes, found by recording the maths once with a batch size that nothing else has. */
  outputShapes(shapes: readonly BatchShape[], dtypes: readonly DType[], single: boolean): BatchShape[] {
    const probe = 7919;
    const inputs = shapes.map((shape, index) =>
      placeholder(
        `probe_${index}`,
        shape.map((extent) => extent ?? probe),
        dtypes[index],
      ),
    );
    const outputs = this.call(single ? (inputs[0] as Tensor) : inputs, probing);
    return (Array.isArray(outputs) ? outputs : [outputs as Tensor]).map((output) =>
      (output as Tensor).shape.map((extent) => (extent === probe ? null : extent)),
    );
  }

  /** For `build`: the last extent, which must be known. */
  protected lastExtent(shape: BatchShape): number {
    const extent = shape.at(-1);
    if (typeof extent === "number") return extent;
    throw shapeError(this.label, {
      rule: "the input's last axis must be known",
      expected: "[batch, …, features]",
      received: formatShape(shape),
      advice: "Give inputShape.",
    });
  }
}

/** A context in which only shapes matter. */
const probing: CallContext = {
  training: false,
  get key() {
    return placeholder("key", [3], "int32");
  },
  stream: () => 0,
  update: () => {},
  addLoss: () => {},
};
