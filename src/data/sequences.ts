// Sequences of different lengths as one array, and class numbers as vectors.
import { checkCount } from "../checks.ts";
import { literal, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type ArrayInput, type HostArray, toHostArray } from "./array.ts";

/** Which end of a sequence: its beginning or its end. */
export type SequenceEnd = "pre" | "post";

/** Options of {@link padSequences}. */
export interface PadSequencesOptions {
  /** Length of all sequences. Default: that of the longest. */
  maxLength?: number;
  /** Where shorter sequences are filled. Default "pre", as in Keras; masks of recurrent layers like "post" as well. */
  padding?: SequenceEnd;
  /** Where longer sequences are cut. Default "pre". */
  truncating?: SequenceEnd;
  /** What to fill with. Default 0. */
  value?: number;
}

/**
 * Sequences of numbers as one array [sequences, maxLength]: int32 where all numbers are whole, else float32.
 * @throws ValueError on options out of range and on what is no list of lists of numbers.
 * @example padSequences([[1, 2], [3]]) // [[1, 2], [0, 3]]
 * @see Keras 3 `utils.pad_sequences`.
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadSequencesOptions = {}): HostArray {
  const owner = "padSequences";
  const checked = checkOptions(owner, options, {
    maxLength: "number",
    padding: "string",
    truncating: "string",
    value: "number",
  });
  const { padding = "pre", truncating = "pre", value = 0 } = checked;
  for (const [what, end] of Object.entries({ padding, truncating })) {
    if (end !== "pre" && end !== "post")
      throw valueError(owner, { rule: `unknown ${what}`, expected: "pre or post", received: literal(end) });
  }
  const wrong = Array.isArray(sequences)
    ? sequences.find((sequence) => !Array.isArray(sequence) && !ArrayBuffer.isView(sequence))
    : sequences;
  if (!Array.isArray(sequences) || wrong !== undefined)
    throw valueError(owner, { rule: "takes a list of sequences", expected: "lists of numbers", received: wrong });
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const length = checked.maxLength ?? longest;
  checkCount(owner, "maxLength", length, checked.maxLength === undefined ? 0 : 1);
  const rows = new Float64Array(sequences.length * length).fill(value);
  sequences.forEach((sequence, row) => {
    const count = Math.min(sequence.length, length);
    const from = truncating === "pre" ? sequence.length - count : 0;
    const to = row * length + (padding === "pre" ? length - count : 0);
    for (let i = 0; i < count; i++) rows[to + i] = numberAt(owner, sequence, from + i, row);
  });
  const data = rows.every((number) => (number | 0) === number) ? Int32Array.from(rows) : Float32Array.from(rows);
  return { data, shape: [sequences.length, length] };
}

function numberAt(owner: string, sequence: ArrayLike<unknown>, at: number, row: number): number {
  const value = sequence[at];
  if (typeof value === "number") return value;
  throw valueError(owner, {
    rule: "sequences hold numbers",
    expected: "a number",
    received: literal(value),
    context: `sequence ${row}, place ${at}`,
    ...(typeof value === "string" && { advice: "textVectorization makes sequences of texts." }),
  });
}

/**
 * Class numbers as vectors with one 1: [n] or [n, 1] to float32 [n, numClasses]; more axes stay.
 * @param numClasses default: the largest number plus 1.
 * @throws ValueError on what are no whole numbers from 0 to numClasses − 1.
 * @see Keras 3 `utils.to_categorical`.
 */
export function toCategorical(labels: ArrayInput, numClasses?: number): HostArray {
  const owner = "toCategorical";
  const { data: given, shape } = toHostArray(owner, labels);
  const data = Float64Array.from(given);
  const count = numClasses ?? data.reduce((most: number, label: number) => Math.max(most, label + 1), 0);
  checkCount(owner, "numClasses", count, numClasses === undefined ? 0 : 1);
  const vectors = new Float32Array(data.length * count);
  data.forEach((label: number, at: number) => {
    if (!Number.isInteger(label) || label < 0 || label >= count) {
      throw valueError(owner, {
        rule: "labels are class numbers",
        expected: `whole numbers from 0 to ${count - 1}`,
        received: label,
        context: `label ${at}`,
      });
    }
    vectors[at * count + label] = 1;
  });
  const isLone = shape.length > 1 && shape.at(-1) === 1;
  return { data: vectors, shape: [...(isLone ? shape.slice(0, -1) : shape), count] };
}
