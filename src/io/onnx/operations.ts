// The operations of recorded graphs as ONNX nodes.
import { sameShape, sizeOf } from "../../ir/shape.ts";
import type { OpName } from "../../tensor/op.ts";
import type { ElementwiseAttrs } from "../../tensor/ops/elementwise.ts";
import { constantValue } from "../../tensor/ops/leaf.ts";
import type { ReduceAttrs } from "../../tensor/ops/reduction.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementwise, giveShapes, orderOf } from "./elementwise.ts";
import { axesOf, type Emit, type Emitted, type Exporter } from "./exporter.ts";
import { elementTypes } from "./graph.ts";
import { convolution, pooling } from "./spatial.ts";

/** Emits a tensor by its operation. */
export const emitOperation: Emit = (tensor, exporter) => operations[tensor.op.name](tensor, exporter);

/** What is refused by the name of what it does. */
const refused =
  (what: string, advice = ""): Emit =>
  (tensor, exporter) => {
    throw exporter.refuse(tensor, what, advice);
  };

const onlyTraining = /* @__PURE__ */ refused("a gradient");

const operations: Readonly<Record<OpName, Emit>> = {
  constant: refused("a number that follows from an extent that is not known", giveShapes),
  input: refused("random numbers when it predicts"),
  variable: refused("a weight that is not part of it"),
  elementwise: (tensor, exporter) =>
    biased(tensor, exporter) ?? meanOf(tensor, exporter) ?? pooling(tensor, exporter) ?? elementwise(tensor, exporter),
  cast: (tensor, exporter) => {
    const { name, order } = exporter.native(tensor.inputs[0] as Tensor);
    return { name: exporter.graph.node("Cast", [name], { to: elementTypes[tensor.dtype] }), order };
  },
  matmul: (tensor, exporter) => {
    if ((tensor.attrs as { rowsBefore?: number }).rowsBefore)
      throw exporter.refuse(tensor, "a product in another order");
    return plain(tensor, "MatMul", tensor.inputs, exporter);
  },
  conv: (tensor, exporter) => convolution(tensor, exporter) as Emitted,
  convInputGrad: (tensor, exporter) => convolution(tensor, exporter) as Emitted,
  convFilterGrad: onlyTraining,
  depthwiseConv: (tensor, exporter) => convolution(tensor, exporter) ?? refused("a convolution")(tensor, exporter),
  depthwiseConvInputGrad: onlyTraining,
  depthwiseConvFilterGrad: onlyTraining,
  pool: (tensor, exporter) => pooling(tensor, exporter) ?? refused("sums of windows")(tensor, exporter),
  poolGrad: onlyTraining,
  reduce: (tensor, exporter) => reduction(tensor, exporter, false) as Emitted,
  argReduce: (tensor, exporter) => {
    const { operation, axis } = tensor.attrs as { operation: "max" | "min"; axis: number };
    const op = operation === "max" ? "ArgMax" : "ArgMin";
    const x = exporter.get(tensor.inputs[0] as Tensor);
    const found = exporter.graph.node(op, [x], { axis, keepdims: 0 });
    return identity(tensor, exporter.graph.node("Cast", [found], { to: elementTypes.int32 }));
  },
  softmax: (tensor, exporter) => {
    const { name, order } = exporter.native(tensor.inputs[0] as Tensor);
    const op = (tensor.attrs as { log: boolean }).log ? "LogSoftmax" : "Softmax";
    return { name: exporter.graph.node(op, [name], { axis: order.indexOf(tensor.rank - 1) }), order };
  },
  softmaxGrad: onlyTraining,
  reshape,
  transpose: (tensor, exporter) => {
    const { permutation } = tensor.attrs as { permutation: readonly number[] };
    const { name, order } = exporter.native(tensor.inputs[0] as Tensor);
    return { name, order: order.map((axis) => permutation.indexOf(axis)) };
  },
  broadcastTo,
  slice,
  concat: (tensor, exporter) => {
    const order = orderOf(tensor.inputs, tensor.rank, exporter);
    const axis = order.indexOf((tensor.attrs as { axis: number }).axis);
    const names = tensor.inputs.map((input) => exporter.get(input, order));
    return { name: exporter.graph.node("Concat", names, { axis }), order };
  },
  pad: (tensor, exporter) => {
    const { paddings, value } = tensor.attrs as { paddings: readonly (readonly [number, number])[]; value: number };
    const { name, order } = exporter.native(tensor.inputs[0] as Tensor);
    const [before, after] = [0, 1].map((end) => order.map((axis) => paddings[axis]?.[end] ?? 0)) as [
      number[],
      number[],
    ];
    const { graph } = exporter;
    const pads = graph.ints([...before, ...after]);
    const filler =
      tensor.dtype === "int32"
        ? graph.initializer(Int32Array.of(value), "int32", [], "number", `int32 ${value}`)
        : graph.float(value);
    return { name: graph.node("Pad", [name, pads, filler]), order };
  },
  gather: (tensor, exporter) => plain(tensor, "Gather", tensor.inputs, exporter),
  scatterAdd: refused("sums of elements at places that depend on the input"),
  groupRows: onlyTraining,
  setRows: onlyTraining,
  random: refused("random numbers when it predicts"),
  cumsum: (tensor, exporter) => {
    const { axis, exclusive, reverse } = tensor.attrs as { axis: number; exclusive: boolean; reverse: boolean };
    const { graph } = exporter;
    const at = graph.initializer(BigInt64Array.of(BigInt(axis)), "int64", [], "axis", `int64 ${axis}`);
    const inputs = [exporter.get(tensor.inputs[0] as Tensor), at];
    return identity(tensor, graph.node("CumSum", inputs, { exclusive: Number(exclusive), reverse: Number(reverse) }));
  },
  scan: refused("a loop over steps"),
  scanOutput: refused("a loop over steps", "Use lstm, gru or simpleRnn."),
  scanOutputGrad: onlyTraining,
  withGradient: (tensor, exporter) => exporter.native(tensor.inputs[0] as Tensor),
};

const identity = ({ rank }: Tensor, name: string): Emitted => ({ name, order: axesOf(rank) });

/** A node whose inputs and output have their axes in their own order. */
const plain = (tensor: Tensor, op: string, inputs: readonly Tensor[], exporter: Exporter): Emitted =>
  identity(
    tensor,
    exporter.graph.node(
      op,
      inputs.map((input) => exporter.get(input)),
    ),
  );

const functionOf = ({ op, attrs }: Tensor): string | undefined =>
  op.name === "elementwise" ? (attrs as ElementwiseAttrs).fn.name : undefined;

/** A convolution with a bias for each channel, which is a part of its node. */
function biased(tensor: Tensor, exporter: Exporter): Emitted | undefined {
  const [product, bias] = tensor.inputs;
  const channels = tensor.shape.at(-1);
  if (functionOf(tensor) !== "add" || !product || !bias || !exporter.constant(bias)) return undefined;
  if (!sameShape(product.shape, tensor.shape) || bias.rank !== 1 || bias.shape[0] !== channels) return undefined;
  return convolution(product, exporter, bias);
}

/** A sum that is multiplied by one over the number of its terms, also where that is not known: a mean. */
function meanOf(tensor: Tensor, exporter: Exporter): Emitted | undefined {
  const [sum, factor] = tensor.inputs;
  const value = factor && constantValue(factor);
  if (functionOf(tensor) !== "mul" || !sum || value === undefined) return undefined;
  const reduced = sum.op.name === "reshape" ? (sum.inputs[0] as Tensor) : sum;
  if (reduced.op.name !== "reduce") return undefined;
  const { operation, axes } = reduced.attrs as ReduceAttrs;
  const { shape } = reduced.inputs[0] as Tensor;
  const count = sizeOf(axes.map((axis) => shape[axis] as number));
  return operation === "sum" && Object.is(value, 1 / count) ? reduction(sum, exporter, true) : undefined;
}

/** A reduction, or the reshape that gives it its axes back with extent 1; undefined for others. */
function reduction(tensor: Tensor, exporter: Exporter, isMean: boolean): Emitted | undefined {
  const isKept = tensor.op.name === "reshape";
  const reduced = isKept ? (tensor.inputs[0] as Tensor) : tensor;
  if (reduced.op.name !== "reduce") return undefined;
  const { operation, axes } = reduced.attrs as ReduceAttrs;
  const [x] = reduced.inputs as [Tensor];
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  if (isKept && !sameShape(kept, tensor.shape)) return undefined;
  const { name, order } = exporter.native(x);
  const { graph } = exporter;
  const places = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
  const keepdims = Number(isKept);
  // Only the sum has its axes among the inputs in this operator set.
  const op = isMean
    ? "ReduceMean"
    : { sum: "ReduceSum", max: "ReduceMax", min: "ReduceMin", prod: "ReduceProd" }[operation];
  const result =
    op === "ReduceSum"
      ? graph.node(op, [name, graph.ints(places)], { keepdims })
      : graph.node(op, [name], { axes: places, keepdims });
  if (isKept) return { name: result, order };
  const left = order.filter((axis) => !axes.includes(axis));
  const ranks = [...left].sort((a, b) => a - b);
  return { name: result, order: left.map((axis) => ranks.indexOf(axis)) };
}

function reshape(tensor: Tensor, exporter: Exporter): Emitted {
  const known =
    convolution(tensor, exporter) ??
    pooling(tensor, exporter) ??
    reduction(tensor, exporter, false) ??
    productOfRows(tensor, exporter);
  if (known) return known;
  const [x] = tensor.inputs as [Tensor];
  const { graph } = exporter;
  const unknown = tensor.shape.filter(Number.isNaN).length;
  // 0 keeps the input's extent, −1 is worked out.
  let isLeading = unknown > 1;
  let holes = 0;
  const target = tensor.shape.map((extent, axis) => {
    isLeading &&= Object.is(extent, x.shape[axis]);
    if (!Number.isNaN(extent)) return extent;
    if (isLeading) return 0;
    holes++;
    return -1;
  });
  if (holes > 1) throw exporter.refuse(tensor, "a reshape with several extents that are not known", giveShapes);
  return identity(tensor, graph.node("Reshape", [exporter.get(x), graph.ints(target)]));
}

/** x·w over the last axis, which is recorded as a product of one large matrix: ONNX's product needs no reshapes. */
function productOfRows(tensor: Tensor, exporter: Exporter): Emitted | undefined {
  const [product] = tensor.inputs as [Tensor];
  const [rows, w] = product.inputs;
  const [x] = rows?.inputs ?? [];
  if (product.op.name !== "matmul" || rows?.op.name !== "reshape" || rows.rank !== 2 || !x || !w) return undefined;
  const expected = [...x.shape.slice(0, -1), w.shape[1] as number];
  if (w.rank !== 2 || x.shape.at(-1) !== rows.shape[1] || !sameShape(tensor.shape, expected)) return undefined;
  return plain(tensor, "MatMul", [x, w], exporter);
}

function broadcastTo(tensor: Tensor, exporter: Exporter): Emitted {
  const [x] = tensor.inputs as [Tensor];
  const { graph } = exporter;
  const lead = tensor.rank - x.rank;
  // An extent of 1 in the target leaves the input's.
  const known = tensor.shape.map((extent) => (Number.isNaN(extent) ? 1 : extent));
  const open = axesOf(tensor.rank).filter(
    (axis) => Number.isNaN(tensor.shape[axis]) && !Number.isNaN(x.shape[axis - lead]),
  );
  // A number for all elements stands for what is not computed as long as extents are unknown.
  if (open.some((axis) => axis > 0) || (open.length > 0 && x.rank === 0))
    throw exporter.refuse(tensor, "a broadcast to an extent that is not known", giveShapes);
  const shape =
    open.length === 0
      ? graph.ints(known)
      : graph.node("Concat", [exporter.batch(), graph.ints(known.slice(1))], { axis: 0 });
  return identity(tensor, graph.node("Expand", [exporter.get(x), shape]));
}

function slice(tensor: Tensor, exporter: Exporter): Emitted {
  const [x] = tensor.inputs as [Tensor];
  const { begin, size } = tensor.attrs as { begin: readonly number[]; size: readonly number[] };
  const { name, order } = exporter.native(x);
  const { graph } = exporter;
  const cut = axesOf(x.rank).filter((axis) => {
    const isWhole = begin[axis] === 0 && Object.is(size[axis], x.shape[axis]);
    const isUnknown = Number.isNaN(size[axis]) || Number.isNaN(begin[axis]);
    // Of the batch all samples are meant.
    if (isUnknown && (axis > 0 || begin[axis] !== 0))
      throw exporter.refuse(tensor, "a part of an extent that is not known", giveShapes);
    return !isWhole && !isUnknown;
  });
  if (cut.length === 0) return { name, order };
  const starts = cut.map((axis) => begin[axis] as number);
  const ends = cut.map((axis) => (begin[axis] as number) + (size[axis] as number));
  const axes = cut.map((axis) => order.indexOf(axis));
  return { name: graph.node("Slice", [name, graph.ints(starts), graph.ints(ends), graph.ints(axes)]), order };
}
