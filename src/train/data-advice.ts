// What to do about data that a model refused: loaded when that happens, so that programs without mistakes carry none
// of it.
import { isHostArray, toHostArray } from "../data/array.ts";
import { isPlainRecord } from "../data/tree.ts";
import { AreteError } from "../errors.ts";
import { formatShape, sizeOf } from "../ir/shape.ts";
import type { DataGiven, DataTarget } from "./columns.ts";

/** The error with what follows from the data for it, in words, at the end of its message. */
export function withAdvice(error: unknown, given: DataGiven, target: DataTarget): unknown {
  if (error instanceof AreteError) {
    const advice = adviceOnForm(given, target) ?? adviceOnShape(given, target);
    if (advice !== undefined) error.message += ` ${advice}`;
  }
  return error;
}

const isListOf = (value: unknown, holds: (member: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && holds(value[0]);

const isTable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "pick" in value && "matrix" in value;

const list = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(", ");

/** Options of `fit` and `evaluate`, where labels should be. */
const isOptions = (value: unknown): boolean =>
  isPlainRecord(value) && ["epochs", "batchSize", "verbose", "callbacks"].some((name) => name in value);

/** What to do about data in a form that the model does not take. */
function adviceOnForm({ x, y }: DataGiven, { network, outputs, needsLabels }: DataTarget): string | undefined {
  if ((y ?? undefined) === undefined && needsLabels?.includes(true)) return "Call it with (x, y, options).";
  const names = network.built ? network.inputs.map((input) => network.nameOf(input)) : ["input"];
  const [one] = Array.isArray(x) ? x : [];
  const columns = names.length > 1 ? `pick(${list(names)})` : "matrix(…)";
  if (isTable(x))
    return `Give table.${columns}${names.length > 1 ? "" : ", with the names of its columns of numbers"}.`;
  if (isTable(y)) return `Give table.numbers(…), with the name of the column of labels.`;
  if (isOptions(y) && !outputs.some((name) => name in Object(y)))
    return "Give samples and labels apart, (x, y, options); or dataset({ x, y }).batch(32), with options behind it.";
  if (isListOf(x, isPlainRecord) && !isHostArray(one))
    return `Rows with names are a table: table(rows).${columns}, with table of aretejs/data.`;
  if (isPlainRecord(x) && !isHostArray(x) && names.length === 1 && !((names[0] as string) in x)) {
    return "data" in x
      ? "Give the shape, too: { data, shape }."
      : "The model has one input: put columns side by side, table(columns).matrix(…) of aretejs/data, or make a model of several.";
  }
  // Strings are what a model with layers of strings takes.
  const leaves = [network.stage ? 0 : x, y].map((given) =>
    Array.isArray(given) ? given.flat(8).find((leaf) => typeof leaf !== "number") : 0,
  );
  if (leaves.some((leaf) => typeof leaf === "boolean")) return "Number(value) makes 0 and 1 of booleans.";
  if (typeof leaves[1] === "string")
    return "For labels: stringLookup({ numOovIndices: 0 }) of aretejs/data, adapted to them, numbers the classes.";
  return leaves.some((leaf) => typeof leaf === "string" && leaf.trim() !== "" && !Number.isNaN(Number(leaf)))
    ? "Number(text) reads a number."
    : undefined;
}

/** What to do about samples of another shape than the model's only input. */
function adviceOnShape({ x }: DataGiven, { network }: DataTarget): string | undefined {
  const [input, another] = network.inputs;
  if (!input || another || !network.built) return undefined;
  const sample = input.shape.slice(1);
  const shape = shapeOf(x);
  if (shape === undefined || shape.includes(0) || sample.includes(null)) return undefined;
  const extents = sample as number[];
  const size = sizeOf(extents);
  const fits = formatShape(shape.slice(1)) === formatShape(extents) || (shape.length === 1 && size === 1);
  if (fits) return undefined;
  if (formatShape(shape) === formatShape(extents)) return "One sample is a batch of one: [x].";
  if (shape.length === 1 && size > 1 && (shape[0] as number) % size === 0)
    return `Say how numbers are arranged: { data: x, shape: ${formatShape([(shape[0] as number) / size, ...extents])} }.`;
  return sizeOf(shape.slice(1)) === size
    ? "Reshape it, or begin the model with flatten or reshape."
    : "Check inputShape; the first axis counts the samples.";
}

/** The shape of an array in any form; undefined for what is none. */
function shapeOf(given: DataGiven["x"]): readonly number[] | undefined {
  try {
    return toHostArray("x", given as never).shape;
  } catch {
    return undefined;
  }
}
