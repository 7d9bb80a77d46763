import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayBeShape, mayEqual, type Shape, sizeOf } from "../../ir/shape.ts";
import { collapse, type View } from "../../ir/view.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { defineOp, type LowerContext, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { type Padding, perAxis, type WindowGeometry, windowGeometry } from "./window.ts";

/**
 * What the three convolution ops know: windows, groups of channels, and the shapes of image [batch, space…, channels]
 * and kernel [size…, channels / groups, filters].
 */
interface ConvAttrs {
  readonly window: WindowGeometry;
  readonly groups: number;
  readonly imageShape: Shape;
  readonly kernelShape: Shape;
}

// The three ops are the derivatives of one trilinear form Σ conv(x, w)·dy, so each is the gradient of the others.

/** Image and kernel to the result [batch, windows…, filters]. */
export const convOp: OpDefinition<ConvAttrs> = /* @__PURE__ */ defineOp<ConvAttrs>({
  name: "conv",
  infer: (_, { window, imageShape, kernelShape }) => ({
    shape: [imageShape[0] as number, ...window.outputs, kernelShape.at(-1) as number],
    dtype: "float32",
  }),
  vjp: (dy, inputs, _, attrs) => {
    const [x, kernel] = inputs as [Tensor, Tensor];
    return [record(convInputGradOp, [dy, kernel], attrs), record(convFilterGradOp, [x, dy], attrs)];
  },
  lower: (ctx, [x, kernel], output, attrs) => {
    const patches = patchesOf(padded(ctx, x as View, attrs.window), attrs);
    const { groups, kernelShape } = attrs;
    const filters = (kernelShape.at(-1) as number) / groups;
    const rows = attrs.window.size.length + 1;
    const depth = sizeOf(kernelShape.slice(0, -1));
    const filter = ctx.contiguous(kernel as View);
    return grouped(ctx, output.shape, groups, (target) =>
      ctx.emit({
        kind: "matmul",
        ...patchOperand(patches, rows),
        b: { ...filter, shape: [groups, depth, filters], strides: [filters, filters * groups, 1] },
        output: target,
      }),
    );
  },
});

/** Gradient of the result and kernel to the gradient of the image: the transposed convolution. */
export const convInputGradOp: OpDefinition<ConvAttrs> = /* @__PURE__ */ defineOp<ConvAttrs>({
  name: "convInputGrad",
  infer: (_, { imageShape }) => ({ shape: imageShape, dtype: "float32" }),
  vjp: (dx, inputs, _, attrs) => {
    const [dy, kernel] = inputs as [Tensor, Tensor];
    return [record(convOp, [dx, kernel], attrs), record(convFilterGradOp, [dx, dy], attrs)];
  },
  lower: (ctx, [dy, kernel], output, attrs) => {
    const { window, groups, imageShape, kernelShape } = attrs;
    const [batch = 0, channels = 0] = [imageShape[0], imageShape.at(-1)];
    const extents = imageShape
      .slice(1, -1)
      .map((extent, axis) => extent + (window.low[axis] as number) + (window.high[axis] as number));
    const whole = ctx.allocate([batch, ...extents, channels], "float32");
    const { a: places, rowAxes = 1 } = patchOperand(patchesOf(whole, attrs), window.size.length + 1);
    const filters = (kernelShape.at(-1) as number) / groups;
    const filter = ctx.contiguous(kernel as View);
    ctx.emit({
      kind: "convInputGrad",
      entries: batch,
      rowAxes,
      dy: groupedRows(ctx.contiguous(dy as View), groups),
      filter: {
        ...filter,
        shape: [groups, sizeOf(kernelShape.slice(0, -1)), filters],
        strides: [filters, filters * groups, 1],
      },
      patches:
        places.strides.at(-1) === 1
          ? places
          : { ...places, shape: [...places.shape, 1], strides: [...places.strides, 1] },
      output: whole,
    });
    if (!isPadded(window)) return whole;
    return { ...whole, offset: dotProduct([0, ...window.low, 0], whole.strides), shape: output.shape };
  },
});

/** Image and gradient of the result to the gradient of the kernel. */
export const convFilterGradOp: OpDefinition<ConvAttrs> = /* @__PURE__ */ defineOp<ConvAttrs>({
  name: "convFilterGrad",
  infer: (_, { kernelShape }) => ({ shape: kernelShape, dtype: "float32" }),
  vjp: (dkernel, inputs, _, attrs) => {
    const [x, dy] = inputs as [Tensor, Tensor];
    return [record(convInputGradOp, [dy, dkernel], attrs), record(convOp, [x, dkernel], attrs)];
  },
  lower: (ctx, [x, dy], output, attrs) => {
    const { window, groups } = attrs;
    const patches = patchesOf(padded(ctx, x as View, window), attrs);
    const rows = window.size.length + 1;
    const turned = [0, ...range(rows + 1, patches.shape.length), ...range(1, rows + 1)];
    const b = groupedRows(ctx.contiguous(dy as View), groups);
    return grouped(ctx, output.shape, groups, (target) =>
      ctx.emit({
        kind: "matmul",
        ...patchOperand(permuted(patches, turned), window.size.length + 1),
        b,
        output: target,
      }),
    );
  },
});

// ── Views
// ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The image with its margins; only where there are any is it copied. */
function padded(ctx: LowerContext, x: View, window: WindowGeometry): View {
  if (!isPadded(window)) return x;
  const { low, high } = window;
  const space = x.shape.slice(1, -1).map((extent, axis) => extent + (low[axis] as number) + (high[axis] as number));
  const whole = ctx.allocate([x.shape[0] as number, ...space, x.shape.at(-1) as number], x.dtype);
  ctx.emit({ kind: "fill", value: 0, output: whole });
  ctx.emit({
    kind: "copy",
    input: x,
    output: { ...whole, offset: dotProduct([0, ...low, 0], whole.strides), shape: x.shape },
  });
  return whole;
}

/** All patches of an image, nothing copied: [groups, batch, windows…, size…, channels / groups]. */
function patchesOf(x: View, { window, groups }: ConvAttrs): View {
  const { size, strides, dilations, outputs } = window;
  const channels = (x.shape.at(-1) as number) / groups;
  const step = x.strides.at(-1) as number;
  const space = x.strides.slice(1, -1);
  return {
    ...x,
    shape: [groups, x.shape[0] as number, ...outputs, ...size, channels],
    strides: [
      channels * step,
      x.strides[0] as number,
      ...space.map((stride, axis) => stride * (strides[axis] as number)),
      ...space.map((stride, axis) => stride * (dilations[axis] as number)),
      step,
    ],
  };
}

/** [groups, rows…, depth…] with the fewest axes: a matrix per group where one axis each will do. */
function patchOperand(view: View, rowCount: number): { a: View; rowAxes?: number } {
  const part = (from: number, to: number) =>
    collapse({ ...view, shape: view.shape.slice(from, to), strides: view.strides.slice(from, to) });
  const [rows, depth] = [part(1, 1 + rowCount), part(1 + rowCount, view.shape.length)];
  for (const axes of [rows, depth]) {
    if (axes.shape.length > 0) continue;
    axes.shape.push(1);
    axes.strides.push(1);
  }
  const a = {
    ...view,
    shape: [view.shape[0] as number, ...rows.shape, ...depth.shape],
    strides: [view.strides[0] as number, ...rows.strides, ...depth.strides],
  };
  const isMatrix = a.shape.length === 3 && (a.strides[1] === 1 || a.strides[2] === 1);
  return isMatrix ? { a } : { a, rowAxes: rows.shape.length };
}

/** [rows…, channels] as [groups, rows, channels / groups]. */
function groupedRows(view: View, groups: number): View {
  const channels = view.shape.at(-1) as number;
  const rows = sizeOf(view.shape.slice(0, -1));
  return { ...view, shape: [groups, rows, channels / groups], strides: [channels / groups, channels, 1] };
}

/** Lets `emit` write [groups, rows, columns]; gives it as `shape`, in which the groups' columns stand side by side. */
function grouped(ctx: LowerContext, shape: Shape, groups: number, emit: (output: View) => void): View {
  const result = ctx.allocate(shape, "float32");
  emit(groupedRows(result, groups));
  return result;
}

function permuted(view: View, order: readonly number[]): View {
  return {
    ...view,
    shape: order.map((axis) => view.shape[axis] as number),
    strides: order.map((axis) => view.strides[axis] as number),
  };
}

const isPadded = ({ low, high }: WindowGeometry) => [...low, ...high].some((margin) => margin > 0);
const dotProduct = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

// ── Functions
// ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Options of {@link conv}. */
export interface ConvOptions {
  /** Steps from window to window, one number or one for each axis of space. Default 1. */
  strides?: number | readonly number[];
  /** Steps within a window. Default 1. */
  dilations?: number | readonly number[];
  /** Default "valid": no margins. */
  padding?: Padding;
  /** Channels and filters in so many groups that do not see each other; divides both. Default 1. */
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
 * @param name stands in messages.
 * @throws ShapeError where channels, kernel and groups do not fit, or no window fits; ValueError on strides or
 * dilations below 1.
 */
export function conv(x: Operand, kernel: Operand, options: ConvOptions = {}, name = "conv"): Tensor {
  const [image, filter] = [asTensor(x), asTensor(kernel)];
  return record(
    convOp,
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
  const expected = [result.shape[0] ?? 0, ...attrs.window.outputs, filter.shape.at(-1) as number];
  if (!mayBeShape(expected, result.shape)) {
    throw shapeError("convTranspose", {
      rule: "the input must be what a convolution of the output gives",
      expected: formatShape(expected),
      received: formatShape(result.shape),
      context: `output ${formatShape(attrs.imageShape)}, kernel ${formatShape(filter.shape)}`,
    });
  }
  return record(convInputGradOp, [result, filter], attrs);
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
  const window = windowGeometry(name, imageShape.slice(1, -1), {
    size: kernelShape.slice(0, -2),
    strides: perAxis(name, "strides", strides, axes),
    dilations: perAxis(name, "dilations", dilations, axes),
    padding,
  });
  return { window, groups, imageShape, kernelShape };
}
