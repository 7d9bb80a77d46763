import { shapeError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import type { DilatedWindows } from "../../ir/windows.ts";
import { checkOptions } from "../../options.ts";
import { record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, expandDims, reshape } from "./shaping.ts";
import { trilinearOps } from "./trilinear.ts";
import { type Padding, perAxis, spatialWindows, windowGeometry } from "./window.ts";

interface DepthwiseAttrs {
  readonly windows: DilatedWindows;
}

/** x [batch, …inputs, channels] and kernel [...size, channels] to [batch, …outputs, channels], three axes of space. */
const ops = /* @__PURE__ */ trilinearOps<DepthwiseAttrs>("depthwiseConv", {
  input: ({ windows: { batch, inputs, channels } }) => [batch, ...inputs, channels],
  dy: ({ windows: { batch, outputs, channels } }) => [batch, ...outputs, channels],
  kernel: ({ windows: { size, channels } }) => [...size, channels],
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
  const y = record(ops.dy, [input, reshape(k, [...windows.size, channels])], { windows });
  return reshape(y, [batch, ...geometry.outputs, channels]);
}
