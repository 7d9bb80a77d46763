// What to do about data that a model refused: loaded when that happens, so that programs without mistakes carry none
// of it.
import { isHostArray, toHostArray } from "../data/array.ts";
import { isPlainRecord } from "../data/tree.ts";
import { AreteError } from "../errors.ts";
import { formatShape, sameShape, sizeOf } from "../ir/shape.ts";
import type { DataGiven, DataTarget } from "./columns.ts";

/** The error with what follows from the data for it, in words, at the end of its message. */
export function withAdvice(error: unknown, given: DataGiven, target: DataTarget): unknown {
  if (error instanceof AreteError) {
    const advice = adviceOnForm(given, target) ?? adviceOnShape(given, target);
    if (advice !== undefined) error.message += ` ${advice}`;
  }
  return error;
}

const isTable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "pick" in value && "matrix" in value;

/** Options of `fit` and `evaluate`, where labels should be. */
const isOptions = (value: unknown): boolean =>
  isPlainRecord(value) && ["epochs", "batchSize", "verbose", "callbacks"].some((name) => name in value);

/** The first value in nested lists that is no number. */
const strangerIn = (given: unknown): unknown =>
  Array.isArray(given) ? given.flat(8).find((value) => typeof value !== "number") : undefined;

/** What to do about data in a form that the model does not take. */
function adviceOnForm({ x, y }: DataGiven, { network, outputs, needsLabels }: DataTarget): string | undefined {
  if ((y === undefined || y === null) && needsLabels?.includes(true)) return "Call it with (x, y, options).";
  const names = network.built ? network.inputs.map((input) => network.nameOf(input)) : ["input"];
  const isOne = names.length === 1;
  const columns = isOne ? "matrix(…)" : `pick(${names.map((name) => JSON.stringify(name)).join(", ")})`;
  if (isTable(x)) return `Give table.${columns}${isOne ? ", with the names of its columns of numbers" : ""}.`;
  if (isTable(y)) return "Give table.numbers(…), with the name of the column of labels.";
  if (isOptions(y) && !outputs.some((name) => name in Object(y)))
    return "Give samples and labels apart, (x, y, options); or dataset({ x, y }).batch(32), with options behind it.";
  const [row] = Array.isArray(x) ? x : [];
  if (isPlainRecord(row) && !isHostArray(row))
    return `Rows with names are a table: table(rows).${columns}, with table of aretejs/data.`;
  if (isOne && isPlainRecord(x) && !isHostArray(x) && !((names[0] as string) in x)) {
    return "data" in x
      ? "Give the shape, too: { data, shape }."
      : "The model has one input: put columns side by side, table(columns).matrix(…) of aretejs/data, or make a model of several.";
  }
  // Strings are what a model with layers of strings takes.
  const [inX, inY] = [network.stage ? undefined : strangerIn(x), strangerIn(y)];
  if (typeof inX === "boolean" || typeof inY === "boolean") return "Number(value) makes 0 and 1 of booleans.";
  if (typeof inY === "string")
    return "For labels: stringLookup({ numOovIndices: 0 }) of aretejs/data, adapted to them, numbers the classes.";
  if (typeof inX === "string") {
    return inX.trim() === "" || Number.isNaN(Number(inX))
      ? "aretejs/data makes numbers of strings: textVectorization of texts, stringLookup of words, as first layers."
      : "Number(text) reads a number.";
  }
  const lengths =
    isOne && Array.isArray(x) ? x.map((row: unknown) => (Array.isArray(row) ? row.length : undefined)) : [];
  return lengths.some((length) => length !== lengths[0])
    ? "padSequences of aretejs/data makes rows of one length."
    : undefined;
}

/** What to do about samples of another shape than the model's only input. */
function adviceOnShape({ x }: DataGiven, { network }: DataTarget): string | undefined {
  const [input, another] = network.inputs;
  const shape = shapeOf(x);
  if (!input || another || !network.built || shape === undefined || shape.includes(0)) return undefined;
  const sample = input.shape.slice(1) as number[];
  if ((sample as (number | null)[]).includes(null)) return undefined;
  const [count = 0, ...given] = shape;
  const size = sizeOf(sample);
  const isFlat = shape.length === 1;
  if (sameShape(given, sample) || (isFlat && size === 1)) return undefined;
  if (sameShape(shape, sample)) return "One sample is a batch of one: [x].";
  if (isFlat && count % size === 0)
    return `Say how numbers are arranged: { data: x, shape: ${formatShape([count / size, ...sample])} }.`;
  return sizeOf(given) === size
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
