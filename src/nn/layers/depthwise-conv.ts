// Depthwise convolutions: each channel by kernels of its own.
import { checkCounts } from "../../checks.ts";
import { shapeError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { depthwiseConv } from "../../tensor/ops/depthwise.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type ActivationName, activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { checkPadding, checkRank, checkSpatial } from "./spatial.ts";

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConvLayerOptions extends LayerOptions {
  /** Steps from window to window, an integer ≥ 1 or one for each spatial axis. Default 1. */
  strides?: number | readonly number[];
  /**
   * "valid" (default) drops what does not fill a window; "same" gives ⌈n / stride⌉ windows, as if there were zeros
   * around the input.
   */
  padding?: "valid" | "same";
  /** Depthwise filters for each input channel, an integer ≥ 1. Default 1. */
  depthMultiplier?: number;
  /** Steps within the window, integers ≥ 1. Default 1. */
  dilationRate?: number | readonly number[];
  /** Applied to the result. Default: none. */
  activation?: ActivationName | Activation | null;
  /** Whether to add a bias. Default true. */
  useBias?: boolean;
  /** Default "glorotUniform". */
  depthwiseInitializer?: InitializerName | Initializer;
  /** Default "zeros". */
  biasInitializer?: InitializerName | Initializer;
  /** Default: none. */
  depthwiseRegularizer?: PenaltyName | Penalty;
  /** A penalty of the bias, or its name. Default: none. */
  biasRegularizer?: PenaltyName | Penalty;
  /** A constraint on the depthwise kernel, or its name. Default: none. */
  depthwiseConstraint?: ConstraintName | Constraint;
  /** A constraint on the bias, or its name. Default: none. */
  biasConstraint?: ConstraintName | Constraint;
}

type DepthwiseConvConfig = DepthwiseConvLayerOptions & {
  /** Extent of the kernel: one number, or one per axis. */
  kernelSize: number | readonly number[];
};

export const depthwiseTable: OwnTable<DepthwiseConvConfig, LayerOptions> = {
  kernelSize: "number or list!",
  strides: "number or list",
  padding: "string",
  depthMultiplier: "number",
  dilationRate: "number or list",
  activation: "string or function or null",
  useBias: "boolean",
  depthwiseInitializer: "string or function",
  biasInitializer: "string or function",
  depthwiseRegularizer: "string or function",
  biasRegularizer: "string or function",
  depthwiseConstraint: "string or function",
  biasConstraint: "string or function",
};

/** See {@link depthwiseConv1d} and {@link depthwiseConv2d}. */
export class DepthwiseConv extends Layer<DepthwiseConvConfig> {
  private readonly size: readonly number[];
  private readonly activation: Activation;
  private kernel?: Variable;
  private bias?: Variable;

  constructor(
    kind: string,
    private readonly axes: 1 | 2,
    options: DepthwiseConvConfig,
  ) {
    super(kind, options, depthwiseTable);
    const {
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
    checkCounts(this.label, { depthMultiplier });
    checkPadding(this.label, padding);
    this.activation = activationOf(activation, this.label);
  }

  override build(inputShape: BatchShape): void {
    const {
      depthMultiplier = 1,
      useBias = true,
      depthwiseInitializer = "glorotUniform",
      biasInitializer = "zeros",
    } = this.config;
    const { depthwiseRegularizer, depthwiseConstraint, biasRegularizer, biasConstraint } = this.config;
    checkRank(this, inputShape, this.axes);
    const channels = this.knownExtent(inputShape);
    this.kernel = this.addVariable("kernel", [...this.size, channels, depthMultiplier], {
      initializer: depthwiseInitializer,
      regularizer: depthwiseRegularizer,
      constraint: depthwiseConstraint,
      role: "kernel",
    });
    if (!useBias) return;
    this.bias = this.addVariable("bias", [channels * depthMultiplier], {
      initializer: biasInitializer,
      regularizer: biasRegularizer,
      constraint: biasConstraint,
    });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { kernel, bias, label } = this;
    const { strides = 1, padding = "valid", dilationRate = 1 } = this.config;
    checkSpatial(this, x, this.axes);
    if (!kernel || !mayEqual(kernel.shape[this.axes], x.shape.at(-1))) {
      throw shapeError(label, {
        rule: "the input must have as many channels as the layer was built for",
        expected: kernel?.shape[this.axes] ?? "a layer that was built",
        received: x.shape.at(-1),
        context: `input ${formatShape(x.shape)}${kernel ? `, kernel ${formatShape(kernel.shape)}` : ""}`,
      });
    }
    const y = depthwiseConv(x, ctx.value(kernel), { strides, padding, dilations: dilationRate, name: label });
    return this.activation(bias ? add(y, ctx.value(bias)) : y);
  }

  protected override makeCopy(): Layer {
    return new DepthwiseConv(this.kind, this.axes, { ...this.config, trainable: this.trainable });
  }
}

/**
 * Convolves each channel of [batch, height, width, channels] with filters of its own: activation(depthwiseConv(x,
 * kernel) + bias). Nothing is mixed between channels.
 *
 * Shapes: to [batch, …windows, channels·depthMultiplier]; output channel c·depthMultiplier + j is filter j of channel
 * c. Variables: kernel [...kernelSize, channels, depthMultiplier], bias [channels·depthMultiplier].
 * @param kernelSize the filters' extent, an integer ≥ 1, or one for each spatial axis.
 * @throws ValueError on bad sizes, strides, dilations, multipliers or unknown names; ShapeError where an input does not
 * fit the kernel or is smaller.
 * @see Keras 3 `layers.DepthwiseConv2D`.
 */
export function depthwiseConv2d(
  kernelSize: number | readonly number[],
  options: DepthwiseConvLayerOptions = {},
): DepthwiseConv {
  return new DepthwiseConv("depthwiseConv2d", 2, withArguments("depthwiseConv2d", options, "strides", { kernelSize }));
}

/** {@link depthwiseConv2d} of [batch, steps, channels]. @see Keras 3 `layers.DepthwiseConv1D`. */
export function depthwiseConv1d(
  kernelSize: number | readonly number[],
  options: DepthwiseConvLayerOptions = {},
): DepthwiseConv {
  return new DepthwiseConv("depthwiseConv1d", 1, withArguments("depthwiseConv1d", options, "strides", { kernelSize }));
}
