// Transposed convolutions in one to three axes.
import { valueError } from "../../errors.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { convTranspose } from "../../tensor/ops/conv.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { activationOf } from "../activation-names.ts";
import type { Activation } from "../activations.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import { checkFilters, checkImage, checkSteps } from "./conv.ts";
import { Kernel, type KernelOptions, kernelTable } from "./kernel.ts";
import { checkPadding } from "./spatial.ts";

/** Options of {@link conv2dTranspose} and its siblings. */
export interface ConvTransposeLayerOptions extends KernelOptions {
  /** Steps of the result from one window to the next, one number or one for each axis. Default 1. */
  strides?: number | readonly number[];
  /** "valid" (default): (n − 1)·stride + max(size, stride) results; "same": n·stride. */
  padding?: "valid" | "same";
  /**
   * Extent of the result beyond (n − 1)·stride + size ("valid") or (n − 1)·stride + size mod 2 ("same"), from 0 to
   * stride − 1; one number or one for each axis. Default: what gives the extents above.
   */
  outputPadding?: number | readonly number[];
  /** Steps within a window. Default 1; other values only with strides of 1. */
  dilationRate?: number | readonly number[];
}

/** What the layer classes take. */
export interface ConvTransposeConfig extends ConvTransposeLayerOptions {
  filters: number;
  kernelSize: number | readonly number[];
}

const transposeTable = (): OwnTable<ConvTransposeConfig, LayerOptions> => ({
  filters: "number!",
  kernelSize: "number or list!",
  strides: "number or list",
  padding: "string",
  outputPadding: "number or list",
  dilationRate: "number or list",
  ...kernelTable(),
});

/** See {@link conv2dTranspose}. */
export class ConvTranspose extends Layer<ConvTransposeConfig> {
  private readonly activation: Activation;
  private readonly size: readonly number[];
  private readonly strides: readonly number[];
  private readonly dilations: readonly number[];
  private readonly outputPadding: readonly number[] | undefined;
  private weights?: Kernel;

  constructor(
    kind: string,
    private readonly axes: number,
    options: ConvTransposeConfig,
  ) {
    super(kind, options, transposeTable());
    const {
      filters,
      kernelSize,
      strides = 1,
      dilationRate = 1,
      padding = "valid",
      outputPadding,
      activation,
    } = this.config;
    this.size = perAxis(this.label, "kernelSize", kernelSize, axes);
    this.strides = perAxis(this.label, "strides", strides, axes);
    this.dilations = perAxis(this.label, "dilationRate", dilationRate, axes);
    this.outputPadding =
      typeof outputPadding === "number" ? new Array<number>(axes).fill(outputPadding) : outputPadding;
    checkFilters(this.label, filters);
    checkSteps(this.label, this.strides, this.dilations);
    checkPadding(this.label, padding, ["valid", "same"]);
    this.checkOutputPadding();
    this.activation = activationOf(activation, this.label);
  }

  /** […size, filters, channels]. @throws StateError before the layer is built. */
  get kernel(): Variable {
    return this.weight("kernel");
  }

  /** [filters]. @throws StateError before the layer is built. */
  get bias(): Variable {
    return this.weight("bias");
  }

  override build(inputShape: BatchShape): void {
    const { filters } = this.config;
    this.weights = new Kernel(
      [...this.size, filters, this.knownExtent(inputShape)],
      filters,
      this.config,
      this.addVariable.bind(this),
    );
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const weights = this.weights as Kernel;
    checkImage(this.label, x, this.axes, weights.kernel.shape.at(-1) as number);
    const margins = x.shape.slice(1, -1).map((extent, axis) => this.marginsOf(extent, axis));
    const product = convTranspose(x, ctx.value(weights.kernel), {
      strides: this.strides,
      dilations: this.dilations,
      padding: margins.map(({ low, high }) => [low, Math.max(high, 0)] as const),
      outputSpace: margins.map(({ output }) => output),
    });
    return weights.finish(product, this.activation, ctx);
  }

  /**
   * What is cut off (or, below 0, added) before and after the full result, and what is left. As Keras on jax: of an odd
   * number, the larger part is cut before.
   */
  private marginsOf(extent: number, axis: number): { low: number; high: number; output: number } {
    const stride = this.strides[axis] as number;
    const span = ((this.size[axis] as number) - 1) * (this.dilations[axis] as number) + 1;
    const extra = this.outputPadding?.[axis];
    const full = (extent - 1) * stride + span;
    if (this.config.padding !== "same") {
      const more = extra ?? Math.max(stride - span, 0);
      return { low: 0, high: -more, output: full + more };
    }
    const total = extra === undefined ? stride + span - 2 : span + (span % 2) - 2 + extra;
    const left = Math.min(Math.ceil(total / 2), span - 1);
    const [low, high] = [span - 1 - left, span - 1 - (total - left)];
    return { low, high, output: full - low - high };
  }

  private checkOutputPadding(): void {
    const { outputPadding } = this;
    if (outputPadding === undefined) return;
    const fits =
      outputPadding.length === this.axes &&
      outputPadding.every((n, axis) => Number.isInteger(n) && n >= 0 && n < (this.strides[axis] as number));
    if (fits) return;
    throw valueError(this.label, {
      rule: "outputPadding must be below the strides",
      expected: `${this.axes === 1 ? "an integer" : `${this.axes} integers`} from 0 to stride − 1`,
      received: this.config.outputPadding,
      context: `strides [${this.strides.join(", ")}]`,
    });
  }
}

/** See {@link conv1dTranspose}. */
export class Conv1dTranspose extends ConvTranspose {
  constructor(config: ConvTransposeConfig) {
    super("conv1dTranspose", 1, config);
  }
}

/** See {@link conv2dTranspose}. */
export class Conv2dTranspose extends ConvTranspose {
  constructor(config: ConvTransposeConfig) {
    super("conv2dTranspose", 2, config);
  }
}

/** See {@link conv3dTranspose}. */
export class Conv3dTranspose extends ConvTranspose {
  constructor(config: ConvTransposeConfig) {
    super("conv3dTranspose", 3, config);
  }
}

/**
 * Transposed convolution over one axis. Shapes: [batch, steps, channels] gives [batch, more steps, filters].
 * @see {@link conv2dTranspose} for the rest, Keras 3 `layers.Conv1DTranspose`.
 */
export function conv1dTranspose(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvTransposeLayerOptions = {},
): Conv1dTranspose {
  return new Conv1dTranspose(withArguments("conv1dTranspose", options, "strides", { filters, kernelSize }));
}

/**
 * Transposed convolution over two axes, which enlarges: every input element adds its multiple of the kernel to a window
 * of the result. Shapes: [batch, height, width, channels] gives [batch, more rows, more columns, filters]; variables:
 * kernel [height, width, filters, channels], bias [filters].
 * @param filters channels of the result, an integer ≥ 1.
 * @param kernelSize extents of the window, one number for both or one each.
 * @throws ValueError on options out of range; ShapeError where the input has other channels than the kernel.
 * @see Keras 3 `layers.Conv2DTranspose`.
 */
export function conv2dTranspose(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvTransposeLayerOptions = {},
): Conv2dTranspose {
  return new Conv2dTranspose(withArguments("conv2dTranspose", options, "strides", { filters, kernelSize }));
}

/**
 * Transposed convolution over three axes. Shapes: [batch, depth, height, width, channels] gives [batch, …, filters].
 * @see {@link conv2dTranspose} for the rest, Keras 3 `layers.Conv3DTranspose`.
 */
export function conv3dTranspose(
  filters: number,
  kernelSize: number | readonly number[],
  options: ConvTransposeLayerOptions = {},
): Conv3dTranspose {
  return new Conv3dTranspose(withArguments("conv3dTranspose", options, "strides", { filters, kernelSize }));
}
