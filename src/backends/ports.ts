import { valueError } from "../errors.ts";
import type { NumericArray, TypedArray } from "../ir/dtype.ts";
import type { HostExecutable } from "./backend.ts";

/**
 * Throws unless `length` values from `offset` on lie within `size`. @param what "source" or "target", for the
 * message.
 */
export function checkRange(name: string, what: string, size: number, offset: number, length: number): void {
  if (Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0 && offset + length <= size)
    return;
  throw valueError(`input "${name}"`, {
    rule: `the values to write must lie within the ${what}`,
    expected: `a range within ${size} values`,
    received: `${length} values from ${offset}`,
  });
}

/**
 * Writes a part of an input to an array: what `InputPort.write` does where that is all.
 * @throws ValueError where source or target do not have so many values from there on.
 */
export function writePart(
  name: string,
  target: TypedArray,
  source: NumericArray,
  sourceOffset = 0,
  length = target.length,
  targetOffset = 0,
): void {
  checkRange(name, "target", target.length, targetOffset, length);
  checkRange(name, "source", source.length, sourceOffset, length);
  if (length === source.length) target.set(source, targetOffset);
  else for (let i = 0; i < length; i++) target[targetOffset + i] = source[sourceOffset + i] as number;
}

/** {@link Executable.read} of a program whose outputs can be read at once. */
export function readAll<Name extends string>(
  executable: HostExecutable,
  names: readonly Name[],
): Record<Name, TypedArray> {
  return Object.fromEntries(names.map((name) => [name, executable.readSync(name)])) as Record<Name, TypedArray>;
}
