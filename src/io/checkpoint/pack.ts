// Plain data that hold arrays, as JSON beside the arrays.
import { type HostArray, isHostArray } from "../../data/array.ts";
import { valueError } from "../../errors.ts";
import { isRecord } from "../json.ts";
import type { StoredArray } from "../weights/assign.ts";

/** Keys of the records that stand for what JSON has no form for. */
const arrayKey = "$array";
const numberKey = "$number";

/**
 * Data as JSON: numbers that JSON lacks, and arrays, are replaced by records that say what they are.
 * @param path the name of an array in `arrays`, to which names within `value` are added.
 * @param arrays gets the arrays.
 * @throws ValueError on what is no plain data.
 */
export function pack(value: unknown, path: string, arrays: Map<string, HostArray>): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { [numberKey]: Object.is(value, -0) ? "-0" : String(value) };
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item, index) => pack(item ?? null, `${path}/${index}`, arrays));
  if (isHostArray(value)) {
    arrays.set(path, value);
    return { [arrayKey]: path };
  }
  const isPlain = isRecord(value) && !ArrayBuffer.isView(value) && !(arrayKey in value) && !(numberKey in value);
  if (isPlain) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, pack(item, `${path}/${key}`, arrays)]));
  }
  throw valueError("checkpoint", {
    rule: `${path} cannot be kept in a file`,
    expected: "numbers, text, lists and records of them, and arrays { data, shape }",
    received: value,
  });
}

/** What was packed. @throws ValueError on an array that is not there. */
export function unpack(value: unknown, arrays: ReadonlyMap<string, StoredArray>): unknown {
  if (Array.isArray(value)) return value.map((item) => unpack(item, arrays));
  if (!isRecord(value)) return value;
  if (numberKey in value) return Number(value[numberKey]);
  if (arrayKey in value) {
    const found = arrays.get(String(value[arrayKey]));
    if (found) return { data: found.read(), shape: found.shape };
    throw valueError("checkpoint", {
      rule: "an array is not in the file",
      expected: "all arrays of the run",
      received: `none for ${value[arrayKey]}`,
    });
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item, arrays)]));
}
