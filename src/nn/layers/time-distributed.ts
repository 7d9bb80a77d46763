// A wrapper that applies a layer to each step of a sequence.
import { shapeError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { withArguments } from "../../options.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { BatchShape, CallContext, Layer, LayerOptions } from "../layer.ts";
import { Wrapper } from "./wrapper.ts";

/** See {@link timeDistributed}. */
export class TimeDistributed extends Wrapper<
  LayerOptions & {
    /** The layer that every step passes through. */
    layer: Layer;
  }
> {
  constructor(
    options: LayerOptions & {
      /** The layer that every step passes through. */
      layer: Layer;
    },
  ) {
    super("timeDistributed", options, { layer: "object!" }, "applies a layer to each step");
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    this.checkRank(inputShape);
    this.config.layer.ensureBuilt([inputShape[0] as number | null, ...inputShape.slice(2)]);
  }

  /** Steps of all samples are one batch. */
  override call(x: Tensor, ctx: CallContext): Tensor | readonly Tensor[] {
    this.checkRank(x.shape);
    const [batch, time] = x.shape as [number, number];
    const steps = reshape(x, [batch * time, ...x.shape.slice(2)]);
    const mask = ctx.maskOf(x);
    if (mask && mask.rank > 1) ctx.setMask(steps, reshape(mask, [batch * time, ...mask.shape.slice(2)]), this.label);
    const outputs = this.config.layer
      .applyAll(steps, ctx)
      .map((output) => reshape(output, [batch, time, ...output.shape.slice(1)]));
    return outputs.length === 1 ? (outputs[0] as Tensor) : outputs;
  }

  private checkRank(shape: BatchShape): void {
    if (shape.length >= 3) return;
    throw shapeError(this.label, {
      rule: "the input is a batch of sequences",
      expected: "[batch, time, …]",
      received: formatShape(shape),
    });
  }
}

/**
 * Applies a layer to each step of sequences, with the same weights. All steps are one batch to it: batch normalization
 * inside takes its statistics over samples and steps together. Shapes: [batch, time, …] to [batch, time, what the layer
 * makes of …].
 * @throws ValueError on what is no layer; ShapeError on inputs of fewer than three axes.
 * @see Keras 3 `layers.TimeDistributed`.
 */
export function timeDistributed(layer: Layer, options: LayerOptions = {}): TimeDistributed {
  return new TimeDistributed(withArguments("timeDistributed", options, "name", { layer }));
}
