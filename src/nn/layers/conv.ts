// Convolutions in one to three axes.
import { checkCounts } from "../../checks.ts";
import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { conv } from "../../tensor/ops/conv.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { Kernel, type KernelOptions, kernelTable } from "./kernel.ts";
import { checkPadding } from "./spatial.ts";

/** Options of {@link conv1d}, {@link conv2d} and {@link conv3d}. */
export interface ConvLayerOptions extends KernelOptions {
  /** Steps from window to window, one number or one for each axis. Default 1. */
  strides?: number | readonly number[];
  /**
   * "valid" (default): windows lie within the input; "same": ⌈n / stride⌉ results, zeros around; "causal" (1-D): no
   * result looks ahead.
   */
  padding?: "valid" | "same" | "causal";
  /** Steps within a window. Default 1; other values only with strides of 1, as in Keras. */
  dilationRate?: number | readonly number[];
  /** Independent groups of channels and filters; must divide both. Default 1. */
  groups?: number;
}

/** What the layer classes take. */
export interface ConvConfig extends ConvLayerOptions {
  filters: number;
  kernelSize: number | readonly number[];
}

const convTable = (): OwnTable<ConvConfig, LayerOptions> => ({
  filters: "number!",
  kernelSize: "number or list!",
  strides: "number or list",
  padding: "string",
  dilationRate: "number or list",
  groups: "number",
  ...kernelTable(),
});

/** See {@link conv2d}. */
export class Conv extends Layer<ConvConfig> {
  private readonly activation: Activation;
  private readonly size: readonly number[];
  private readonly strides: readonly number[];
  private readonly dilations: readonly number[];
  private weights?: Kernel;

  constructor(
    kind: string,
    private readonly axes: number,
    options: ConvConfig,
  ) {
    super(kind, options, convTable());
    const {
      filters,
      kernelSize,
      strides = 1,
      dilationRate = 1,
      padding = "valid",
      groups = 1,
      activation,
    } = this.config;
    this.size = perAxis(this.label, "kernelSize", kernelSize, axes);
    this.strides = perAxis(this.label, "strides", strides, axes);
    this.dilations = perAxis(this.label, "dilationRate", dilationRate, axes);
    checkFilters(this.label, filters, groups);
    checkSteps(this.label, this.strides, this.dilations);
    checkPadding(this.label, padding, axes === 1 ? ["valid", "same", "causal"] : ["valid", "same"]);
    this.activation = activationOf(activation, this.label);
  }

  /** […size, channels, filters]. @throws StateError before the layer is built. */
  get kernel(): Variable {
    return this.weight("kernel");
  }

  /** [filters]. @throws StateError before the layer is built. */
  get bias(): Variable {
    return this.weight("bias");
  }

  override build(inputShape: BatchShape): void {
    const { filters, groups = 1 } = this.config;
    const channels = this.knownExtent(inputShape);
    if (channels % groups !== 0) {
      throw shapeError(this.label, {
        rule: "groups must divide the input's channels",
        expected: `a multiple of ${groups}`,
        received: channels,
        context: `input ${formatShape(inputShape)}, kernel ${formatShape([...this.size, null, filters])}`,
      });
    }
    this.weights = new Kernel(
      [...this.size, channels / groups, filters],
      filters,
      this.config,
      this.addVariable.bind(this),
    );
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const weights = this.weights as Kernel;
    checkImage(this.label, x, this.axes, (weights.kernel.shape.at(-2) as number) * (this.config.groups ?? 1));
    const { padding = "valid", groups = 1 } = this.config;
    const product = conv(
      x,
      ctx.value(weights.kernel),
      { strides: this.strides, dilations: this.dilations, padding, groups },
      this.label,
    );
    return weights.finish(product, this.activation, ctx);
  }
}

/** See {@link conv1d}. */
export class Conv1d extends Conv {
  constructor(config: ConvConfig) {
    super("conv1d", 1, config);
  }
}

/** See {@link conv2d}. */
export class Conv2d extends Conv {
  constructor(config: ConvConfig) {
    super("conv2d", 2, config);
  }
}

/** See {@link conv3d}. */
export class Conv3d extends Conv {
  constructor(config: ConvConfig) {
    super("conv3d", 3, config);
  }
}

/**
 * Convolution over one axis, such as time. Shapes: [batch, steps, channels] gives [batch, windows, filters].
 * Variables: kernel [size, channels / groups, filters], bias [filters].
 * @see {@link conv2d} for the rest, Keras 3 `layers.Conv1D`.
 */
export function conv1d(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvLayerOptions = {},
): Conv1d {
  return new Conv1d(withArguments("conv1d", options, "strides", { filters, kernelSize }));
}

/**
 * activation(conv(x, kernel) + bias) over two axes: every filter looks at a window of all channels, at all places.
 * Shapes: [batch, height, width, channels] gives [batch, rows, columns, filters]. Variables: kernel [height, width,
 * channels / groups, filters], bias [filters].
 * @param filters number of outputs per place, an integer ≥ 1 that `groups` divides.
 * @param kernelSize extents of the window, one number for both or one each.
 * @throws ValueError on options out of range; ShapeError where the input has other channels than the kernel, or is
 * smaller than the window under "valid".
 * @see Keras 3 `layers.Conv2D`.
 */
export function conv2d(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvLayerOptions = {},
): Conv2d {
  return new Conv2d(withArguments("conv2d", options, "strides", { filters, kernelSize }));
}

/**
 * Convolution over three axes. Shapes: [batch, depth, height, width, channels] gives [batch, …, filters].
 * @see {@link conv2d} for the rest, Keras 3 `layers.Conv3D`.
 */
export function conv3d(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvLayerOptions = {},
): Conv3d {
  return new Conv3d(withArguments("conv3d", options, "strides", { filters, kernelSize }));
}

// ── Checks that convolution layers share
// ───────────────────────────────────────────────────────────────────────────────

/** Number of filters, and groups that divide it. */
export function checkFilters(label: string, filters: number, groups = 1): void {
  checkCounts(label, { filters });
  if (!Number.isInteger(groups) || groups < 1 || filters % groups !== 0) {
    throw valueError(label, {
      rule: "groups must divide filters",
      expected: `a divisor of ${filters}`,
      received: groups,
    });
  }
}

/** Keras's rule. */
export function checkSteps(label: string, strides: readonly number[], dilations: readonly number[]): void {
  if (Math.max(...strides) === 1 || Math.max(...dilations) === 1) return;
  throw valueError(label, {
    rule: "strides and dilationRate may not both be above 1",
    expected: "strides 1 or dilationRate 1",
    received: `strides ${formatShape(strides)}, dilationRate ${formatShape(dilations)}`,
  });
}

/** An image of the layer's rank, with the channels that the kernel was made for. */
export function checkImage(label: string, x: Tensor, axes: number, channels: number): void {
  if (x.rank === axes + 2 && mayEqual(x.shape.at(-1), channels)) return;
  const space = ["steps", "height, width", "depth, height, width"][axes - 1];
  throw shapeError(label, {
    rule: "the input must have the axes and channels of the layer",
    expected: `[batch, ${space}, ${x.rank > axes + 1 ? channels : "channels"}]`,
    received: formatShape(x.shape),
    advice: x.rank === axes + 1 ? "Images need an axis of channels: reshape([…, 1])." : "Check inputShape.",
  });
}
