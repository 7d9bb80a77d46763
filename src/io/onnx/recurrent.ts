// Recurrent layers as ONNX's LSTM, GRU and RNN nodes.
import type { TypedArray } from "../../ir/dtype.ts";
import type { Layer } from "../../nn/layer.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type EmitLayer, type Emitted, type Exporter, refusal } from "./exporter.ts";
import type { Attribute, OnnxGraph } from "./graph.ts";

/** What recurrent layers have besides what all layers have. */
interface RecurrentParts {
  readonly cells: readonly Layer[];
  readonly options: { readonly returnSequences?: boolean; readonly goBackwards?: boolean; readonly stateful?: boolean };
  readonly keepsTime: boolean;
}

interface CellKind {
  readonly op: "LSTM" | "GRU" | "RNN";
  /** For each gate of ONNX, in its order, which one of Keras's it is. */
  readonly gates: readonly number[];
}

/** Keras's LSTM has the gates i, f, c, o, and ONNX's i, o, f, c. Both have z, r, h of a GRU. */
const cellKinds: Readonly<Record<string, CellKind>> = {
  lstmCell: { op: "LSTM", gates: [0, 3, 1, 2] },
  gruCell: { op: "GRU", gates: [0, 1, 2] },
  simpleRnnCell: { op: "RNN", gates: [0] },
};

/** ONNX's names of activations, with what `activation_alpha` and `activation_beta` say. */
const activations: Readonly<Record<string, readonly [name: string, alpha?: number, beta?: number]>> = {
  tanh: ["Tanh"],
  sigmoid: ["Sigmoid"],
  relu: ["Relu"],
  softsign: ["Softsign"],
  softplus: ["Softplus"],
  elu: ["Elu", 1],
  hardSigmoid: ["HardSigmoid", 1 / 6, 0.5],
  linear: ["Affine", 1, 0],
};

/** Cells one after the other, each over the outputs of the one before. */
export const recurrent: EmitLayer = (use, exporter) => {
  const layer = use.layer as Layer & RecurrentParts;
  const { cells, options, keepsTime } = layer;
  const { returnSequences = false, goBackwards = false, stateful = false } = options;
  if (use.isMasked) throw refusal(layer, "masked steps", "Leave out maskZero and masking.");
  if (stateful) throw refusal(layer, "states kept between calls", "Give states as inputs and returnState: true.");
  const { graph } = exporter;
  const [x, ...given] = use.inputs as [Tensor, ...Tensor[]];
  let sequence = exporter.get(x, [1, 0, 2]);
  let output = "";
  const states: Emitted[] = [];
  cells.forEach((cell, index) => {
    const count = cell.kind === "lstmCell" ? 2 : 1;
    const initial = given.slice(states.length, states.length + count);
    const isReversed = goBackwards && index === 0;
    const needed = { sequence: returnSequences || cell !== cells.at(-1), states: true };
    needed.states = use.outputs.length > 1 || !needed.sequence;
    const { outputs, last } = runCell(cell, sequence, initial, isReversed, needed, exporter);
    // Later cells and users read the outputs in the order in which they were computed.
    const keepsOrder = !isReversed || !needed.sequence || (keepsTime && cells.length === 1);
    sequence = keepsOrder ? outputs : reversed(outputs, graph);
    output = last[0] as string;
    states.push(...last.map((name) => ({ name, order: [0, 1] })));
  });
  if (keepsTime && goBackwards && returnSequences && cells.length > 1) sequence = reversed(sequence, graph);
  const result = returnSequences ? { name: sequence, order: [1, 0, 2] } : { name: output, order: [0, 1] };
  return [result, ...states];
};

/** The steps from the last to the first. */
function reversed(name: string, graph: OnnxGraph): string {
  return graph.node("Slice", [name, ...[-1, -(2 ** 31), 0, -1].map((n) => graph.ints([n]))]);
}

/** All outputs [time, batch, units], in the order of time, and the last states [batch, units], as far as needed. */
function runCell(
  cell: Layer,
  sequence: string,
  initial: readonly Tensor[],
  isReversed: boolean,
  needed: { readonly sequence: boolean; readonly states: boolean },
  exporter: Exporter,
): { readonly outputs: string; readonly last: readonly string[] } {
  const kind = Object.hasOwn(cellKinds, cell.kind) ? cellKinds[cell.kind] : undefined;
  if (!kind) throw refusal(cell, "a cell of one's own", "Use lstm, gru or simpleRnn.");
  const { graph } = exporter;
  const { op, gates } = kind;
  const config = cell.getConfig();
  const units = Number(config.units);
  const [kernel, recurrentKernel, bias] = cell.variables as [Variable, Variable, Variable?];
  const add = (name: string, { rows, columns, values }: Matrix) =>
    graph.initializer(values, "float32", [1, rows, columns], name);
  const matrix = ({ tensor, shape }: Variable) =>
    gateRows(exporter.constant(tensor) as TypedArray, shape[0] as number, units, gates);
  const inputs = [sequence, add("W", matrix(kernel)), add("R", matrix(recurrentKernel)), ""];
  if (bias) {
    // Two biases, of input and state; one of Keras is the input's. A row of biases is a matrix of one row.
    const rows = bias.shape.length === 2 ? 2 : 1;
    const data = exporter.constant(bias.tensor) as TypedArray;
    const values = new Float32Array(2 * gates.length * units);
    for (let row = 0; row < rows; row++) {
      const length = gates.length * units;
      values.set(gateRows(data.subarray(row * length, (row + 1) * length), 1, units, gates).values, row * length);
    }
    inputs[3] = graph.initializer(values, "float32", [1, values.length], "B");
  }
  if (initial.length > 0) {
    inputs.push("");
    for (const state of initial) inputs.push(graph.node("Unsqueeze", [exporter.get(state), graph.ints([0])]));
  }
  const attributes = {
    hidden_size: units,
    ...(isReversed && { direction: "reverse" }),
    ...activationAttributes(cell, op),
    ...(op === "GRU" && { linear_before_reset: Number(config.resetAfter ?? true) }),
  };
  const stateNames = op === "LSTM" ? ["Y_h", "Y_c"] : ["Y_h"];
  const y = needed.sequence ? graph.unique("Y") : "";
  const last = needed.states ? stateNames.map((name) => graph.unique(name)) : [];
  graph.nodeOf(op, inputs, attributes, [y, ...last]);
  return {
    outputs: needed.sequence ? graph.node("Squeeze", [y, graph.ints([1])]) : "",
    last: last.map((name) => graph.node("Squeeze", [name, graph.ints([0])])),
  };
}

function activationAttributes(cell: Layer, op: CellKind["op"]): Record<string, Attribute> {
  const { activation = "tanh", recurrentActivation = "sigmoid" } = cell.getConfig();
  const gate = op === "RNN" ? [] : [recurrentActivation];
  const used = [...gate, activation, ...(op === "LSTM" ? [activation] : [])].map((given) => {
    const name = given === null ? "linear" : String(given);
    const known = Object.hasOwn(activations, name) ? activations[name] : undefined;
    if (known) return known;
    const names = Object.keys(activations).join(", ");
    throw refusal(cell, `the activation ${typeof given === "string" ? given : "of one's own"}`, `Use one of ${names}.`);
  });
  const [alphas, betas] = [1, 2].map((at) =>
    used.flatMap((each) => (each[at] === undefined ? [] : [each[at] as number])),
  );
  return {
    activations: used.map(([name]) => name),
    ...(alphas?.length && { activation_alpha: { floats: alphas } }),
    ...(betas?.length && { activation_beta: { floats: betas } }),
  };
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Kernel [features, gates · units] to [gates · units, features], with the gates in ONNX's order. */
function gateRows(data: TypedArray, features: number, units: number, gates: readonly number[]): Matrix {
  const width = gates.length * units;
  const values = new Float32Array(features * width);
  gates.forEach((gate, index) => {
    for (let unit = 0; unit < units; unit++)
      for (let feature = 0; feature < features; feature++)
        values[(index * units + unit) * features + feature] = data[feature * width + gate * units + unit] as number;
  });
  return { rows: width, columns: features, values };
}
