// Layer, group, RMS and unit normalization.
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { normalizeAxes, normalizeAxis } from "../../ir/shape.ts";
import { l2Normalize } from "../../regularize/norm.ts";
import { add, mul, rsqrt, square } from "../../tensor/ops/elementwise.ts";
import { mean } from "../../tensor/ops/reduction.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { type Affine, type AffineOptions, addAffine, affineTable, standardizeOver } from "./affine.ts";
import { functionLayer, keepMask } from "./function.ts";

// ── Layer normalization
// ────────────────────────────────────────────────────────────────────────────────────────────────

/** Options of {@link layerNormalization}. */
export interface LayerNormalizationOptions extends LayerOptions, AffineOptions {
  /** The axes that are normalised together; not the batch. Default −1. */
  axis?: number | readonly number[];
  /** Added to the variance, > 0. Default 1e-3. */
  epsilon?: number;
}

/** See {@link layerNormalization}. */
export class LayerNormalization extends Layer<LayerNormalizationOptions> {
  private affine: Affine = { gamma: undefined, beta: undefined };

  constructor(options: LayerNormalizationOptions = {}) {
    super("layerNormalization", options, { axis: "number or list", epsilon: "number", ...affineTable });
    checkEpsilon(this.label, this.config.epsilon);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    const shape = normalizeAxes(this.label, this.config.axis ?? -1, inputShape.length).map((axis) =>
      this.knownExtent(inputShape, axis),
    );
    this.affine = addAffine(this.config, (name, options) => this.addVariable(name, shape, options));
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { axis = -1, epsilon = 1e-3 } = this.config;
    const axes = normalizeAxes(this.label, axis, x.rank);
    return standardizeOver(x, axes, epsilon, this.affine, keptAxes(x, axes), ctx);
  }
}

/**
 * Brings each sample's features to mean 0 and variance 1, then to a learned scale gamma and shift beta; the same in
 * training and inference. Shapes: any, to the same. Variables: gamma and beta, with the extents of the axes.
 * @throws ValueError on a bad epsilon or axis.
 * @see Ba, Kiros & Hinton 2016, arXiv:1607.06450; Keras 3 `layers.LayerNormalization`.
 */
export const layerNormalization = (options: LayerNormalizationOptions = {}): LayerNormalization =>
  new LayerNormalization(options);

// ── Group normalization
// ────────────────────────────────────────────────────────────────────────────────────────────────

/** Options of {@link groupNormalization}. */
export interface GroupNormalizationOptions extends LayerOptions, AffineOptions {
  /**
   * Number of groups, a divisor of the features; −1: each feature is a group of its own (instance normalization).
   * Default 32.
   */
  groups?: number;
  /** The axis of the features. Default −1. */
  axis?: number;
  /** Added to the variance, > 0. Default 1e-3. */
  epsilon?: number;
}

/** See {@link groupNormalization}. */
export class GroupNormalization extends Layer<GroupNormalizationOptions> {
  private affine: Affine = { gamma: undefined, beta: undefined };

  constructor(options: GroupNormalizationOptions = {}) {
    super("groupNormalization", options, { groups: "number", axis: "number", epsilon: "number", ...affineTable });
    const { groups = 32, epsilon } = this.config;
    if (!Number.isInteger(groups) || (groups < 1 && groups !== -1)) {
      throw valueError(this.label, {
        rule: "groups must be a whole number",
        expected: "an integer ≥ 1, or −1",
        received: groups,
      });
    }
    checkEpsilon(this.label, epsilon);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    const features = this.knownExtent(inputShape, normalizeAxis(this.label, this.config.axis ?? -1, inputShape.length));
    const { groups = 32 } = this.config;
    if (groups !== -1 && features % groups !== 0) {
      throw shapeError(this.label, {
        rule: "groups must divide the features",
        expected: `a divisor of ${features}`,
        received: groups,
      });
    }
    this.affine = addAffine(this.config, (name, options) => this.addVariable(name, [features], options));
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { groups = 32, axis = -1, epsilon = 1e-3 } = this.config;
    const at = normalizeAxis(this.label, axis, x.rank);
    const features = x.shape[at] as number;
    const count = groups === -1 ? features : groups;
    const split = (shape: readonly number[]) => [
      ...shape.slice(0, at),
      count,
      features / count,
      ...shape.slice(at + 1),
    ];
    const grouped = reshape(x, split(x.shape));
    const axes = grouped.shape.flatMap((_, i) => (i === 0 || i === at ? [] : [i]));
    const affineShape = split(x.shape.map(() => 1));
    return reshape(standardizeOver(grouped, axes, epsilon, this.affine, affineShape, ctx), x.shape);
  }
}

/**
 * Brings groups of each sample's features to mean 0 and variance 1, then to a learned scale gamma and shift beta; needs
 * no batch statistics. Shapes: [batch, …, features], to the same. Variables: gamma and beta [features].
 * @throws ValueError on bad options; ShapeError where groups do not divide the features.
 * @see Wu & He 2018, arXiv:1803.08494; Keras 3 `layers.GroupNormalization`.
 */
export const groupNormalization = (options: GroupNormalizationOptions = {}): GroupNormalization =>
  new GroupNormalization(options);

// ── RMS and unit normalization
// ─────────────────────────────────────────────────────────────────────────────────────────

/** Options of {@link rmsNormalization}. */
export interface RmsNormalizationOptions extends LayerOptions {
  /** The axes that are normalised together. Default −1. */
  axis?: number | readonly number[];
  /** Added to the mean square, > 0. Default 1e-6. */
  epsilon?: number;
}

/** See {@link rmsNormalization}. */
export class RmsNormalization extends Layer<RmsNormalizationOptions> {
  private scale?: Variable;

  constructor(options: RmsNormalizationOptions = {}) {
    super("rmsNormalization", options, { axis: "number or list", epsilon: "number" });
    checkEpsilon(this.label, this.config.epsilon);
  }

  override build(inputShape: BatchShape): void {
    const shape = normalizeAxes(this.label, this.config.axis ?? -1, inputShape.length).map((axis) =>
      this.knownExtent(inputShape, axis),
    );
    this.scale = this.addVariable("scale", shape, { initializer: "ones" });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { axis = -1, epsilon = 1e-6 } = this.config;
    const axes = normalizeAxes(this.label, axis, x.rank);
    const normalized = mul(x, rsqrt(add(mean(square(x), axes, true), epsilon)));
    return mul(normalized, reshape(ctx.value(this.scale as Variable), keptAxes(x, axes)));
  }
}

/**
 * x/√(mean x² + epsilon) per sample, times a learned scale: layer normalization without the mean.
 * @throws ValueError on a bad epsilon or axis.
 * @see Zhang & Sennrich 2019, arXiv:1910.07467; Keras 3 `layers.RMSNormalization`.
 */
export const rmsNormalization = (options: RmsNormalizationOptions = {}): RmsNormalization =>
  new RmsNormalization(options);

/** Makes vectors along the axes (default the last) have length 1. @see Keras 3 `layers.UnitNormalization`. */
export function unitNormalization(
  given: LayerOptions & {
    /** Of the vectors that get length 1. Default -1, the last. */
    axis?: number | readonly number[];
  } = {},
): Layer {
  const options = layerOptions("unitNormalization", given, { axis: "number or list" });
  const { axis = -1 } = options;
  return functionLayer("unitNormalization", options, (x) => l2Normalize(x, axis, 1e-12), keepMask);
}

function keptAxes(x: Tensor, axes: readonly number[]): number[] {
  return x.shape.map((extent, at) => (axes.includes(at) ? extent : 1));
}

function checkEpsilon(label: string, epsilon = 1e-3): void {
  checkNumber(label, "epsilon", epsilon, "a finite number > 0", (e) => e > 0);
}
