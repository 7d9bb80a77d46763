// Layers that are made of a function, without a class.
import { maximum } from "../../tensor/ops/elementwise.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type LayerOptions, listOf } from "../layer.ts";

/** Records the output of a {@link FunctionLayer}. */
export type LayerFunction<I> = (inputs: I, ctx: CallContext, layer: Layer) => Tensor;

/** The mask of a layer's output, from its inputs; see {@link Layer.computeMask}. */
export type MaskRule = (inputs: readonly Tensor[], ctx: CallContext) => Tensor | undefined;

/** A layer without variables: its maths is one function of its inputs. */
export class FunctionLayer<I extends Tensor | readonly Tensor[]> extends Layer {
  constructor(
    kind: string,
    options: LayerOptions,
    private readonly fn: LayerFunction<I>,
    private readonly mask?: MaskRule,
    override readonly keepsNumbers = false,
    private readonly isOfOne = false,
  ) {
    super(kind, options);
  }

  protected override get takesList(): boolean {
    return !this.isOfOne;
  }

  override get supportsMasking(): boolean {
    return this.mask !== undefined;
  }

  override call(inputs: I, ctx: CallContext): Tensor {
    return this.fn(inputs, ctx, this);
  }

  override computeMask(inputs: I, ctx: CallContext): Tensor | undefined {
    return this.mask?.(listOf<Tensor>(inputs), ctx);
  }

  protected override makeCopy(): Layer {
    return new FunctionLayer(
      this.kind,
      { ...this.config, trainable: this.trainable },
      this.fn,
      this.mask,
      this.keepsNumbers,
      this.isOfOne,
    );
  }
}

/**
 * A layer of one input from its function. `options` holds all options of the factory.
 * @param mask gives the output's mask: {@link keepMask} where the output has the steps of the input. Default: dropped.
 */
export function functionLayer<O extends LayerOptions>(
  kind: string,
  options: O,
  fn: LayerFunction<Tensor>,
  mask?: MaskRule,
): Layer {
  return new FunctionLayer(kind, options, fn, mask, false, true);
}

/** A {@link functionLayer} whose output holds the numbers of its input, in other positions. */
export function movingLayer<O extends LayerOptions>(
  kind: string,
  options: O,
  fn: LayerFunction<Tensor>,
  mask?: MaskRule,
): Layer {
  return new FunctionLayer(kind, options, fn, mask, true, true);
}

/** A layer of several inputs from its function. @param mask default {@link eitherMask}, as in Keras. */
export function mergeLayer<O extends LayerOptions>(
  kind: string,
  options: O,
  fn: LayerFunction<readonly Tensor[]>,
  mask: MaskRule = eitherMask,
): Layer {
  return new FunctionLayer(kind, options, fn, mask);
}

/** The output's steps are the input's. */
export const keepMask: MaskRule = ([input], ctx) => input && ctx.maskOf(input);

/**
 * A step counts where it counts in some input; where an input has no mask, all do. @see Keras 3
 * `layers.merging.base_merge`.
 */
export const eitherMask: MaskRule = (inputs, ctx) => {
  const masks = inputs.map((input) => ctx.maskOf(input)).filter((mask) => mask !== undefined);
  return masks.length === inputs.length ? masks.reduce((a, b) => maximum(a, b)) : undefined;
};
