// Compares arrays with the weights of a model, and sets those that fit.
import type { HostArray } from "../../data/array.ts";
import { isPlainRecord } from "../../data/tree.ts";
import { lookUp, valueError } from "../../errors.ts";
import { show } from "../../format.ts";
import { formatShape, type Shape, sameShape } from "../../ir/shape.ts";
import { named } from "../../tensor/named-variables.ts";
import type { Variable } from "../../tensor/variable.ts";
import { assign, valueFor } from "../../train/weights.ts";
import { fileError } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import type { WrittenTensor } from "../safetensors/write.ts";

/** Numbers of a file. They are read when they are asked for. */
export interface StoredArray {
  readonly shape: Shape;
  /** Whether `read` makes an array that nothing else has; otherwise what it gives may be a view of the file. */
  readonly isOwn?: boolean;
  read(): NumberArray;
}

/** How names of weights begin in checkpoints. */
export const weightsPrefix = "weights/";

/** The weights among the arrays of a checkpoint, under their own names. */
export function weightsIn(tensors: ReadonlyMap<string, StoredArray>): ReadonlyMap<string, StoredArray> {
  const found = [...tensors].filter(([name]) => name.startsWith(weightsPrefix));
  return new Map(found.map(([name, array]) => [name.slice(weightsPrefix.length), array]));
}

/** What {@link loadWeights} has done, by the names of the model's weights. */
export interface WeightsReport {
  /** Weights that were set. */
  readonly set: readonly string[];
  /** Weights of the model that the file does not have. */
  readonly missing: readonly string[];
  /** Arrays of the file that the model has no weight for, by their names there. */
  readonly unexpected: readonly string[];
  /** Weights that have another shape in the file. */
  readonly wrongShape: readonly { readonly name: string; readonly expected: Shape; readonly received: Shape }[];
}

/** Says for the name of an array in the file which weight of the model it is; undefined for none. */
export type NameMap = ((name: string) => string | undefined) | Readonly<Record<string, string>>;

/** Arrays as they are written to a file. */
export const writable = (arrays: Iterable<readonly [string, HostArray]>): Map<string, WrittenTensor> =>
  new Map([...arrays].map(([name, { data, shape }]) => [name, { data: data as NumberArray, shape }]));

/** What fits, to be assigned later, and what does not. */
export interface Comparison extends WeightsReport {
  assign(): void;
}

/**
 * Compares the arrays of a file with variables. Changes nothing.
 * @throws ValueError where `map` names an array that the file does not have; FileError where two arrays are to be one
 * weight; with `strict` also where one is missing, unexpected or of
 * another shape; without it where none fits.
 * @param advice what to do then; default: what the options of `loadWeights` can do.
 */
export function compareWeights(
  file: string,
  variables: readonly Variable[],
  arrays: ReadonlyMap<string, StoredArray>,
  strict: boolean,
  map?: NameMap,
  advice?: string,
): Comparison {
  const known = new Map(named(variables));
  if (typeof map === "object") {
    if (!isPlainRecord(map))
      throw valueError("loadWeights", {
        rule: "map is a function of a name, or a record of names",
        expected: '{ "name in the file": "name here" }',
        received: map,
        advice: (map as object) instanceof Map ? "Object.fromEntries(map) is one." : "",
      });
    for (const name of Object.keys(map)) lookUp(file, "array in map", Object.fromEntries(arrays), name);
  }
  const sources = new Map<string, string>();
  const unexpected: string[] = [];
  for (const name of arrays.keys()) {
    const target = targetOf(name, map);
    if (target === undefined) continue;
    const other = sources.get(target);
    if (other !== undefined) {
      throw fileError(file, {
        rule: `each weight comes from one array`,
        expected: `one array for ${show(target)}`,
        received: `${show(other)} and ${show(name)}`,
      });
    }
    if (known.has(target)) sources.set(target, name);
    else unexpected.push(name);
  }
  const missing: string[] = [];
  const wrongShape: WeightsReport["wrongShape"][number][] = [];
  const values: [Variable, HostArray][] = [];
  const set: string[] = [];
  for (const [name, variable] of known) {
    const source = sources.get(name);
    const array = source === undefined ? undefined : arrays.get(source);
    if (!array) {
      missing.push(name);
      continue;
    }
    if (!sameShape(array.shape, variable.shape)) {
      wrongShape.push({ name, expected: variable.shape, received: array.shape });
      continue;
    }
    set.push(name);
    values.push([variable, valueFor(file, show(source), storedArray(array), variable)]);
  }
  const report = { set, missing, unexpected, wrongShape };
  if (strict ? missing.length + unexpected.length + wrongShape.length > 0 : set.length === 0)
    throw misfit(file, report, strict, advice);
  return { ...report, assign: () => assign(values) };
}

const targetOf = (name: string, map: NameMap | undefined): string | undefined =>
  typeof map === "function" ? map(name) : map && Object.hasOwn(map, name) ? map[name] : name;

/** An array of a file as weights are given. */
export function storedArray({ shape, read }: StoredArray): HostArray {
  const data = read();
  const isLong = data instanceof BigInt64Array || data instanceof BigUint64Array;
  return { data: (isLong ? Float64Array.from(data, Number) : data) as HostArray["data"], shape };
}

function misfit(
  file: string,
  { missing, unexpected, wrongShape }: WeightsReport,
  strict: boolean,
  advice = strict
    ? "Pass map to rename them, or strict: false to set what fits."
    : "Pass map to say which array is which weight.",
): Error {
  const shapes = wrongShape.map(
    ({ name, expected, received }) => `${name} ${formatShape(received)} rather than ${formatShape(expected)}`,
  );
  const parts = Object.entries({ "without ": missing, "of another shape ": shapes, "besides ": unexpected })
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => what + listed(names));
  return fileError(file, {
    rule: strict ? "the arrays must be the weights of the model" : "some array must be a weight of the model",
    expected: "equal names and shapes",
    received: parts.join("; ") || "no arrays",
    advice,
  });
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
