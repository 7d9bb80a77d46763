// The host stage of a network: the layers that work on the host, applied to columns before there are batches.
import type { HostArray } from "../../../data/array.ts";
import { shapeError, stateError } from "../../../errors.ts";
import { formatShape } from "../../../ir/shape.ts";
import type { HostStage, Start } from "../../host-stage.ts";
import { listOf } from "../../layer.ts";
import { Network } from "../../network.ts";
import { type Application, SymbolicTensor } from "../../symbolic.ts";
import { agree } from "../../use-layer.ts";
import { functionLayer } from "../function.ts";
import { type HostColumn, toNumberColumn, toTextColumn } from "./columns.ts";
import type { HostLayer } from "./host-layer.ts";

/** The uses of the layers of a network, and of those in networks inside it that have a stage. */
const usesOf = new WeakMap<HostStage, readonly Application[]>();

/** The stage of a network that has layers which work on the host. */
export function makeHostStage(
  network: Network,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  applications: readonly Application[],
): HostStage {
  const uses = applications.flatMap((use) => (stageOf(use) ? inlined(use) : use));
  const onHost = uses.filter(({ layer }) => layer.makeStage);
  const recorded = uses.filter(({ layer }) => !layer.makeStage);
  const made = new Set(recorded.flatMap((use) => use.outputs));
  // Each once, in the order of the inputs and layers that give them.
  const known = [...inputs, ...onHost.flatMap((use) => use.outputs)];
  const needed = new Set([...recorded.flatMap((use) => use.inputs), ...outputs].filter((tensor) => !made.has(tensor)));
  const starts = known.filter((tensor) => needed.has(tensor)) as Start[];
  const stage: HostStage = {
    starts,
    recorded,
    read: (name, given, input) =>
      (inputs[input]?.dtype === "string" ? toTextColumn(name, given) : toNumberColumn(name, given)) as HostArray,
    encode: (columns) => {
      const values = new Map<SymbolicTensor, HostColumn>(
        inputs.map((input, index) => [input, columns[index] as HostColumn]),
      );
      for (const {
        layer,
        inputs: [source],
        outputs: [output],
      } of onHost) {
        const column = values.get(source as SymbolicTensor) as HostColumn;
        values.set(output as SymbolicTensor, (layer as HostLayer).encode(column));
      }
      return starts.map((start) => values.get(start) as HostArray);
    },
    applyTo: (given) => applyNetwork(network, inputs, outputs, onHost, given),
  };
  usesOf.set(stage, uses);
  return stage;
}

const stageOf = ({ layer }: Application): HostStage | undefined => (layer instanceof Network ? layer.stage : undefined);

/** The uses of layers within one use of a network that has a stage, between that use's inputs and outputs. */
function inlined({ layer, inputs, outputs }: Application): Application[] {
  const network = layer as Network;
  const inside = new Map<SymbolicTensor, SymbolicTensor>();
  network.outputs.forEach((output, at) => {
    if (!inside.has(output)) inside.set(output, outputs[at] as SymbolicTensor);
  });
  network.inputs.forEach((input, at) => {
    inside.set(input, inputs[at] as SymbolicTensor);
  });
  const tensorFor = (tensor: SymbolicTensor): SymbolicTensor => {
    const found = inside.get(tensor) ?? new SymbolicTensor(tensor.shape, tensor.dtype);
    inside.set(tensor, found);
    return found;
  };
  const uses = (usesOf.get(network.stage as HostStage) ?? []).map((use) => ({
    ...use,
    inputs: use.inputs.map(tensorFor),
    outputs: use.outputs.map(tensorFor),
  }));
  // An output that is an input, or is listed again, is passed on.
  const passed = network.outputs.flatMap((output, at): Application[] => {
    const source = tensorFor(output);
    const target = outputs[at] as SymbolicTensor;
    return source === target ? [] : [{ layer: passOn(source), inputs: [source], single: true, outputs: [target] }];
  });
  return [...uses, ...passed];
}

function passOn({ shape }: SymbolicTensor) {
  const layer = functionLayer("identity", {}, (x) => x);
  layer.ensureBuilt(shape);
  return layer;
}

/** Whether a tensor is known before anything is recorded: an input, or what a layer on the host gives. */
export function isKnownOnHost(tensor: SymbolicTensor): boolean {
  const { source } = tensor;
  if (!source) return true;
  const { layer, inputs, outputs } = source;
  if (!stageOf(source)) return layer.makeStage !== undefined;
  const network = layer as Network;
  const output = network.outputs[outputs.indexOf(tensor)] as SymbolicTensor;
  const at = network.inputs.indexOf(output);
  return isKnownOnHost(at < 0 ? output : (inputs[at] as SymbolicTensor));
}

/** Uses a network as a layer of another one. */
function applyNetwork(
  network: Network,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  onHost: readonly Application[],
  given: unknown,
): SymbolicTensor[] {
  const list = [...listOf(given as SymbolicTensor)];
  if (list.length !== inputs.length || list.some((tensor) => !(tensor instanceof SymbolicTensor))) {
    throw stateError(network.label, {
      rule: "a network that takes strings is applied to inputs",
      expected: `${inputs.length} symbolic tensors`,
      received: given,
      advice: "For data use model.predict(x).",
    });
  }
  inputs.forEach((input, at) => {
    const tensor = list[at] as SymbolicTensor;
    if (!agree(tensor.shape, input.shape) || (tensor.dtype === "string") !== (input.dtype === "string")) {
      throw shapeError(network.label, {
        rule: `input "${network.nameOf(input)}" is another`,
        expected: `${input.dtype} ${formatShape(input.shape)}`,
        received: `${tensor.dtype} ${formatShape(tensor.shape)}`,
      });
    }
    if (!isKnownOnHost(tensor) && onHost.some((use) => use.inputs.includes(input)))
      throw recordedTooEarly(network.label, tensor);
  });
  const results: SymbolicTensor[] = [];
  const source = { layer: network, inputs: list, single: given instanceof SymbolicTensor, outputs: results };
  for (const { shape, dtype } of outputs) results.push(new SymbolicTensor(shape, dtype, source));
  return results;
}

/** What works on the host cannot follow what is recorded. */
export const recordedTooEarly = (label: string, received: SymbolicTensor | undefined): Error =>
  stateError(label, {
    rule: "works on the host, before anything is recorded",
    expected: "an input, or the output of another layer that works on the host",
    received: received ? `the output of ${received.layer?.label}` : "tensors",
  });
