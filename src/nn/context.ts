import { shapeError, stateError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { CallContext, Layer } from "./layer.ts";
import { streamOf } from "./stream.ts";

/** What {@link Recording} needs. */
export interface RecordingOptions {
  training: boolean;
  /** Default: as `training`. */
  noise?: boolean;
  /** int32 [4], see `randomKey`; a placeholder where it changes from run to run. */
  key: Tensor;
}

/** The context of one recorded pass through a model: gathers updates and losses, hands out random streams. */
export class Recording implements CallContext {
  readonly training: boolean;
  readonly noise: boolean;
  readonly key: Tensor;
  /** What the run sets at its end. */
  readonly updates = new Map<Variable, Tensor>();
  /** Scalars to add to the loss, such as activity penalties. */
  readonly losses: Tensor[] = [];
  private readonly masks = new Map<Tensor, Tensor>();
  private readonly paths = new Map<Layer, string>();
  private readonly uses = new Map<string, number>();

  /** @param root the model; a layer's random streams belong to its place in it. None for a function of one's own. */
  constructor(
    private readonly root: Layer | undefined,
    { training, noise = training, key }: RecordingOptions,
  ) {
    this.training = training;
    this.noise = noise;
    this.key = key;
    if (root) this.number(root, "");
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
    // A shared layer is used several times in one pass: each time draws anew.
    const count = this.uses.get(place) ?? 0;
    this.uses.set(place, count + 1);
    return streamOf(`${place}#${count}`);
  }

  current(variable: Variable): Tensor {
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
    const fits = mask.rank <= tensor.rank && mask.shape.every((extent, axis) => extent === tensor.shape[axis]);
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

  /** The path counts places rather than names, as `Layer.initialize` does. */
  private number(layer: Layer, path: string): void {
    if (this.paths.has(layer)) return;
    this.paths.set(layer, path);
    layer.sublayers.forEach((inner, index) => {
      this.number(inner, `${path}/${index}`);
    });
  }
}
