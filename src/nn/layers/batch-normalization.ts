// Batch normalization.
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual, normalizeAxis, type Shape, sizeOf } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import {
  add,
  clip,
  div,
  maximum,
  minimum,
  mul,
  reciprocal,
  rsqrt,
  sqrt,
  square,
  sub,
  where,
} from "../../tensor/ops/elementwise.ts";
import { asTensor, type Operand } from "../../tensor/ops/leaf.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { broadcastTo, reshape } from "../../tensor/ops/shaping.ts";
import { stopGradient, withGradient } from "../../tensor/ops/with-gradient.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type InitializerName, initializer } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { withRank } from "../with-rank.ts";
import {
  type Affine,
  type AffineOptions,
  addAffine,
  affineTable,
  correctedMoments,
  type Moments,
  moments,
  standardize,
} from "./affine.ts";

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
  /**
   * Whether training normalizes by averages, too, corrected for each batch: for small batches. Inference is the same.
   * Default false.
   */
  renorm?: boolean;
  /** Bounds of the corrections r (of the deviation) and d (of the mean). Default none. */
  renormClipping?: { rmin?: number; rmax?: number; dmax?: number };
  /** As momentum, for the averages that renorm trains with. Default 0.99. */
  renormMomentum?: number;
}

/** See {@link batchNormalization}. */
export class BatchNormalization extends Layer<BatchNormalizationOptions> {
  private affine: Affine = { gamma: undefined, beta: undefined };
  private moving?: { mean: Variable; variance: Variable };
  private renormed?: { movingStddev: Variable; mean: Variable; stddev: Variable };

  constructor(options: BatchNormalizationOptions = {}) {
    super("batchNormalization", options, {
      axis: "number",
      momentum: "number",
      epsilon: "number",
      movingMeanInitializer: "string or function",
      movingVarianceInitializer: "string or function",
      renorm: "boolean",
      renormClipping: "object",
      renormMomentum: "number",
      ...affineTable,
    });
    const { momentum = 0.99, epsilon = 1e-3, renormMomentum = 0.99, renormClipping = {} } = this.config;
    const bounds = { rmin: "number", rmax: "number", dmax: "number" } as const;
    const {
      rmin = 0,
      rmax = Infinity,
      dmax = Infinity,
    } = checkOptions(`renormClipping of ${this.label}`, renormClipping, bounds);
    checkNumber(this.label, "momentum", momentum, "a number in [0, 1]", (m) => m >= 0 && m <= 1);
    checkNumber(this.label, "epsilon", epsilon, "a finite number > 0", (e) => e > 0);
    checkNumber(this.label, "renormMomentum", renormMomentum, "a number in [0, 1]", (m) => m >= 0 && m <= 1);
    if (!(rmin >= 0 && rmax >= rmin && dmax >= 0)) {
      throw valueError(this.label, {
        rule: "renormClipping must leave room",
        expected: "0 ≤ rmin ≤ rmax, dmax ≥ 0",
        received: { rmin, rmax, dmax },
      });
    }
  }

  override get supportsMasking(): boolean {
    return true;
  }

  /** [features]. @throws StateError before the layer is built. */
  get gamma(): Variable {
    return this.weight("gamma");
  }

  /** [features]. @throws StateError before the layer is built. */
  get beta(): Variable {
    return this.weight("beta");
  }

  /** [features]. @throws StateError before the layer is built. */
  get movingMean(): Variable {
    return this.weight("movingMean");
  }

  /** [features]. @throws StateError before the layer is built. */
  get movingVariance(): Variable {
    return this.weight("movingVariance");
  }

  override build(inputShape: BatchShape): void {
    const {
      axis = -1,
      movingMeanInitializer = "zeros",
      movingVarianceInitializer = "ones",
      renorm = false,
    } = this.config;
    const shape = [this.knownExtent(inputShape, normalizeAxis(this.label, axis, inputShape.length))];
    this.affine = addAffine(this.config, (name, options) => this.addVariable(name, shape, options));
    const average = (name: string, first: InitializerName | Initializer) =>
      this.addVariable(name, shape, { initializer: first, trainable: false });
    this.moving = {
      mean: average("movingMean", movingMeanInitializer),
      variance: average("movingVariance", movingVarianceInitializer),
    };
    if (!renorm) return;
    const root = rootOf(initializer(movingVarianceInitializer, this.label));
    this.renormed = {
      movingStddev: average("movingStddev", root),
      mean: average("renormMean", movingMeanInitializer),
      stddev: average("renormStddev", root),
    };
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { axis = -1, epsilon = 1e-3 } = this.config;
    const { moving } = this;
    const at = normalizeAxis(this.label, axis, x.rank);
    if (!moving || !mayEqual(x.shape[at], moving.mean.shape[0])) {
      throw shapeError(this.label, {
        rule: `axis ${at} of the input must have the extent that the layer was built for`,
        expected: moving?.mean.shape[0] ?? "a layer that was built",
        received: x.shape[at],
        context: `input ${formatShape(x.shape)}`,
      });
    }
    const shape = x.shape.map((extent, i) => (i === at ? extent : 1));
    if (!(ctx.training && ctx.isTrainable(this))) {
      return standardize(
        sub(x, reshape(ctx.value(moving.mean), shape)),
        reshape(ctx.value(moving.variance), shape),
        epsilon,
        this.affine,
        shape,
        ctx,
      );
    }
    const axes = x.shape.flatMap((_, i) => (i === at ? [] : [i]));
    const batch = batchMoments(x, axes, ctx.maskOf(x));
    const { gamma, beta } = this.affine;
    let [scale, shift] = [
      gamma ? reshape(ctx.value(gamma), shape) : asTensor(1),
      beta ? reshape(ctx.value(beta), shape) : asTensor(0),
    ];
    if (this.renormed) {
      const { r, d } = this.correction(batch, ctx, shape);
      [scale, shift] = [mul(r, scale), add(mul(d, scale), shift)];
    }
    this.follow(batch, ctx);
    return normalize(x, batch, epsilon, axes, scale, shift);
  }

  /** Moves the averages: each keeps `momentum` of itself. */
  private follow({ mean, variance }: Moments, ctx: CallContext): void {
    const { moving, renormed } = this;
    const { momentum = 0.99, epsilon = 1e-3, renormMomentum = 0.99 } = this.config;
    if (!moving) return;
    const move = (variable: Variable, value: Tensor, kept = momentum) => {
      const moved = add(mul(ctx.value(variable), kept), mul(reshape(value, variable.shape), 1 - kept));
      ctx.update(variable, moved);
      return moved;
    };
    move(moving.mean, mean);
    if (!renormed) return void move(moving.variance, variance);
    const stddev = sqrt(add(variance, epsilon));
    move(renormed.mean, mean, renormMomentum);
    move(renormed.stddev, stddev, renormMomentum);
    ctx.update(moving.variance, maximum(sub(square(move(renormed.movingStddev, stddev)), epsilon), 0));
  }

  /** What brings the batch's statistics to those of renormalization: normalized·r + d. No gradient flows through it. */
  private correction({ mean, variance }: Moments, ctx: CallContext, shape: Shape): { r: Tensor; d: Tensor } {
    const { epsilon = 1e-3, renormClipping: { rmin, rmax, dmax } = {} } = this.config;
    const { mean: renormMean, stddev } = this.renormed as { mean: Variable; stddev: Variable };
    const spread = maximum(reshape(ctx.value(stddev), shape), Math.sqrt(epsilon));
    let r = div(sqrt(add(variance, epsilon)), spread);
    let d = div(sub(mean, reshape(ctx.value(renormMean), shape)), spread);
    if (rmin !== undefined) r = maximum(r, rmin);
    if (rmax !== undefined) r = minimum(r, rmax);
    if (dmax !== undefined) d = clip(d, -dmax, dmax);
    return { r: stopGradient(r), d: stopGradient(d) };
  }
}

interface BatchMoments extends Moments {
  /** How much of each element is in the mean. */
  readonly share: Operand;
}

/**
 * Mean and biased variance over the axes; where there is a mask, of what counts (then 1e-7 is added to their number, as
 * in Keras).
 */
function batchMoments(x: Tensor, axes: readonly number[], mask: Tensor | undefined): BatchMoments {
  if (!mask) return { ...moments(x, axes), share: 1 / sizeOf(axes.map((axis) => x.shape[axis] as number)) };
  const counts = broadcastTo(withRank(mask, x.rank), x.shape);
  const each = reciprocal(add(sum(counts, axes, true), 1e-7));
  const meanOf = (values: Tensor) => mul(sum(where(counts, values, 0), axes, true), each);
  return { ...correctedMoments(x, meanOf), share: mul(counts, each) };
}

/**
 * centered·i·gamma + beta, centered = near − rest, i = 1/√(variance + epsilon), with its gradient written out. Recorded
 * step by step, it would not know that Σ centered is 0, and sum over the batch once more:
 *   s = Σ dy, t = i·Σ dy·centered;  ∂beta = s, ∂gamma = t, ∂x = i·gamma·(dy − share·(s + centered·i·t))
 * What has to do with `rest` is worked out per feature, so that the batch is stored once, as `near`.
 */
function normalize(
  x: Tensor,
  { near, rest, variance, share }: BatchMoments,
  epsilon: number,
  axes: readonly number[],
  gamma: Tensor,
  beta: Tensor,
): Tensor {
  const inverse = rsqrt(add(variance, epsilon));
  const scale = mul(inverse, gamma);
  return withGradient(add(mul(near, scale), sub(beta, mul(rest, scale))), [x, gamma, beta], (dy) => {
    const s = sum(dy, axes, true);
    const t = mul(sub(sum(mul(dy, near), axes, true), mul(rest, s)), inverse);
    const slope = mul(inverse, t);
    return [mul(sub(dy, mul(add(sub(s, mul(rest, slope)), mul(near, slope)), share)), scale), t, s];
  });
}

/** The square roots of what an initializer gives. */
const rootOf =
  (variance: Initializer): Initializer =>
  (shape, source) => {
    const first = variance(shape, source);
    if (typeof first === "number") return Math.sqrt(first);
    return first instanceof Tensor ? sqrt(first) : Float32Array.from(first as ArrayLike<number>, Math.sqrt);
  };

/**
 * Brings each feature to mean 0 and variance 1, then to a learned scale gamma and shift beta.
 *
 * In training: by the mean and the (biased) variance of the batch, through which gradients flow; moving averages follow
 * them: moving ← momentum·moving + (1 − momentum)·batch. Steps that are masked do not count. Otherwise, and while the
 * layer is frozen: by the moving averages, which stay.
 *
 * Shapes: any, to the same. Variables, in this order: gamma, beta, movingMean, movingVariance, all [features];
 * with renorm also movingStddev, renormMean, renormStddev.
 * After a layer without activation set `useBias: false` there: beta is the bias.
 * @throws ValueError on a bad momentum, epsilon, axis or renormClipping; ShapeError on another number of features.
 * @see Ioffe & Szegedy 2015, arXiv:1502.03167; Ioffe 2017, arXiv:1702.03275 (renorm); Keras 3
 * `layers.BatchNormalization`.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): BatchNormalization {
  return new BatchNormalization(options);
}
