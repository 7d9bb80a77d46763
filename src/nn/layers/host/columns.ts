// Reading columns of strings or numbers for layers that work on the host, and data for `adapt`.
import {
  type ArrayInput,
  adviceOn,
  type HostArray,
  isHostArray,
  isTextData,
  toHostArray,
} from "../../../data/array.ts";
import { type HostText, hostText, isText, type TextInput } from "../../../data/text.ts";
import { literal, shapeError, valueError } from "../../../errors.ts";
import { formatShape, sizeOf } from "../../../ir/shape.ts";
import { flatten, type NestedNumbers } from "../../../tensor/nested.ts";

/** A column on the host: numbers or strings, the first axis counts the samples. */
export type HostColumn = HostArray | HostText;

/** What layers that work on the host take: strings or numbers, one for each sample or in rows of equal length. */
export type ColumnInput = TextInput | ArrayInput;

/** Data for `adapt`: a column, or batches of them, `[x, …]` or `{ x, … }`, such as a Dataset or a generator. */
export type AdaptColumns = ColumnInput | AsyncIterable<unknown> | Iterable<unknown>;

/** Options of `adapt`. */
export interface AdaptOptions {
  /** Batches to read at most. Default: all. */
  steps?: number;
}

/** Whether a column holds strings. */
export const isTextColumn = (column: HostColumn): column is HostText => isTextData(column.data);

/**
 * Strings with their shape, checked. @throws ValueError on what is no string; ShapeError where rows differ in
 * length.
 */
export function toTextColumn(name: string, given: unknown): HostText {
  const isColumn = isHostArray(given) && isTextData(given.data);
  if (!isColumn && !Array.isArray(given)) throw notText(name, given);
  const text = isColumn ? (given as unknown as HostText) : hostText(given);
  const wrong = text.data.findIndex((value) => typeof value !== "string");
  if (wrong >= 0) throw notText(name, text.data[wrong], `value ${wrong}`);
  if (text.data.length !== sizeOf(text.shape)) {
    throw shapeError(name, {
      rule: "rows must have one length",
      expected: `${sizeOf(text.shape)} strings for the shape ${formatShape(text.shape)} of the first`,
      received: text.data.length,
    });
  }
  return text;
}

function notText(name: string, value: unknown, context?: string): Error {
  return valueError(name, {
    rule: "takes strings",
    expected: "a list with a string for each sample",
    received: literal(value),
    ...(context !== undefined && { context }),
    ...adviceOn(value),
    ...((value === null || value === undefined) && { advice: 'For a missing value write "".' }),
    ...(typeof value === "string" && { advice: "Write a list of one: [text]." }),
  });
}

/** A column of numbers. Nested ones keep the precision of JavaScript's, as keys. @throws ValueError on strings. */
export function toNumberColumn(name: string, given: unknown): HostArray {
  if (isGivenText(given)) {
    throw valueError(name, {
      rule: "takes numbers",
      expected: "a number for each sample",
      received: literal(firstText(given)),
      advice: 'Strings are for stringLookup and textVectorization; an input of strings has the dtype "string".',
    });
  }
  return Array.isArray(given)
    ? flatten(name, given as NestedNumbers, Float64Array)
    : toHostArray(name, given as ArrayInput);
}

const isGivenText = (given: unknown): boolean => isText(given) || (isHostArray(given) && isTextData(given.data));

/** The first string of a column. */
const firstText = (given: unknown): unknown =>
  typeof given === "string" ? given : hostText(isHostArray(given) ? given.data : given).data[0];
