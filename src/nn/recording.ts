import { shapeError, stateError } from "../errors.ts";
import { formatShape, mayEqual } from "../ir/shape.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchShape, Layer } from "./layer.ts";
import { streamOf } from "./stream.ts";

/**
 * What a layer reads and reports while its maths is recorded. All of it concerns this recording alone: layers and
 * variables stay as they are. {@link Recording} is the implementation.
 */
export interface CallContext {
  /** Whether this is a training step: batch statistics are used, and moving averages follow them. */
  readonly training: boolean;
  /**
   * Whether random layers such as dropout are active: as `training`, but also in Monte Carlo predictions, where batch
   * normalization uses its moving averages.
   */
  readonly noise: boolean;
  /**
   * Random key of the run, int32 [4]: seed (low, high) and step (low, high). Pass it to random ops together with
   * `stream(layer)`.
   */
  readonly key: Tensor;
  /**
   * A random stream for this call of the layer, derived from its position in the model. `use` distinguishes several
   * streams of one call.
   */
  stream(layer: Layer, use?: number): number;
  /**
   * The value of a variable at this point of the recording: with the updates recorded before, and with what a layer
   * around this one has put in its place (`withValue`). `ops.matmul(x, this.kernel)` is allowed, too: it reads the
   * value before the run's updates.
   */
  value(variable: Variable): Tensor;
  /** Sets a variable at the end of the run, such as a moving average. */
  update(variable: Variable, value: Tensor): void;
  /** Whether the layer is trainable in this recording: as it was when the model was compiled. */
  isTrainable(layer: Layer): boolean;
  /** Adds a scalar to the loss, such as an activity penalty (already divided by the batch size). */
  addLoss(value: Tensor): void;
  /**
   * Which steps of a tensor count: float32, 1 or 0, mostly [batch, time]; undefined where all do. See
   * docs/decisions/0003-masks.md.
   */
  maskOf(tensor: Tensor): Tensor | undefined;
  /**
   * Declares which steps of a tensor count. `owner` is named in the message.
   * @throws ShapeError unless the mask has the tensor's first axes.
   */
  setMask(tensor: Tensor, mask: Tensor, owner?: string): void;
  /** Called before a layer is used that is not built. */
  build(layer: Layer, inputShape: BatchShape | readonly BatchShape[]): void;
  /** Reports the outputs of a layer, and its inputs; called after each use of one. */
  observe(layer: Layer, outputs: readonly Tensor[], inputs: readonly Tensor[]): void;
}

/** Options of {@link Recording}. */
export interface RecordingOptions {
  training: boolean;
  /** Default: as `training`. */
  noise?: boolean;
  /** int32 [4], see `randomKey`; a placeholder where it changes from run to run. */
  key: Tensor;
  /** Default: the layer's `trainable`. */
  isTrainable?: (layer: Layer) => boolean;
  /** Called with outputs and inputs of each use of a layer, in the order in which they are recorded. */
  observe?: CallContext["observe"] | undefined;
}

/**
 * The state of one recorded pass through a model: updates, losses and masks so far, and who draws which random stream.
 */
export class Recording implements CallContext {
  readonly training: boolean;
  readonly noise: boolean;
  readonly key: Tensor;
  readonly isTrainable: (layer: Layer) => boolean;
  readonly observe: CallContext["observe"];
  /** New values of variables, set at the end of the run. */
  readonly updates = new Map<Variable, Tensor>();
  /** Scalars to add to the loss, such as activity penalties. */
  readonly losses: Tensor[] = [];
  private readonly masks = new Map<Tensor, Tensor>();
  private readonly paths = new Map<Layer, string>();
  private readonly uses = new Map<string, number>();

  /** @param root the model; a layer's random streams follow from its position in it. None for a function. */
  constructor(
    private readonly root: Layer | undefined,
    { training, noise = training, key, isTrainable, observe }: RecordingOptions,
  ) {
    this.training = training;
    this.noise = noise;
    this.key = key;
    this.isTrainable = isTrainable ?? (({ trainable }) => trainable);
    this.observe = observe ?? (() => {});
    if (root) this.number(root, "");
  }

  /** @throws StateError where the layer has weights: those of a model are made before it is recorded. */
  build(layer: Layer, inputShape: BatchShape | readonly BatchShape[]): void {
    layer.ensureBuilt(inputShape);
    if (layer.variables.length === 0) return;
    throw stateError(layer.label, {
      rule: "its weights are in no model",
      expected: "a layer that was made with the one around it",
      received: "a new one",
      advice: "Keep layers in properties, and use them with layer.apply(x, ctx).",
    });
  }

  stream(layer: Layer, use = 0): number {
    const path = this.paths.get(layer);
    if (path === undefined) {
      throw stateError(layer.label, {
        rule: "a random layer must be part of the model that is recorded",
        expected: `a layer of ${this.root?.label}`,
        received: layer.label,
        advice: "A layer that holds others lists them in sublayers.",
      });
    }
    const place = `${path}#${use}`;
    // A layer that is used several times in one pass draws other numbers each time.
    const count = this.uses.get(place) ?? 0;
    this.uses.set(place, count + 1);
    return streamOf(`${place}#${count}`);
  }

  value(variable: Variable): Tensor {
    return this.updates.get(variable) ?? variable.tensor;
  }

  update(variable: Variable, value: Tensor): void {
    this.updates.set(variable, value);
  }

  addLoss(value: Tensor): void {
    this.losses.push(value);
  }

  maskOf(tensor: Tensor): Tensor | undefined {
    return this.masks.get(tensor);
  }

  setMask(tensor: Tensor, mask: Tensor, owner = "setMask"): void {
    const fits = mask.rank <= tensor.rank && mask.shape.every((extent, axis) => mayEqual(extent, tensor.shape[axis]));
    if (!fits) {
      throw shapeError(owner, {
        rule: "a mask has the first axes of what it masks",
        expected: formatShape(tensor.shape.slice(0, mask.rank)),
        received: formatShape(mask.shape),
        context: `masked ${formatShape(tensor.shape)}`,
      });
    }
    this.masks.set(tensor, mask);
  }

  /** The path counts positions rather than names, as `Layer.initialize` does. */
  private number(layer: Layer, path: string): void {
    if (this.paths.has(layer)) return;
    this.paths.set(layer, path);
    layer.sublayers.forEach((inner, index) => {
      this.number(inner, `${path}/${index}`);
    });
  }
}

/** The context in which `call` is recorded only to find the shapes of its outputs. Layers inside are built by it. */
export const shapesOnly: CallContext = {
  training: false,
  noise: false,
  get key() {
    return placeholder("key", [4], "int32");
  },
  stream: () => 0,
  value: (variable) => variable.tensor,
  update: () => {},
  isTrainable: ({ trainable }) => trainable,
  addLoss: () => {},
  maskOf: () => undefined,
  setMask: () => {},
  build: (layer, inputShape) => layer.ensureBuilt(inputShape),
  observe: () => {},
};
