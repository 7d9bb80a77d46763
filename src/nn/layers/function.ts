import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type LayerOptions } from "../layer.ts";

/** The maths of a {@link FunctionLayer}. */
export type LayerFunction<I> = (inputs: I, ctx: CallContext, layer: Layer) => Tensor;

/** A layer without variables: its maths is one function of its inputs. */
export class FunctionLayer<I extends Tensor | readonly Tensor[]> extends Layer {
  constructor(
    kind: string,
    options: LayerOptions,
    private readonly fn: LayerFunction<I>,
  ) {
    super(kind, options);
  }

  override call(inputs: I, ctx: CallContext): Tensor {
    return this.fn(inputs, ctx, this);
  }

  override clone(): Layer {
    return new FunctionLayer(this.kind, { ...this.config, name: this.name, trainable: this.trainable }, this.fn);
  }
}

/** A layer of one input from its function. `options` holds everything that the factory was given. */
export function functionLayer<O extends LayerOptions>(kind: string, options: O, fn: LayerFunction<Tensor>): Layer {
  return new FunctionLayer(kind, options, fn);
}

/** A layer of several inputs from its function. */
export function mergeLayer<O extends LayerOptions>(kind: string, options: O, fn: LayerFunction<readonly Tensor[]>): Layer {
  return new FunctionLayer(kind, options, fn);
}
