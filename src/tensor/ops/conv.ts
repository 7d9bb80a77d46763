import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayBeShape, mayEqual, type Shape } from "../../ir/shape.ts";
import type { ConvWindows } from "../../ir/windows.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { trilinearOps } from "./trilinear.ts";
import { type Padding, perAxis, spatialWindows, windowGeometry } from "./window.ts";

/** What the three convolution ops know: windows, and the shapes of image and kernel. */
interface ConvAttrs {
  readonly windows: ConvWindows;
  readonly imageShape: Shape;
  readonly kernelShape: Shape;
}

/** Image [batch, space…, channels] and kernel [size…, channels / groups, filters] to [batch, windows…, filters]. */
const ops = /* @__PURE__ */ trilinearOps<ConvAttrs>("conv", {
  input: ({ imageShape }) => imageShape,
  dy: resultShape,
  kernel: ({ kernelShape }) => kernelShape,
});

/** [batch, windows…, filters], with as many spatial axes as the image has. */
function resultShape({ windows: { batch, outputs, filters }, imageShape }: ConvAttrs): Shape {
  return [batch, ...outputs.slice(5 - imageShape.length), filters];
}

/** Options of {@link conv}. */
export interface ConvOptions {
  /** Steps from window to window, one number or one for each axis of space. Default 1. */
  strides?: number | readonly number[];
  /** Steps within a window. Default 1. */
  dilations?: number | readonly number[];
  /** Default "valid": no margins. */
  padding?: Padding;
  /** Independent groups of channels and filters; divides both. Default 1. */
  groups?: number;
}

const convTable: OptionTable<ConvOptions> = {
  strides: "number or list",
  dilations: "number or list",
  padding: "string or list",
  groups: "number",
};

/**
 * Convolution (as everywhere in deep learning, correlation) over 1 to 3 axes, channels last:
 * y[b, o…, f] = Σ x[b, o·stride + k·dilation − low, c]·kernel[k…, c, f].
 * Shapes: x [batch, space…, channels], kernel [size…, channels / groups, filters] give [batch, windows…, filters].
 * @param name for messages.
 * @throws ShapeError where channels, kernel and groups do not fit, or no window fits; ValueError on strides or
 * dilations below 1.
 */
export function conv(x: Operand, kernel: Operand, options: ConvOptions = {}, name = "conv"): Tensor {
  const [image, filter] = [asTensor(x), asTensor(kernel)];
  return record(
    ops.dy,
    [image, filter],
    attrsOf(name, image.shape, filter.shape, checkOptions(name, options, convTable)),
  );
}

/** Options of {@link convTranspose}. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Extents of the result's space: those of an image from which a convolution with these options makes x's. */
  outputSpace: Shape;
}

/**
 * The adjoint of {@link conv}: ⟨conv(x, kernel), y⟩ = ⟨x, convTranspose(y, kernel)⟩. Shapes: y [batch, windows…,
 * filters], kernel [size…, channels / groups, filters] give [batch, outputSpace…, channels].
 * @throws ShapeError where y is not what a convolution of such an image gives.
 */
export function convTranspose(y: Operand, kernel: Operand, given: ConvTransposeOptions): Tensor {
  const { outputSpace, ...options } = checkOptions("convTranspose", given, { outputSpace: "list!", ...convTable });
  const [result, filter] = [asTensor(y), asTensor(kernel)];
  const channels = (filter.shape.at(-2) ?? 0) * (options.groups ?? 1);
  const attrs = attrsOf("convTranspose", [result.shape[0] ?? 0, ...outputSpace, channels], filter.shape, options);
  const expected = resultShape(attrs);
  if (!mayBeShape(expected, result.shape)) {
    throw shapeError("convTranspose", {
      rule: "the input must be what a convolution of the output gives",
      expected: formatShape(expected),
      received: formatShape(result.shape),
      context: `output ${formatShape(attrs.imageShape)}, kernel ${formatShape(filter.shape)}`,
    });
  }
  return record(ops.input, [result, filter], attrs);
}

function attrsOf(name: string, imageShape: Shape, kernelShape: Shape, options: ConvOptions): ConvAttrs {
  const { strides = 1, dilations = 1, padding = "valid", groups = 1 } = options;
  const context = `image ${formatShape(imageShape)}, kernel ${formatShape(kernelShape)}`;
  const axes = imageShape.length - 2;
  if (axes < 1 || axes > 3 || kernelShape.length !== axes + 2) {
    throw shapeError(name, {
      rule: "an image has a batch axis, 1 to 3 axes of space, and channels; the kernel has as many axes",
      expected: "[batch, space…, channels] and [size…, channels / groups, filters]",
      received: `ranks ${imageShape.length} and ${kernelShape.length}`,
      context,
    });
  }
  const [channels, filters] = [imageShape.at(-1) as number, kernelShape.at(-1) as number];
  if (!Number.isInteger(groups) || groups < 1 || channels % groups > 0 || filters % groups !== 0) {
    throw valueError(name, {
      rule: "groups must divide channels and filters",
      expected: `a divisor of ${channels} and ${filters}`,
      received: groups,
      context,
    });
  }
  if (!mayEqual(kernelShape.at(-2), channels / groups)) {
    throw shapeError(name, {
      rule: "the kernel's last axis but one is the image's channels divided by groups",
      expected: channels / groups,
      received: kernelShape.at(-2),
      context: `${context}, groups ${groups}`,
    });
  }
  const geometry = windowGeometry(name, imageShape.slice(1, -1), {
    size: kernelShape.slice(0, -2),
    strides: perAxis(name, "strides", strides, axes),
    dilations: perAxis(name, "dilations", dilations, axes),
    padding,
  });
  const windows = spatialWindows(imageShape[0] as number, imageShape.slice(1, -1), channels, geometry);
  return { windows: { ...windows, groups, filters }, imageShape, kernelShape };
}
