// The host stage of a network: the layers that work on the host, applied to columns before there are batches.
import { type HostArray, rowsOf } from "../../../data/array.ts";
import { isPlainRecord } from "../../../data/tree.ts";
import { lookUp, shapeError, stateError, valueError } from "../../../errors.ts";
import { formatShape } from "../../../ir/shape.ts";
import type { HostStage, Start } from "../../host-stage.ts";
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
    columns: async (label, given) => {
      const values = new Map<SymbolicTensor, HostColumn>();
      const columns = await readInputs(label, network, inputs, given);
      inputs.forEach((input, index) => {
        values.set(input, columns[index] as HostColumn);
      });
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
    applyTo: (given) => applyInside(network, inputs, outputs, applications, given),
  };
}

/** The data for each input. */
async function readInputs(
  label: string,
  network: Network,
  inputs: readonly SymbolicTensor[],
  given: unknown,
): Promise<HostColumn[]> {
  const names = inputs.map((input) => network.nameOf(input));
  const list = inputsIn(label, names, given);
  const columns = await Promise.all(
    inputs.map(async (input, index) => {
      const name = names.length === 1 ? "x" : `x.${names[index]}`;
      const value = list[index];
      if (value === undefined || value === null)
        throw valueError(label, { rule: `x must have data for "${names[index]}"`, expected: names, received: value });
      const column = input.dtype === "string" ? toTextColumn(name, value) : await toNumbers(name, value);
      return fitted(label, name, column, input);
    }),
  );
  const rows = rowsOf(names[0] as string, columns[0] as HostArray);
  const other = columns.findIndex((column) => column.shape[0] !== rows);
  if (other < 0) return columns;
  throw shapeError(label, {
    rule: "all arrays must have the same number of samples",
    expected: `${rows} samples as in ${names[0]}`,
    received: columns[other]?.shape[0],
    context: `${names[other]}`,
  });
}

function inputsIn(label: string, names: readonly string[], given: unknown): readonly unknown[] {
  if (isPlainRecord(given)) {
    const known = Object.fromEntries(names.map((name) => [name, true]));
    for (const name of Object.keys(given)) lookUp(label, "name in x", known, name);
    return names.map((name) => given[name]);
  }
  if (names.length === 1) return [given];
  if (Array.isArray(given) && given.length === names.length) return given;
  throw valueError(label, {
    rule: `x needs an array for each of ${names.join(", ")}`,
    expected: `a list of ${names.length} arrays or a record by name`,
    received: Array.isArray(given) ? `a list of ${given.length}` : given,
  });
}

/** Single values are rows of one where the input has such; the shape is checked. */
function fitted(label: string, name: string, column: HostColumn, { shape }: SymbolicTensor): HostColumn {
  const isFeature = column.shape.length === 1 && shape.length === 2 && shape[1] === 1;
  const own = isFeature ? [...column.shape, 1] : column.shape;
  const fits =
    own.length === shape.length && shape.every((extent, axis) => axis === 0 || extent === null || extent === own[axis]);
  if (fits) return { ...column, shape: own } as HostColumn;
  throw shapeError(label, {
    rule: `${name} must have the model's input shape`,
    expected: formatShape(shape),
    received: formatShape(own),
    advice: "Check the shape of the input; the first axis counts the samples.",
  });
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
