import { checkNumber, shapeError } from "../../errors.ts";
import { add, mul, sub } from "../../tensor/ops/elementwise.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import { formatShape, normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Initializer, InitializerName } from "../initializers.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { type Affine, type AffineOptions, addAffine, maskedMoments, moments, standardize } from "./affine.ts";

/** Options of {@link batchNormalization}. */
export interface BatchNormalizationOptions extends LayerOptions, AffineOptions {
  /** The axis of the features, whose statistics are kept apart. Default −1. */
  axis?: number;
  /** How much of a moving average stays at each step, in [0, 1]. Default 0.99. */
  momentum?: number;
  /** Added to the variance, > 0. Default 1e-3. */
  epsilon?: number;
  /** Default "zeros". */
  movingMeanInitializer?: InitializerName | Initializer;
  /** Default "ones". */
  movingVarianceInitializer?: InitializerName | Initializer;
}

/** See {@link batchNormalization}. */
export class BatchNormalization extends Layer {
  private affine: Affine = { gamma: undefined, beta: undefined };
  private moving?: { mean: Variable; variance: Variable };

  constructor(private readonly options: BatchNormalizationOptions = {}) {
    super("batchNormalization", options);
    const { momentum = 0.99, epsilon = 1e-3 } = options;
    checkNumber(this.label, "momentum", momentum, "a number in [0, 1]", (m) => m >= 0 && m <= 1);
    checkNumber(this.label, "epsilon", epsilon, "a finite number > 0", (e) => e > 0);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    const { axis = -1, movingMeanInitializer = "zeros", movingVarianceInitializer = "ones" } = this.options;
    const shape = [this.knownExtent(inputShape, normalizeAxis(this.label, axis, inputShape.length))];
    this.affine = addAffine(this.options, (name, options) => this.addVariable(name, shape, options));
    this.moving = {
      mean: this.addVariable("movingMean", shape, { initializer: movingMeanInitializer, trainable: false }),
      variance: this.addVariable("movingVariance", shape, { initializer: movingVarianceInitializer, trainable: false }),
    };
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = this.options;
    const { moving } = this;
    const at = normalizeAxis(this.label, axis, x.rank);
    if (!moving || x.shape[at] !== moving.mean.shape[0]) {
      throw shapeError(this.label, {
        rule: `axis ${at} of the input must have the extent that the layer was built for`,
        expected: moving?.mean.shape[0] ?? "a layer that was built",
        received: x.shape[at],
        context: `input ${formatShape(x.shape)}`,
      });
    }
    const shape = x.shape.map((extent, i) => (i === at ? extent : 1));
    if (!(ctx.training && this.trainable)) {
      return standardize({ centered: sub(x, reshape(moving.mean, shape)), variance: reshape(moving.variance, shape) }, epsilon, this.affine, shape);
    }
    const axes = x.shape.flatMap((_, i) => (i === at ? [] : [i]));
    const mask = ctx.maskOf(x);
    const batch = mask ? maskedMoments(x, axes, reshape(mask, [...mask.shape, ...new Array<number>(x.rank - mask.rank).fill(1)])) : moments(x, axes);
    const follow = (variable: Variable, value: Tensor) =>
      ctx.update(variable, add(mul(ctx.current(variable), momentum), mul(reshape(value, variable.shape), 1 - momentum)));
    follow(moving.mean, batch.mean);
    follow(moving.variance, batch.variance);
    return standardize(batch, epsilon, this.affine, shape);
  }
}

/**
 * Brings each feature to mean 0 and variance 1, then to a learned scale gamma and shift beta.
 *
 * In training: by the mean and the (biased) variance of the batch, through which gradients flow; moving averages follow them:
 * moving ← momentum·moving + (1 − momentum)·batch. Steps that are masked do not count. Otherwise, and while the layer is frozen: by the moving averages, which stay.
 *
 * Shapes: any, to the same. Variables, in this order: gamma, beta, movingMean, movingVariance, all [features].
 * After a layer without activation set `useBias: false` there: beta is the bias.
 * @throws ValueError on a bad momentum, epsilon or axis; ShapeError on another number of features.
 * @see Ioffe & Szegedy 2015, arXiv:1502.03167; Keras 3 `layers.BatchNormalization`.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): BatchNormalization {
  return new BatchNormalization(options);
}
