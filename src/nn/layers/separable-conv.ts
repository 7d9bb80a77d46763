// Separable convolutions: depthwise, then across channels.
import { checkCounts } from "../../checks.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { conv } from "../../tensor/ops/conv.ts";
import { depthwiseConv } from "../../tensor/ops/depthwise.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { checkFilters, checkImage } from "./conv.ts";
import { type DepthwiseConvLayerOptions, depthwiseTable } from "./depthwise-conv.ts";
import { checkPadding } from "./spatial.ts";

/**
 * Options of {@link separableConv2d}: those of the depthwise convolution, and the weights of the products across
 * channels.
 */
export interface SeparableConvOptions extends DepthwiseConvLayerOptions {
  /** Default "glorotUniform". */
  pointwiseInitializer?: InitializerName | Initializer;
  /** Default: none. */
  pointwiseRegularizer?: PenaltyName | Penalty;
  /** A constraint on the pointwise kernel, or its name. Default: none. */
  pointwiseConstraint?: ConstraintName | Constraint;
}

/** What the layer classes take. */
export interface SeparableConvConfig extends SeparableConvOptions {
  filters: number;
  kernelSize: number | readonly number[];
}

const separableTable = (): OwnTable<SeparableConvConfig, LayerOptions> => ({
  filters: "number!",
  ...depthwiseTable,
  pointwiseInitializer: "string or function",
  pointwiseRegularizer: "string or function",
  pointwiseConstraint: "string or function",
});

/** See {@link separableConv1d} and {@link separableConv2d}. */
export class SeparableConv extends Layer<SeparableConvConfig> {
  private readonly size: readonly number[];
  private readonly activation: Activation;
  private channels = 0;
  private depthwise?: Variable;
  private pointwise?: Variable;
  private bias?: Variable;

  constructor(
    kind: string,
    private readonly axes: 1 | 2,
    options: SeparableConvConfig,
  ) {
    super(kind, options, separableTable());
    const {
      filters,
      kernelSize,
      strides = 1,
      dilationRate = 1,
      depthMultiplier = 1,
      padding = "valid",
      activation,
    } = this.config;
    this.size = perAxis(this.label, "kernelSize", kernelSize, axes);
    perAxis(this.label, "strides", strides, axes);
    perAxis(this.label, "dilationRate", dilationRate, axes);
    checkFilters(this.label, filters);
    checkCounts(this.label, { depthMultiplier });
    checkPadding(this.label, padding);
    this.activation = activationOf(activation, this.label);
  }

  override build(inputShape: BatchShape): void {
    const options = this.config;
    const { filters, depthMultiplier = 1, useBias = true } = options;
    this.channels = this.knownExtent(inputShape);
    this.depthwise = this.addVariable("depthwiseKernel", [...this.size, this.channels, depthMultiplier], {
      initializer: options.depthwiseInitializer ?? "glorotUniform",
      regularizer: options.depthwiseRegularizer,
      constraint: options.depthwiseConstraint,
    });
    this.pointwise = this.addVariable(
      "pointwiseKernel",
      [...this.size.map(() => 1), this.channels * depthMultiplier, filters],
      {
        initializer: options.pointwiseInitializer ?? "glorotUniform",
        regularizer: options.pointwiseRegularizer,
        constraint: options.pointwiseConstraint,
      },
    );
    if (!useBias) return;
    this.bias = this.addVariable("bias", [filters], {
      initializer: options.biasInitializer ?? "zeros",
      regularizer: options.biasRegularizer,
      constraint: options.biasConstraint,
    });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { strides = 1, padding = "valid", dilationRate = 1 } = this.config;
    checkImage(this.label, x, this.axes, this.channels);
    const perChannel = depthwiseConv(x, ctx.value(this.depthwise as Variable), {
      strides,
      padding,
      dilations: dilationRate,
      name: this.label,
    });
    const mixed = conv(perChannel, ctx.value(this.pointwise as Variable), {}, this.label);
    return this.activation(this.bias ? add(mixed, ctx.value(this.bias)) : mixed);
  }
}

/** See {@link separableConv1d}. */
export class SeparableConv1d extends SeparableConv {
  constructor(config: SeparableConvConfig) {
    super("separableConv1d", 1, config);
  }
}

/** See {@link separableConv2d}. */
export class SeparableConv2d extends SeparableConv {
  constructor(config: SeparableConvConfig) {
    super("separableConv2d", 2, config);
  }
}

/** {@link separableConv2d} of [batch, steps, channels]. @see Keras 3 `layers.SeparableConv1D`. */
export function separableConv1d(
  filters: number,
  kernelSize: number | readonly number[],
  options: SeparableConvOptions = {},
): SeparableConv1d {
  return new SeparableConv1d(withArguments("separableConv1d", options, "strides", { filters, kernelSize }));
}

/**
 * A convolution in two parts: each channel with filters of its own, then a convolution of size 1 that mixes the
 * channels. Far fewer weights and products than one convolution that does both.
 *
 * Shapes: [batch, height, width, channels] gives [batch, rows, columns, filters]. Variables: depthwiseKernel
 * [...kernelSize, channels, depthMultiplier], pointwiseKernel [1, 1, channels·depthMultiplier, filters], bias
 * [filters].
 * @param filters number of outputs per place, an integer ≥ 1.
 * @param kernelSize the depthwise filters' extent, an integer ≥ 1, or one for each spatial axis.
 * @throws ValueError on options out of range; ShapeError where an input does not fit the kernel or is smaller than the
 * window.
 * @see Keras 3 `layers.SeparableConv2D`; Chollet 2017, arXiv:1610.02357.
 */
export function separableConv2d(
  filters: number,
  kernelSize: number | readonly number[],
  options: SeparableConvOptions = {},
): SeparableConv2d {
  return new SeparableConv2d(withArguments("separableConv2d", options, "strides", { filters, kernelSize }));
}
