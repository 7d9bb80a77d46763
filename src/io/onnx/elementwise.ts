// Functions of single elements as ONNX nodes. Those without an operator of their own are made of primitives.
import type { Algebra } from "../../ir/primitive.ts";
import type { ElementwiseAttrs } from "../../tensor/ops/elementwise.ts";
import type { Arguments, Params } from "../../tensor/scalar/function.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { axesOf, type Emitted, type Exporter, permuted } from "./exporter.ts";
import { type Attribute, elementTypes, type OnnxGraph } from "./graph.ts";

/** Emits a function of the elements of tensors that broadcast, in the order of axes that most of them have. */
export function elementwise(tensor: Tensor, exporter: Exporter): Emitted {
  const { fn, params } = tensor.attrs as ElementwiseAttrs;
  const order = orderOf(tensor.inputs, tensor.rank, exporter);
  const names = tensor.inputs.map((input) => operand(input, order, exporter));
  const { graph } = exporter;
  const direct = operators(fn.name, params);
  const name = direct
    ? graph.node(direct[0], names, direct[1])
    : fn.value(algebraOf(graph, tensor, exporter), names as unknown as Arguments<string>, params);
  return { name, order };
}

/** The order of axes of the operand that has the result's shape, or else of one that has its rank. */
export function orderOf(inputs: readonly Tensor[], rank: number, exporter: Exporter): readonly number[] {
  const full = inputs.filter((input) => input.rank === rank && !exporter.constant(input));
  const orders = full.map((input) => ({ input, order: exporter.native(input).order }));
  const large = orders.filter(({ input }) => input.shape.slice(1, -1).every((extent) => extent !== 1));
  return (large[0] ?? orders[0])?.order ?? axesOf(rank);
}

/** An operand as float32, with its axes in the order of a result that may have more of them. */
function operand(input: Tensor, order: readonly number[], exporter: Exporter): string {
  const { graph } = exporter;
  const missing = order.length - input.rank;
  const isPlain = order.every((axis, index) => axis === index);
  const data = exporter.constant(input);
  let name: string;
  if (input.rank === 0 || missing === 0) name = exporter.get(input, input.rank === 0 ? [] : order);
  else if (isPlain) name = exporter.get(input);
  else if (data) {
    const shape = [...axesOf(missing).map(() => 1), ...input.shape];
    const values = Float32Array.from(permuted(data, shape, order));
    name = graph.initializer(
      values,
      "float32",
      order.map((axis) => shape[axis] as number),
    );
    return name;
  } else {
    const long = graph.node("Unsqueeze", [exporter.get(input), graph.ints(axesOf(missing))]);
    name = graph.node("Transpose", [long], { perm: order });
  }
  return input.dtype === "int32" ? graph.node("Cast", [name], { to: elementTypes.float32 }) : name;
}

/** The ONNX operator that is this function, with its attributes; undefined where there is none. */
function operators(name: string, p: Params): readonly [string, Record<string, Attribute>] | undefined {
  const { negativeSlope = 0, threshold = 0, maxValue = 0 } = p;
  if (name === "relu" && threshold === 0 && maxValue === Number.POSITIVE_INFINITY)
    return negativeSlope === 0 ? ["Relu", {}] : ["LeakyRelu", { alpha: { float: negativeSlope } }];
  if (name === "elu" || name === "celu") return [name === "elu" ? "Elu" : "Celu", { alpha: { float: p.alpha ?? 1 } }];
  const plain = {
    sigmoid: "Sigmoid",
    softplus: "Softplus",
    softsign: "Softsign",
    selu: "Selu",
    reciprocal: "Reciprocal",
    add: "Add",
    sub: "Sub",
    mul: "Mul",
    div: "Div",
  };
  return Object.hasOwn(plain, name) ? [plain[name as keyof typeof plain], {}] : undefined;
}

/** The primitives as nodes. Truth values are float32 numbers, 1 or 0. */
function algebraOf(graph: OnnxGraph, tensor: Tensor, exporter: Exporter): Algebra<string> {
  const unary = (op: string) => (x: string) => graph.node(op, [x]);
  const binary = (op: string) => (x: string, y: string) => graph.node(op, [x, y]);
  const number = (truth: string) => graph.node("Cast", [truth], { to: elementTypes.float32 });
  const truth = (x: string) => graph.node("Cast", [x], { to: elementTypes.bool });
  const compare = (op: string) => (x: string, y: string) => number(graph.node(op, [x, y]));
  const one = () => graph.float(1);
  return {
    constant: (value) => {
      if (Number.isNaN(value))
        throw exporter.refuse(tensor, "a number that follows from an extent that is not known", giveShapes);
      return graph.float(value);
    },
    neg: unary("Neg"),
    abs: unary("Abs"),
    sign: unary("Sign"),
    floor: unary("Floor"),
    ceil: unary("Ceil"),
    round: unary("Round"),
    sqrt: unary("Sqrt"),
    exp: unary("Exp"),
    expm1: (x) => graph.node("Sub", [graph.node("Exp", [x]), one()]),
    log: unary("Log"),
    log1p: (x) => graph.node("Log", [graph.node("Add", [x, one()])]),
    tanh: unary("Tanh"),
    erf: unary("Erf"),
    erfinv: () => {
      throw exporter.refuse(tensor, "the inverse error function");
    },
    sin: unary("Sin"),
    cos: unary("Cos"),
    add: binary("Add"),
    sub: binary("Sub"),
    mul: binary("Mul"),
    div: binary("Div"),
    min: binary("Min"),
    max: binary("Max"),
    pow: binary("Pow"),
    equal: compare("Equal"),
    notEqual: (x, y) => number(graph.node("Not", [graph.node("Equal", [x, y])])),
    less: compare("Less"),
    lessEqual: compare("LessOrEqual"),
    select: (condition, x, y) => graph.node("Where", [truth(condition), x, y]),
  };
}

/** Advice where an extent is needed that the model does not say. */
export const giveShapes = "Give inputShapes, the shapes of one sample of each input.";
