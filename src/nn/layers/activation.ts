// Layers that apply an activation function, and prelu, which learns its slopes.
import { shapeError, valueError } from "../../errors.ts";
import { broadcastShapes, formatShape, mayBeShape, normalizeAxes, normalizeAxis } from "../../ir/shape.ts";
import type { OwnTable } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { greater, mul, neg, sub, where } from "../../tensor/ops/elementwise.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { reshape, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type ActivationName, activationOf } from "../activation-names.ts";
import { type Activation, type AlphaOptions, elu, leakyRelu, type ReluOptions, relu, softmax } from "../activations.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions, layerOptions, listOf } from "../layer.ts";
import { FunctionLayer, functionLayer, keepMask } from "./function.ts";

/**
 * Applies an activation, given by name or as a function. @throws ValueError on an unknown name. @see Keras 3
 * `layers.Activation`.
 */
export function activation(fn: ActivationName | Activation, options: LayerOptions = {}): Layer {
  const config = layerOptions("activation", options, { activation: "string or function!" }, { activation: fn });
  const apply = activationOf(fn, "activation");
  return functionLayer("activation", config, (x) => apply(x), keepMask);
}

/** {@link relu} as a layer. @throws ValueError on options out of range. @see Keras 3 `layers.ReLU`. */
export function reluLayer(given: LayerOptions & ReluOptions = {}): Layer {
  const options = layerOptions("reluLayer", given, {
    negativeSlope: "number",
    maxValue: "number or null",
    threshold: "number",
  });
  const { negativeSlope = 0, maxValue, threshold = 0 } = options;
  const apply = (x: Tensor) => relu(x, { negativeSlope, maxValue, threshold });
  apply(scalar(0));
  return functionLayer("reluLayer", options, apply, keepMask);
}

/**
 * x above 0, negativeSlope·x below: the layer's default slope is 0.3, the function's 0.2, as in Keras. @throws
 * ValueError if the slope is negative.
 */
export function leakyReluLayer(
  given: LayerOptions & {
    /** Slope below 0, ≥ 0. Default 0.3. */
    negativeSlope?: number;
  } = {},
): Layer {
  const options = layerOptions("leakyReluLayer", given, { negativeSlope: "number" });
  const { negativeSlope = 0.3 } = options;
  leakyRelu(scalar(0), { negativeSlope });
  return functionLayer("leakyReluLayer", options, (x) => leakyRelu(x, { negativeSlope }), keepMask);
}

/** {@link elu} as a layer. @see Keras 3 `layers.ELU`. */
export function eluLayer(given: LayerOptions & AlphaOptions = {}): Layer {
  const options = layerOptions("eluLayer", given, { alpha: "number" });
  const { alpha = 1 } = options;
  elu(scalar(0), { alpha });
  return functionLayer("eluLayer", options, (x) => elu(x, { alpha }), keepMask);
}

/**
 * {@link softmax} along an axis (default the last), or over several axes together, as a layer. `apply([scores, mask])`
 * leaves out what the mask, of a shape that broadcasts to that of the scores, has 0 for; a mask that scores of its
 * shape carry counts, too.
 * @throws ShapeError on a mask of another shape.
 * @see Keras 3 `layers.Softmax`.
 */
export function softmaxLayer(
  given: LayerOptions & {
    /** Over which outputs add up to 1. Default -1, the last. */
    axis?: number | readonly number[];
  } = {},
): Layer {
  const options = layerOptions("softmaxLayer", given, { axis: "number or list" });
  const { axis = -1 } = options;
  return new FunctionLayer<Tensor | readonly Tensor[]>(
    "softmaxLayer",
    options,
    (inputs, ctx, layer) => {
      const [scores, given] = listOf<Tensor>(inputs) as readonly [Tensor, Tensor?];
      const carried = ctx.maskOf(scores);
      const mask = given ?? (carried && carried.rank === scores.rank ? carried : undefined);
      if (mask && !mayBeShape(broadcastShapes(layer.label, scores.shape, mask.shape), scores.shape))
        throw shapeError(layer.label, {
          rule: "a mask must broadcast to the scores",
          expected: formatShape(scores.shape),
          received: formatShape(mask.shape),
        });
      // Keras's number for what is left out.
      const x = mask ? where(greater(mask, 0.5), scores, -1e9) : scores;
      const axes = normalizeAxes(layer.label, axis, x.rank);
      if (axes.length === 1) return softmax(x, axes[0]);
      const order = [...x.shape.keys()].filter((at) => !axes.includes(at)).concat(axes);
      const moved = transpose(x, order);
      const rows = moved.shape.slice(0, x.rank - axes.length);
      const merged = softmax(reshape(moved, [...rows, -1]));
      return transpose(
        reshape(merged, moved.shape),
        order.map((_, at) => order.indexOf(at)),
      );
    },
    keepMask,
  );
}

/** Options of {@link prelu}. */
export interface PreluOptions extends LayerOptions {
  /** Default "zeros". */
  alphaInitializer?: InitializerName | Initializer;
  /** A penalty of the slopes, or its name. Default: none. */
  alphaRegularizer?: PenaltyName | Penalty;
  /** A constraint on the slopes, or its name. Default: none. */
  alphaConstraint?: ConstraintName | Constraint;
  /**
   * Axes of the input along which one slope is shared, from 1 (0 is the batch). After a convolution: [1, 2]. Default:
   * none.
   */
  sharedAxes?: number | readonly number[];
}

const preluTable: OwnTable<PreluOptions, LayerOptions> = {
  alphaInitializer: "string or function",
  alphaRegularizer: "string or function",
  alphaConstraint: "string or function",
  sharedAxes: "number or list",
};

/** See {@link prelu}. */
export class Prelu extends Layer<PreluOptions> {
  private alpha?: Variable;

  constructor(options: PreluOptions = {}) {
    super("prelu", options, preluTable);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(inputShape: BatchShape): void {
    const { alphaInitializer = "zeros", alphaRegularizer, alphaConstraint, sharedAxes = [] } = this.config;
    const shared = [sharedAxes].flat().map((axis) => normalizeAxis(this.label, axis, inputShape.length));
    if (shared.includes(0))
      throw valueError(this.label, {
        rule: "sharedAxes count from 1",
        expected: "axes without the batch",
        received: sharedAxes,
      });
    const shape = inputShape
      .map((_, axis) => (axis === 0 || shared.includes(axis) ? 1 : this.knownExtent(inputShape, axis)))
      .slice(1);
    this.alpha = this.addVariable("alpha", shape, {
      initializer: alphaInitializer,
      regularizer: alphaRegularizer,
      constraint: alphaConstraint,
    });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    return sub(relu(x), mul(ctx.value(this.alpha as Variable), relu(neg(x))));
  }
}

/**
 * max(x, 0) + alpha·min(x, 0) with a learned slope alpha per feature.
 * Variables: alpha [input shape without the batch, 1 along shared axes].
 * @see He et al. 2015, arXiv:1502.01852; Keras 3 `layers.PReLU`.
 */
export function prelu(options: PreluOptions = {}): Prelu {
  return new Prelu(options);
}
