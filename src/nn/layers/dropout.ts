// Dropout of elements and of whole channels.
import { checkNumber } from "../../errors.ts";
import type { Shape } from "../../ir/shape.ts";
import { mul } from "../../tensor/ops/elementwise.ts";
import { randomBernoulli } from "../../tensor/ops/random.ts";
import { zeros } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer, keepMask } from "./function.ts";
import { keyOf, type NoiseOptions, type NoiseShapeOptions, noiseShapeOf, noiseTable } from "./noise.ts";

/** Options of {@link dropout}. */
export type DropoutOptions = NoiseShapeOptions;

/**
 * In training, sets each element to 0 with probability `rate` and divides the others by 1 − rate; the identity
 * otherwise. The mask changes with every step and repeats under one seed.
 * @param rate in [0, 1]; 1 gives zeros.
 * @throws ValueError on a bad rate; ShapeError where noiseShape does not fit.
 * @see Srivastava et al. 2014; Keras 3 `layers.Dropout`.
 */
export function dropout(rate: number, options: DropoutOptions = {}): Layer {
  const config = layerOptions("dropout", options, { rate: "number!", noiseShape: "list", ...noiseTable }, { rate });
  checkRate("dropout", rate);
  return functionLayer(
    "dropout",
    config,
    (x, ctx, layer) => drop(x, rate, noiseShapeOf(layer, x, config.noiseShape), ctx, layer, config),
    keepMask,
  );
}

/** {@link dropout} of whole channels of [batch, steps, channels]. @see Tompson et al. 2014, arXiv:1411.4280. */
export const spatialDropout1d = (rate: number, options: LayerOptions & NoiseOptions = {}): Layer =>
  spatialDropout("spatialDropout1d", 1, rate, options);
/** {@link dropout} of whole channels of [batch, height, width, channels]. */
export const spatialDropout2d = (rate: number, options: LayerOptions & NoiseOptions = {}): Layer =>
  spatialDropout("spatialDropout2d", 2, rate, options);
/** {@link dropout} of whole channels of [batch, depth, height, width, channels]. */
export const spatialDropout3d = (rate: number, options: LayerOptions & NoiseOptions = {}): Layer =>
  spatialDropout("spatialDropout3d", 3, rate, options);

function spatialDropout(kind: string, dimensions: number, rate: number, options: LayerOptions & NoiseOptions): Layer {
  const config = layerOptions(kind, options, { rate: "number!", ...noiseTable }, { rate });
  checkRate(kind, rate);
  const noiseShape = [null, ...new Array<number>(dimensions).fill(1), null];
  return functionLayer(
    kind,
    config,
    (x, ctx, layer) => drop(x, rate, noiseShapeOf(layer, x, noiseShape), ctx, layer, config),
    keepMask,
  );
}

/** x with a share of its elements dropped while noise is on; `shape` is the mask's. */
export function drop(
  x: Tensor,
  rate: number,
  shape: Shape,
  ctx: CallContext,
  layer: Layer,
  { seed }: NoiseOptions,
): Tensor {
  if (!ctx.noise || rate === 0) return x;
  if (rate === 1) return zeros(x.shape);
  const kept = randomBernoulli(shape, { seed: keyOf(ctx, seed), stream: ctx.stream(layer), p: 1 - rate });
  return mul(x, mul(kept, 1 / (1 - rate)));
}

function checkRate(name: string, rate: number): void {
  checkNumber(name, "rate", rate, "a number in [0, 1]", (r) => r >= 0 && r <= 1);
}
