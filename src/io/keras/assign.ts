// Puts the arrays of a file into the variables of a model: all, or none.
import type { NumericArray } from "../../ir/dtype.ts";
import { formatShape, sameShape } from "../../ir/shape.ts";
import type { Network } from "../../nn/network.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import type { Variable } from "../../tensor/variable.ts";
import { damaged, fileError } from "../file-error.ts";
import { findHdf5, type Hdf5Dataset, type Hdf5Group } from "../hdf5/open.ts";
import type { NumberArray } from "../numbers.ts";
import { stateEntries } from "./optimizer-state.ts";
import { weightGroups } from "./weights.ts";

/** A variable and the dataset that it gets its value from. */
export type Pair = readonly [Variable, Hdf5Dataset];

/** The datasets of a group of Keras's: `0`, `1`, … @throws FileError where one is missing. */
function numbered(group: Hdf5Group, path: string, count: number, what: string): Hdf5Dataset[] {
  return Array.from({ length: count }, (_, at) => {
    const found = findHdf5(group, `${path}/${at}`);
    if (found?.kind === "dataset") return found;
    throw fileError("loadModel", {
      rule: `the weights of ${what} must be in the file`,
      expected: `${path}/${at}`,
      received: "none",
      advice: "The file is damaged, or its layers are others.",
    });
  });
}

/** Where the weights of a network are in `model.weights.h5`. @throws FileError where some are missing. */
export async function weightPairs(network: Network, file: Hdf5Group): Promise<Pair[]> {
  const pairs = (await weightGroups(network)).map(async ({ path, name, variables }) => {
    const at = findHdf5(file, path) ? path : (await import("./weights-rest.ts")).otherPath(file, path);
    const datasets = numbered(file, at, variables.length, name);
    return variables.map((variable, index): Pair => [variable, datasets[index] as Hdf5Dataset]);
  });
  return (await Promise.all(pairs)).flat();
}

/** What {@link readPairs} read: to be assigned when everything has been read. */
export type Assignment = readonly [Variable, NumberArray];

/** Checks shapes and reads. @throws FileError where a shape is another. */
export function readPairs(pairs: readonly Pair[]): Promise<Assignment[]> {
  for (const [variable, { path, shape }] of pairs) {
    if (sameShape(shape, variable.shape)) continue;
    throw fileError("loadModel", {
      rule: `"${variable.name}" has another shape in the file`,
      expected: formatShape(variable.shape),
      received: formatShape(shape),
      context: path,
    });
  }
  return Promise.all(pairs.map(async ([variable, dataset]) => [variable, await numbersIn(dataset)] as const));
}

/** Reads. @throws FileError on texts. */
export async function numbersIn(dataset: Hdf5Dataset): Promise<NumberArray> {
  const values = await dataset.read();
  if (!Array.isArray(values)) return values as NumberArray;
  throw damaged("loadModel", `${dataset.path} must be numbers`, "numbers", "texts");
}

/** Gives variables their values. Views of a file are copied; what was copied or unpacked in reading is not. */
export function assignAll(assignments: readonly Assignment[]): void {
  for (const [variable, given] of assignments) {
    const isPlain = given instanceof Float32Array || given instanceof Int32Array;
    const values = isPlain ? given : Float32Array.from(given, Number);
    // A file is larger than any of its arrays.
    setValues(variable, values, values.byteLength === values.buffer.byteLength);
  }
}

/** Sets a variable. @param isOwn whether nothing else has the array: then it is not copied where that is not needed. */
export function setValues(variable: Variable, values: NumericArray, isOwn = false): void {
  if (isOwn && !variable.placement) variable.initial = values;
  else variable.assign(values);
}

/** The number of a dataset that holds one. */
const scalarOf = async (dataset: Hdf5Dataset): Promise<number> => Number((await numbersIn(dataset))[0]);

/** The state of an optimizer in `model.weights.h5`, in its order; none where there is none. */
export function stateIn(file: Hdf5Group): Hdf5Dataset[] {
  const group = findHdf5(file, "optimizer/vars");
  const count = group?.kind === "group" ? group.children.size : 0;
  return numbered(file, "optimizer/vars", count, "the optimizer");
}

/**
 * Gives an optimizer its state, when everything has been read.
 * @param datasets the state in Keras's order.
 * @param note takes why the state cannot be used: then training begins with a fresh one, as in Keras.
 */
export async function restoreState(
  optimizer: Optimizer,
  trained: readonly Variable[],
  datasets: readonly Hdf5Dataset[],
  note: (text: string) => void,
): Promise<void> {
  const entries = stateEntries(optimizer, trained);
  if (!entries) return;
  const count = datasets.length;
  const first = optimizer.isScheduled ? 1 : 2;
  const expected = first + entries.length;
  if (count !== expected) {
    // A model that was compiled and not trained has the first numbers only.
    if (count !== 0 && count !== first)
      note(`the optimizer's state has ${count} arrays in place of ${expected}: training begins with a fresh one`);
    return;
  }
  const pairs = entries.flatMap((entry, at): Pair[] =>
    "tensor" in entry ? [[entry, datasets[first + at] as Hdf5Dataset]] : [],
  );
  const [assignments, steps, rate] = await Promise.all([
    readPairs(pairs),
    scalarOf(datasets[0] as Hdf5Dataset),
    optimizer.isScheduled ? undefined : scalarOf(datasets[1] as Hdf5Dataset),
  ]);
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw damaged("loadModel", "steps must be a count", "an integer ≥ 0", steps);
  assignAll(assignments);
  optimizer.rawSteps = steps;
  // The configuration may have it with more digits than float32 has.
  if (rate !== undefined && rate !== Math.fround(optimizer.learningRate)) optimizer.learningRate = rate;
}
