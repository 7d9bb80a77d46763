// The host stage of a network: the layers that work on the host, applied to columns before there are batches.
import type { HostArray } from "../../../data/array.ts";
import { stateError } from "../../../errors.ts";
import type { HostStage, Start } from "../../host-stage.ts";
import { listOf } from "../../layer.ts";
import type { Network } from "../../network.ts";
import { type Application, SymbolicTensor } from "../../symbolic.ts";
import { type HostColumn, toNumbers, toTextColumn } from "./columns.ts";
import type { HostLayer } from "./host-layer.ts";

/** The stage of a network that has layers which work on the host. */
export function makeHostStage(
  network: Network,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  applications: readonly Application[],
): HostStage {
  const onHost = applications.filter(({ layer }) => layer.makeStage);
  const recorded = applications.filter(({ layer }) => !layer.makeStage);
  const made = new Set(recorded.flatMap((use) => use.outputs));
  // Each once, in the order of the inputs and layers that give them.
  const known = [...inputs, ...onHost.flatMap((use) => use.outputs)];
  const needed = new Set([...recorded.flatMap((use) => use.inputs), ...outputs].filter((tensor) => !made.has(tensor)));
  const starts = known.filter((tensor) => needed.has(tensor)) as Start[];
  return {
    starts,
    recorded,
    read: (name, given, input) =>
      (inputs[input]?.dtype === "string" ? toTextColumn(name, given) : toNumbers(name, given)) as HostArray,
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
    applyTo: (given) => applyInside(network, inputs, outputs, applications, listOf(given as SymbolicTensor)),
  };
}

/** Applies the layers of a network one by one, as parts of another one. */
function applyInside(
  network: Network,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  applications: readonly Application[],
  given: readonly SymbolicTensor[],
): SymbolicTensor[] {
  const isGiven = given.length === inputs.length && given.every((tensor) => tensor instanceof SymbolicTensor);
  if (!isGiven) {
    throw stateError(network.label, {
      rule: "a network that takes strings is applied to inputs",
      expected: `${inputs.length} symbolic tensors`,
      received: given,
      advice: "For data use model.predict(x).",
    });
  }
  const values = new Map(inputs.map((input, index) => [input, given[index] as SymbolicTensor]));
  for (const { layer, inputs: sources, single, outputs: results } of applications) {
    const list = sources.map((source) => values.get(source) as SymbolicTensor);
    const made = layer.applyAll(single ? (list[0] as SymbolicTensor) : list);
    results.forEach((result, index) => {
      values.set(result, made[index] as SymbolicTensor);
    });
  }
  return outputs.map((output) => values.get(output) as SymbolicTensor);
}
