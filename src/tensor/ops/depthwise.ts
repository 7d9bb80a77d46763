import { shapeError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import type { DilatedWindows } from "../../ir/windows.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, expandDims, reshape } from "./shaping.ts";
import { type Padding, perAxis, spatialWindows, windowGeometry } from "./window.ts";

interface DepthwiseAttrs {
  readonly windows: DilatedWindows;
}

/**
 * x [batch, 1, height, width, channels] and kernel [1, height, width, channels] to [batch, …outputs, channels]. Three
 * ops, each the gradient of the others.
 */
export const depthwiseConvOp: OpDefinition<DepthwiseAttrs> = /* @__PURE__ */ defineOp<DepthwiseAttrs>({
  name: "depthwiseConv",
  infer: (_, { windows: { batch, outputs, channels } }) => ({
    shape: [batch, ...outputs, channels],
    dtype: "float32",
  }),
  vjp: (dy, inputs, _, attrs) => {
    const [x, kernel] = inputs as [Tensor, Tensor];
    return [record(depthwiseConvInputGradOp, [dy, kernel], attrs), record(depthwiseConvFilterGradOp, [x, dy], attrs)];
  },
  lower: (ctx, views, { shape }, { windows }) => {
    const [input, kernel] = views.map((view) => ctx.contiguous(view)) as [View, View];
    const output = ctx.allocate(shape, "float32");
    ctx.emit({ kind: "depthwiseConv", windows, input, kernel, output });
    return output;
  },
});

/** dy and kernel to the gradient of x. */
export const depthwiseConvInputGradOp: OpDefinition<DepthwiseAttrs> = /* @__PURE__ */ defineOp<DepthwiseAttrs>({
  name: "depthwiseConvInputGrad",
  infer: (_, { windows: { batch, inputs, channels } }) => ({ shape: [batch, ...inputs, channels], dtype: "float32" }),
  vjp: (ddx, inputs, _, attrs) => {
    const [dy, kernel] = inputs as [Tensor, Tensor];
    return [record(depthwiseConvOp, [ddx, kernel], attrs), record(depthwiseConvFilterGradOp, [ddx, dy], attrs)];
  },
  lower: (ctx, views, { shape }, { windows }) => {
    const [dy, kernel] = views.map((view) => ctx.contiguous(view)) as [View, View];
    const output = ctx.allocate(shape, "float32");
    ctx.emit({ kind: "depthwiseConvInputGrad", windows, dy, kernel, output });
    return output;
  },
});

/** x and dy to the gradient of the kernel. */
export const depthwiseConvFilterGradOp: OpDefinition<DepthwiseAttrs> = /* @__PURE__ */ defineOp<DepthwiseAttrs>({
  name: "depthwiseConvFilterGrad",
  infer: (_, { windows: { size, channels } }) => ({ shape: [...size, channels], dtype: "float32" }),
  vjp: (ddk, inputs, _, attrs) => {
    const [x, dy] = inputs as [Tensor, Tensor];
    return [record(depthwiseConvInputGradOp, [dy, ddk], attrs), record(depthwiseConvOp, [x, ddk], attrs)];
  },
  lower: (ctx, views, { shape }, { windows }) => {
    const [input, dy] = views.map((view) => ctx.contiguous(view)) as [View, View];
    const output = ctx.allocate(shape, "float32");
    ctx.emit({ kind: "depthwiseConvFilterGrad", windows, input, dy, output });
    return output;
  },
});

/** Options of {@link depthwiseConv}. */
export interface DepthwiseConvOptions {
  /** Steps from window to window, integers ≥ 1: one, or one for each spatial axis. Default 1. */
  strides?: number | readonly number[];
  /** Default "valid". */
  padding?: Padding;
  /** Steps within the window, integers ≥ 1. Default 1. */
  dilations?: number | readonly number[];
  /** Stands in messages. Default "depthwiseConv". */
  name?: string;
}

/**
 * Convolves each channel with filters of its own: output channel c·m + j is input channel c with filter j. Nothing is
 * mixed between channels, and no padded copy is made. Shapes: x [batch, …spatial, channels] with one or two spatial
 * axes and kernel [...size, channels, m] give [batch, …windows, channels·m].
 * @throws ShapeError where kernel and x do not fit or a window is larger than x; ValueError on strides, dilations or
 * paddings that mean nothing.
 * @see Keras 3 `ops.depthwise_conv`.
 */
export function depthwiseConv(x: Operand, kernel: Operand, options: DepthwiseConvOptions = {}): Tensor {
  const {
    strides = 1,
    padding = "valid",
    dilations = 1,
    name = "depthwiseConv",
  } = checkOptions("depthwiseConv", options, {
    strides: "number or list",
    padding: "string or list",
    dilations: "number or list",
    name: "string",
  });
  const [t, k] = [cast(asTensor(x), "float32"), cast(asTensor(kernel), "float32")];
  const axes = t.rank - 2;
  if (axes < 1 || axes > 2 || k.rank !== axes + 2 || !mayEqual(k.shape[axes], t.shape.at(-1))) {
    throw shapeError(name, {
      rule: "the kernel has a filter for each channel and spatial axis of the input",
      expected: `input [batch, …spatial, channels] with one or two spatial axes, kernel [...size, channels, multiplier]`,
      received: `input ${formatShape(t.shape)}, kernel ${formatShape(k.shape)}`,
    });
  }
  const extents = t.shape.slice(1, -1);
  const geometry = windowGeometry(name, extents, {
    size: k.shape.slice(0, axes),
    strides: perAxis(name, "strides", strides, axes),
    dilations: perAxis(name, "dilations", dilations, axes),
    padding,
  });
  const [batch = 0, multiplier = 1] = [t.shape[0], k.shape.at(-1)];
  const channels = (t.shape.at(-1) as number) * multiplier;
  const windows = spatialWindows(batch, extents, channels, geometry);
  // Several filters to a channel are as many channels that are alike.
  const repeated = multiplier === 1 ? t : broadcastTo(expandDims(t, -1), [...t.shape, multiplier]);
  const input = reshape(repeated, [batch, ...windows.inputs, channels]);
  const y = record(depthwiseConvOp, [input, reshape(k, [...windows.size, channels])], { windows });
  return reshape(y, [batch, ...geometry.outputs, channels]);
}
