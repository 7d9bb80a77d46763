// Convolutions and pooling as ONNX nodes, channels first.
import type { DilatedWindows, Windows } from "../../ir/windows.ts";
import { constantValue } from "../../tensor/ops/leaf.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { giveShapes } from "./elementwise.ts";
import { axesOf, channelsFirst, type Emitted, type Exporter, permuted } from "./exporter.ts";
import type { Attribute } from "./graph.ts";

interface SpatialAttrs {
  readonly windows: DilatedWindows & { readonly groups: number };
  readonly operation?: "sum" | "select";
}

const attrsOf = ({ attrs }: Tensor): SpatialAttrs => attrs as SpatialAttrs;

/**
 * A tensor that is a convolution, or the reshape that follows one in fewer than three axes; undefined for others.
 * @param bias is added to each channel.
 */
export function convolution(tensor: Tensor, exporter: Exporter, bias?: Tensor): Emitted | undefined {
  const { name } = tensor.op;
  if (name === "conv" || name === "convInputGrad") {
    const [x, kernel] = tensor.inputs as [Tensor, Tensor];
    const axes = tensor.rank - 2;
    const { windows } = attrsOf(tensor);
    const isForward = name === "conv";
    // [size…, in, out] to [out, in, size…]; of a transposed convolution the kernel's last axis is that of the input.
    const weight = exporter.get(kernel, [axes + 1, axes, ...axesOf(axes)]);
    const attributes = {
      ...windowAttributes(windows, axes, exporter, tensor, isForward ? undefined : x.shape),
      group: windows.groups,
    };
    return emitNode(isForward ? "Conv" : "ConvTranspose", x, weight, attributes, tensor.rank, exporter, bias);
  }
  const inner = unfolded(tensor);
  if (inner?.op.name !== "depthwiseConv") return undefined;
  const axes = tensor.rank - 2;
  const { windows } = attrsOf(inner);
  const [image, filter] = inner.inputs as [Tensor, Tensor];
  const x = source(repeated(image) ?? image, axes);
  const data = exporter.constant(filter);
  if (!x || !data) throw exporter.refuse(tensor, "a depthwise convolution of an unusual form");
  // [size…, channels · filters of each] to [channels · filters of each, 1, size…].
  const shape = [windows.channels, 1, ...windows.size.slice(3 - axes)];
  const values = Float32Array.from(permuted(data, filter.shape, [filter.rank - 1, ...axesOf(filter.rank - 1)]));
  const weight = exporter.graph.initializer(values, "float32", shape, "depthwiseKernel");
  const attributes = { ...windowAttributes(windows, axes, exporter, tensor), group: x.shape.at(-1) as number };
  return emitNode("Conv", x, weight, attributes, tensor.rank, exporter, bias);
}

function emitNode(
  op: string,
  x: Tensor,
  weight: string,
  attributes: Record<string, Attribute>,
  rank: number,
  exporter: Exporter,
  bias?: Tensor,
): Emitted {
  const order = channelsFirst(rank);
  const inputs = [exporter.get(x, order), weight, ...(bias ? [exporter.get(bias)] : [])];
  return { name: exporter.graph.node(op, inputs, attributes), order };
}

/** A tensor that is a largest value or mean of windows; undefined for others. */
export function pooling(tensor: Tensor, exporter: Exporter): Emitted | undefined {
  const inner = unfolded(tensor) ?? tensor;
  const isMean = inner.op.name === "elementwise" && (inner.attrs as { fn: { name: string } }).fn.name === "mul";
  const pool = isMean ? (inner.inputs[0] as Tensor) : inner;
  if (pool.op.name !== "pool" || (attrsOf(pool).operation === "sum") !== isMean) return undefined;
  const axes = tensor.rank - 2;
  const x = source(pool.inputs.at(-1) as Tensor, axes);
  if (!x || (!isMean && pool.inputs[0] !== pool.inputs[1])) return undefined;
  const { windows } = attrsOf(pool);
  if (isMean && !isMeanOf(windows, inner.inputs[1] as Tensor, exporter)) return undefined;
  const { dilations: _, ...attributes } = windowAttributes(
    { ...windows, dilations: [1, 1, 1] },
    axes,
    exporter,
    tensor,
  );
  const order = channelsFirst(tensor.rank);
  const op = isMean ? "AveragePool" : "MaxPool";
  return { name: exporter.graph.node(op, [exporter.get(x, order)], attributes), order };
}

/** Whether a factor is one over the number of elements that each window has. Not known for unknown extents. */
function isMeanOf({ inputs, outputs, size, strides, low }: Windows, factor: Tensor, exporter: Exporter): boolean {
  const value = constantValue(factor);
  const whole = size.reduce((product, extent) => product * extent, 1);
  if (inputs.some(Number.isNaN)) return value !== undefined;
  const data = exporter.constant(factor) ?? [];
  const first = low.reduce((product, before, axis) => {
    const end = Math.min((size[axis] as number) - before, inputs[axis] as number);
    return product * end;
  }, 1);
  const isInside = low.every(
    (before, axis) =>
      before === 0 &&
      ((outputs[axis] as number) - 1) * (strides[axis] as number) + (size[axis] as number) <= (inputs[axis] as number),
  );
  return Math.abs((data[0] as number) * (isInside ? whole : first) - 1) < 1e-5;
}

/** The tensor of three axes of space that a reshape to fewer of them was made of. */
function unfolded(tensor: Tensor): Tensor | undefined {
  const [inner] = tensor.inputs;
  if (tensor.rank === 5) return tensor;
  const isReshaped = tensor.op.name === "reshape" && (tensor.rank === 3 || tensor.rank === 4) && inner?.rank === 5;
  return isReshaped ? inner : undefined;
}

/** The image with so many axes of space that was brought to three of them. */
function source(image: Tensor, axes: number): Tensor | undefined {
  if (axes === 3) return image;
  const [inner] = image.inputs;
  return image.op.name === "reshape" && inner?.rank === axes + 2 ? inner : undefined;
}

/** The image before its channels were repeated, for several filters to a channel; as a reshape, as it is without. */
function repeated(image: Tensor): Tensor | undefined {
  const [spread] = image.inputs;
  if (spread?.op.name !== "broadcastTo") return undefined;
  const [long] = spread.inputs;
  return long?.op.name === "reshape" && long.shape.at(-1) === 1 ? long : undefined;
}

/** Size, strides, dilations and padding of windows over the last `axes` axes. @param forward of a transposed one. */
function windowAttributes(
  windows: DilatedWindows,
  axes: number,
  exporter: Exporter,
  tensor: Tensor,
  transposedInput?: readonly number[],
): Record<string, Attribute> {
  const last = (list: readonly number[]) => list.slice(3 - axes);
  const [size, strides, dilations, low] = [windows.size, windows.strides, windows.dilations, windows.low].map(last) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const attributes = { kernel_shape: size, strides, dilations };
  const at = (list: readonly number[], axis: number) => list[axis] as number;
  const span = (axis: number) => (at(size, axis) - 1) * at(dilations, axis) + 1;
  const [inputs, outputs] = [last(windows.inputs), last(windows.outputs)];
  if (transposedInput) {
    const extents = transposedInput.slice(1, -1);
    // What the whole result has more than is wanted: cut off behind, or added there.
    const more = axesOf(axes).map(
      (axis) => at(strides, axis) * (at(extents, axis) - 1) + span(axis) - at(low, axis) - at(inputs, axis),
    );
    if (more.some(Number.isNaN)) throw exporter.refuse(tensor, "an extent of the result that is not known", giveShapes);
    const pads = [...low, ...more.map((n) => Math.max(n, 0))];
    return { ...attributes, pads, output_padding: more.map((n) => Math.max(-n, 0)) };
  }
  // Padding that follows from an unknown extent is that of "same", with the odd element after the input.
  if (low.some(Number.isNaN)) return { ...attributes, auto_pad: "SAME_UPPER" };
  const high = axesOf(axes).map((axis) => {
    const reach = (at(outputs, axis) - 1) * at(strides, axis) + span(axis) - at(low, axis) - at(inputs, axis);
    return Number.isNaN(reach) ? 0 : Math.max(reach, 0);
  });
  return { ...attributes, pads: [...low, ...high] };
}
