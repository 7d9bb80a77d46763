// Columns of strings. Tensors hold numbers alone: strings stay on the host, where layers make numbers of them.
import type { Shape } from "../ir/shape.ts";

/** Strings, one for each sample, or in rows of equal length. */
export type TextInput = readonly string[] | readonly (readonly string[])[] | HostText;

/** Strings in row-major order and their shape. */
export interface HostText {
  readonly data: TextData;
  readonly shape: Shape;
}

/** A list of strings with the methods of typed arrays that data sets use: they can then hold either. */
export class TextData extends Array<string> {
  /** A copy of elements `start` to `end` (not included). */
  subarray(start?: number, end?: number): TextData {
    return this.slice(start, end) as TextData;
  }

  /** Copies strings to place `offset` and on. */
  set(strings: ArrayLike<string>, offset = 0): void {
    for (let i = 0; i < strings.length; i++) this[offset + i] = strings[i] as string;
  }
}

/** Axes that are looked for; a list that holds itself has no end. */
const mostAxes = 9;

/** Whether a value is a string, or lists of strings. Only the first of a list is looked at. */
export function isText(value: unknown): boolean {
  let first = value;
  for (let axis = 0; axis < mostAxes && Array.isArray(first); axis++) first = first[0];
  return typeof first === "string";
}

/** Strings with their shape, which is that of the first row. What uses them checks them: see `checkText`. */
export function hostText(text: unknown): HostText {
  const shape: number[] = [];
  for (let level = text; Array.isArray(level) && shape.length < mostAxes; level = level[0]) shape.push(level.length);
  return { data: TextData.from([text].flat(mostAxes)) as TextData, shape };
}
