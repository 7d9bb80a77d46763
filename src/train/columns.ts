import { type ArrayInput, type HostArray, isHostArray, rowsOf, toHostArray } from "../data/array.ts";
import type { TextInput } from "../data/text.ts";
import { isPlainRecord } from "../data/tree.ts";
import { lookUp, shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import type { BatchShape } from "../nn/layer.ts";
import type { Loss } from "../nn/loss.ts";
import type { Network } from "../nn/network.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Columns } from "./batch.ts";
import { checkShapes, nameIn } from "./check-columns.ts";

/** Data for one input or output, or for several in a list or by name; null for labels of an output that needs none. */
export type ArraysGiven = ArrayInput | readonly (ArrayInput | null)[] | Readonly<Record<string, ArrayInput | null>>;

/** What a model takes, which may be strings where its first layers take them. */
export type InputsGiven =
  | ArraysGiven
  | TextInput
  | readonly (ArrayInput | TextInput)[]
  | Readonly<Record<string, ArrayInput | TextInput>>;

/** The model that data are for. */
export interface DataTarget {
  /** In front of messages. */
  readonly label: string;
  readonly network: Network;
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** Which outputs are compared with labels; undefined where only x is read. */
  readonly needsLabels: readonly boolean[] | undefined;
  /** One per output, where there are labels; undefined for outputs without a loss. */
  readonly losses: readonly (Loss | undefined)[];
  /** Whether the numbers themselves are checked, in addition to shapes. */
  readonly checkData: boolean;
}

/** Arrays as a user hands them in. */
export interface DataGiven {
  readonly x: InputsGiven;
  readonly y?: ArraysGiven | null | undefined;
  readonly sampleWeight?: ArraysGiven | undefined;
}

/**
 * Reads arrays that a user hands in, tensors among them constants: one for each input and output of a model, all with
 * one number of rows.
 * @throws ShapeError where rows differ, ValueError where there are none, labels are missing, or names do not fit.
 */
export function toColumns(
  { label, network, outputs, needsLabels }: DataTarget,
  { x: given, y, sampleWeight }: DataGiven,
): Columns {
  const { built, stage } = network;
  const names = built ? network.inputs.map((input) => network.nameOf(input)) : ["input"];
  // Before x: for fit({ x, y }) the message that labels are missing helps more than one about x.
  const ys = needsLabels ? arraysOf(label, "y", y, outputs, needsLabels) : [];
  const read = stage && ((name: string, value: unknown, input: number) => stage.read(name, value, input));
  const xs = arraysOf(label, "x", given, names, undefined, read) as HostArray[];
  const weights = sampleWeight === undefined ? [] : weightsOf(label, sampleWeight, outputs, needsLabels);
  const columns = {
    x: xs,
    y: ys,
    weights: outputs.map((_, index) => weights[index] && perSample(weights[index], xs[0]?.shape[0] ?? 0)),
  };
  const rows = sharedRows(label, columns);
  // Not before the counts agree: data that are refused must not decide the input shape.
  if (!built) network.ensureBuilt(batchShapeOf(xs[0] as HostArray));
  const x = xs.map((array, index) => withFeatureAxis(array, network.inputs[index]?.shape.length));
  if (stage) checkShapes(label, x, network.inputs);
  return { ...columns, x: stage?.encode(x) ?? x, rows };
}

/** The input shape of a sequential model that is built by these samples; single numbers are one feature. */
const batchShapeOf = ({ shape }: HostArray): BatchShape => [null, ...(shape.length > 1 ? shape.slice(1) : [1])];

/** For an input with one feature, samples may be single numbers: [n] becomes [n, 1]. */
function withFeatureAxis(array: HostArray, rank: number | undefined): HostArray {
  return array.shape.length === 1 && rank === 2 ? { data: array.data, shape: [...array.shape, 1] } : array;
}

/** Turns one number into the weight of every sample. */
function perSample({ data, shape }: HostArray, rows: number): HostArray {
  return shape.length > 0 ? { data, shape } : { data: new Float32Array(rows).fill(data[0] as number), shape: [rows] };
}

/**
 * An array for each name; undefined where it is neither needed nor given.
 * @param read makes an array of what is given for the name of that number.
 */
function arraysOf(
  label: string,
  what: string,
  given: InputsGiven | null | undefined,
  names: readonly string[],
  needs: readonly boolean[] = names.map(() => true),
  read: (name: string, value: ArrayInput, index: number) => HostArray = toHostArray,
): (HostArray | undefined)[] {
  const each = (list: readonly unknown[], nameAt: (index: number) => string) =>
    names.map((name, index) => {
      const array = list[index];
      if (array !== undefined && array !== null) return read(nameAt(index), array as ArrayInput, index);
      if (!needs[index]) return undefined;
      throw valueError(label, {
        rule: `${what} must have an array for "${name}"`,
        expected: names.filter((_, at) => needs[at]),
        received: array,
      });
    });
  if (what !== "x" && (given === undefined || given === null)) {
    if (!needs.includes(true)) return names.map(() => undefined);
    throw valueError(label, {
      rule: "labels are needed",
      expected: "x and y",
      received: "x alone",
    });
  }
  if (isPlainRecord(given))
    return each(valuesFor(label, `name in ${what}`, given, names), (index) => `${what}.${names[index]}`);
  if (names.length === 1) {
    const only =
      Array.isArray(given) && given.length === 1 && (given[0] instanceof Tensor || isHostArray(given[0]))
        ? given[0]
        : given;
    return [read(what, only as ArrayInput, 0)];
  }
  if (!Array.isArray(given) || given.length !== names.length) {
    throw valueError(label, {
      rule: `${what} needs an array for each of ${names.join(", ")}`,
      expected: `a list of ${names.length} arrays or a record by name`,
      received: given,
    });
  }
  return each(given, (index) => `${what}[${index}]`);
}

/** The values of a record under given names, in their order. @throws ValueError where it has other names. */
export function valuesFor<T>(
  label: string,
  what: string,
  given: Readonly<Record<string, T>>,
  names: readonly string[],
): (T | undefined)[] {
  const known = Object.fromEntries(names.map((name) => [name, true]));
  for (const name of Object.keys(given)) lookUp(label, what, known, name);
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
}

/** One array of weights, or one number, serves all outputs. */
function weightsOf(
  label: string,
  given: ArraysGiven,
  outputs: readonly string[],
  needs: readonly boolean[] | undefined,
): Columns["weights"] {
  const isShared =
    outputs.length > 1 &&
    (typeof given === "number" || given instanceof Tensor || isHostArray(given) || ArrayBuffer.isView(given));
  if (!isShared) return arraysOf(label, "sampleWeight", given, outputs, needs);
  const [array] = arraysOf(label, "sampleWeight", given, ["all outputs"]);
  return outputs.map(() => array);
}

function sharedRows(label: string, { x, y, weights }: Omit<Columns, "rows">): number {
  let rows: number | undefined;
  for (const [what, list] of [
    ["x", x],
    ["y", y],
    ["sampleWeight", weights],
  ] as const) {
    for (let index = 0; index < list.length; index++) {
      const array = list[index];
      if (!array) continue;
      const found = array.shape[0] ?? rowsOf(nameIn(what, list, index), array);
      rows ??= found;
      if (found === rows) continue;
      const [first, name] = [nameIn("x", x, 0), nameIn(what, list, index)];
      throw shapeError(label, {
        rule: "all arrays must have the same number of samples",
        expected: `${rows} samples as in ${first}`,
        received: found,
        context: `${first} ${formatShape((x[0] as HostArray).shape)}, ${name} ${formatShape(array.shape)}`,
      });
    }
  }
  if (!rows) throw valueError(label, { rule: "there must be data", expected: "at least one sample", received: "none" });
  return rows;
}
