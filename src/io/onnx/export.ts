// Writes a model as an ONNX file.
import { evaluate } from "../../backends/evaluate.ts";
import { valueError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import { withUnknownExtents } from "../../ir/shape.ts";
import { checkSampleShape } from "../../nn/input.ts";
import { listOf } from "../../nn/layer.ts";
import { Recording } from "../../nn/recording.ts";
import type { SymbolicTensor } from "../../nn/symbolic.ts";
import { checkOptions } from "../../options.ts";
import { constantValue, placeholder } from "../../tensor/ops/leaf.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { outputNames } from "../../train/batch-maker.ts";
import type { Model } from "../../train/model.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { axesOf, channelsFirst, Exporter, type LayerUse } from "./exporter.ts";
import { OnnxGraph } from "./graph.ts";
import { layerEmitter } from "./layers.ts";
import { emitOperation } from "./operations.ts";

/** Options of `exportOnnx`. */
export interface OnnxOptions {
  /**
   * Where images, inputs and outputs of four or five axes, have their channels: "nhwc" (default) last, as in aretejs;
   * "nchw" first, as in PyTorch and in most files for onnxruntime.
   */
  layout?: "nhwc" | "nchw";
  /**
   * The shape of one sample of each input, in the order of the model's inputs, for extents that the model leaves open
   * and that an operation needs. Default: what the model says; open extents stay open.
   */
  inputShapes?: readonly (readonly (number | null)[])[];
}

/** See `exportOnnx` of `aretejs/io`. */
export async function writeOnnx(model: Model, given: OnnxOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { layout = "nhwc", inputShapes } = checkOptions("exportOnnx", given, { layout: "string", inputShapes: "list" });
  sessionOf("exportOnnx", model);
  checkBuilt("exportOnnx", model);
  if (layout !== "nhwc" && layout !== "nchw")
    throw valueError("exportOnnx", { rule: "unknown layout", expected: '"nhwc" or "nchw"', received: layout });
  const shapes = sampleShapes(model, inputShapes);
  const observed: LayerUse[] = [];
  const { inputs, outputs } = withUnknownExtents(() => {
    const placeholders = model.starts.map(({ dtype }, index) =>
      placeholder(
        `input_${index}`,
        [null, ...(shapes[index] ?? [])].map((extent) => extent ?? Number.NaN),
        dtype,
      ),
    );
    const recording = new Recording(model, {
      training: false,
      key: placeholder("key", [4], "int32"),
      observe: (layer, results, sources) =>
        observed.push({
          layer,
          inputs: sources,
          outputs: results,
          isMasked: sources[0] !== undefined && recording.maskOf(sources[0]) !== undefined,
        }),
    });
    return { inputs: placeholders, outputs: listOf(model.call(placeholders, recording)) };
  });

  const graph = new OnnxGraph();
  const constants = await constantsOf(outputs, observed);
  const exporter = new Exporter(graph, constants, observed, emitOperation, layerEmitter);
  const orderOf = ({ rank }: Tensor) => (layout === "nchw" && rank >= 4 ? channelsFirst(rank) : axesOf(rank));
  const extentsOf = (tensor: Tensor, name: string) =>
    orderOf(tensor).map((axis) => {
      const extent = tensor.shape[axis] as number;
      return Number.isNaN(extent) ? (axis === 0 ? "batch" : `${name}_${axis}`) : extent;
    });
  inputs.forEach((tensor, index) => {
    const name = model.nameOf(model.starts[index] as SymbolicTensor);
    graph.input(name, tensor.dtype, extentsOf(tensor, name));
    exporter.setInput(tensor, { name, order: orderOf(tensor) });
  });
  // Names of outputs are taken before nodes could have them.
  const names = outputNames(model).map((name) => graph.unique(name));
  outputs.forEach((tensor, index) => {
    const name = names[index] as string;
    graph.node("Identity", [exporter.get(tensor, orderOf(tensor))], {}, name);
    graph.output(name, tensor.dtype, extentsOf(tensor, name));
  });
  return graph.finish(model.name);
}

/** The shape of a sample of each input. @throws ValueError where those given do not fit the model's. */
function sampleShapes(model: Model, given: OnnxOptions["inputShapes"]): readonly (readonly (number | null)[])[] {
  const own = model.inputs.map(({ shape }) => shape.slice(1));
  if (given === undefined) return own;
  for (const shape of given) checkSampleShape("exportOnnx", "each of inputShapes", shape);
  const fits =
    given.length === own.length &&
    given.every((shape, index) => {
      const expected = own[index] ?? [];
      return (
        shape.length === expected.length &&
        shape.every((extent, axis) => expected[axis] === null || expected[axis] === extent)
      );
    });
  if (fits) return given;
  throw valueError("exportOnnx", {
    rule: "inputShapes are shapes that the inputs can have",
    expected: own,
    received: given,
  });
}

/** The values of all tensors that depend on no input and that something which does depends on. */
async function constantsOf(
  roots: readonly Tensor[],
  observed: readonly LayerUse[],
): Promise<ReadonlyMap<Tensor, TypedArray>> {
  const uses = new Map<Tensor, LayerUse>();
  for (const use of observed)
    if (layerEmitter(use)) for (const output of use.outputs) if (!uses.has(output)) uses.set(output, use);
  const known = new Map<Tensor, boolean>();
  const found = new Set<Tensor>();
  const visited = new Set<Tensor>();
  const stack = [...roots];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (visited.has(tensor)) continue;
    visited.add(tensor);
    const use = uses.get(tensor);
    if (use) stack.push(...use.inputs, ...use.layer.variables.map((variable) => variable.tensor));
    else if (isConstant(tensor, known)) found.add(tensor);
    else stack.push(...tensor.inputs);
  }
  const list = [...found];
  const variableOf = ({ attrs }: Tensor) => (attrs as { variable?: Variable }).variable;
  const computed = list.filter((tensor) => !variableOf(tensor));
  const values = computed.length > 0 ? await evaluate(computed) : [];
  const constants = new Map(computed.map((tensor, index) => [tensor, values[index] as TypedArray]));
  for (const tensor of list) {
    const variable = variableOf(tensor);
    if (variable) constants.set(tensor, await variable.read());
  }
  return constants;
}

/** Whether a tensor depends on no input and on no extent that is unknown. Inputs of a tensor have smaller ids. */
function isConstant(root: Tensor, known: Map<Tensor, boolean>): boolean {
  const stack = [root];
  for (let tensor = stack.at(-1); tensor; tensor = stack.at(-1)) {
    const waiting = tensor.inputs.filter((input) => !known.has(input));
    if (waiting.length > 0 && !known.has(tensor)) {
      stack.push(...waiting);
      continue;
    }
    const isLeaf = tensor.op.name !== "input" && tensor.op.name !== "random";
    const isKnown = !tensor.shape.some(Number.isNaN) && !Number.isNaN(constantValue(tensor) ?? 0);
    known.set(tensor, isLeaf && isKnown && tensor.inputs.every((input) => known.get(input)));
    stack.pop();
  }
  return known.get(root) as boolean;
}
