import { type ArrayInput, type HostArray, isHostArray, rowsOf, toHostArrayAsync } from "../data/array.ts";
import { lookUp, shapeError, valueError } from "../errors.ts";
import { formatShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Columns } from "./batch.ts";

/** Data for one input or output, or for several in a list or by name. */
export type ArraysGiven = ArrayInput | readonly ArrayInput[] | Readonly<Record<string, ArrayInput>>;

/** What the columns of a batch are made for. */
export interface Slots {
  /** In front of messages. */
  readonly label: string;
  readonly inputs: readonly { readonly name: string; readonly rank: number }[];
  readonly outputs: readonly string[];
}

/** Data as handed in. */
export interface DataGiven {
  readonly x: ArraysGiven;
  readonly y?: ArraysGiven | undefined;
  readonly sampleWeight?: ArraysGiven | undefined;
}

/**
 * Data as columns with one number of rows.
 * @param given with y where labels are needed.
 * @throws ShapeError where rows differ, ValueError where there are none, names do not fit, or labels are missing.
 */
export async function toColumns({ label, inputs, outputs }: Slots, given: DataGiven): Promise<Columns> {
  const { x, y, sampleWeight } = given;
  if (y === undefined && "y" in given) {
    throw valueError(label, { rule: "labels are needed", expected: "x and y", received: "x alone" });
  }
  const names = inputs.map(({ name }) => name);
  const xs = await arraysOf(label, "x", x, names);
  const columns = {
    x: xs.map((array, index) => withFeatureAxis(array, inputs[index]?.rank ?? 0)),
    y: y === undefined ? [] : await arraysOf(label, "y", y, outputs),
    weights: sampleWeight === undefined ? outputs.map(() => undefined) : await weightsOf(label, sampleWeight, outputs),
  };
  return { ...columns, rows: sharedRows(label, columns) };
}

/** Samples that are single numbers, for an input with one feature: [n] is [n, 1]. */
function withFeatureAxis(array: HostArray, rank: number): HostArray {
  return array.shape.length === 1 && rank === 2 ? { data: array.data, shape: [...array.shape, 1] } : array;
}

async function arraysOf(label: string, what: string, given: ArraysGiven, names: readonly string[]): Promise<HostArray[]> {
  if (isPlainRecord(given)) {
    const table: Readonly<Record<string, ArrayInput>> = given;
    const known = Object.fromEntries(names.map((name) => [name, true]));
    for (const name of Object.keys(given)) lookUp(label, `name in ${what}`, known, name);
    return Promise.all(
      names.map((name) => {
        const array = table[name];
        if (array !== undefined) return toHostArrayAsync(`${what}.${name}`, array);
        throw valueError(label, { rule: `${what} must name each array`, expected: names, received: Object.keys(given) });
      }),
    );
  }
  if (names.length === 1) {
    const only = Array.isArray(given) && given.length === 1 && (given[0] instanceof Tensor || isHostArray(given[0])) ? given[0] : given;
    return [await toHostArrayAsync(what, only as ArrayInput)];
  }
  if (!Array.isArray(given) || given.length !== names.length) {
    throw valueError(label, {
      rule: `${what} needs an array for each of ${names.join(", ")}`,
      expected: `a list of ${names.length} arrays or a record by name`,
      received: Array.isArray(given) ? `a list of ${given.length}` : given,
    });
  }
  return Promise.all(given.map((array, index) => toHostArrayAsync(`${what}[${index}]`, array as ArrayInput)));
}

/** One array of weights serves all outputs. */
async function weightsOf(label: string, given: ArraysGiven, outputs: readonly string[]): Promise<HostArray[]> {
  const isShared = outputs.length > 1 && (given instanceof Tensor || isHostArray(given) || ArrayBuffer.isView(given));
  if (!isShared) return arraysOf(label, "sampleWeight", given, outputs);
  const [array] = await arraysOf(label, "sampleWeight", given, ["all outputs"]);
  return outputs.map(() => array as HostArray);
}

export function isPlainRecord(value: unknown): value is Readonly<Record<string, ArrayInput>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype && !isHostArray(value);
}

function sharedRows(label: string, { x, y, weights }: Omit<Columns, "rows">): number {
  const all = [
    ...x.map((array, index) => [x.length === 1 ? "x" : `x[${index}]`, array] as const),
    ...y.map((array, index) => [y.length === 1 ? "y" : `y[${index}]`, array] as const),
    ...weights.flatMap((array, index) => (array ? [[weights.length === 1 ? "sampleWeight" : `sampleWeight[${index}]`, array] as const] : [])),
  ];
  const [first] = all;
  if (!first) throw valueError(label, { rule: "there must be data", expected: "at least one array", received: "none" });
  const rows = rowsOf(...first);
  for (const [name, array] of all) {
    if (rowsOf(name, array) === rows) continue;
    throw shapeError(label, {
      rule: "all arrays must have the same number of samples",
      expected: `${rows} samples as in ${first[0]}`,
      received: rowsOf(name, array),
      context: `${first[0]} ${formatShape(first[1].shape)}, ${name} ${formatShape(array.shape)}`,
    });
  }
  if (rows === 0) throw valueError(label, { rule: "there must be data", expected: "at least one sample", received: "none" });
  return rows;
}
