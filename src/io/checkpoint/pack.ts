// Plain data that hold arrays, as JSON beside the arrays.
import { type HostArray, isHostArray } from "../../data/array.ts";
import { valueError } from "../../errors.ts";
import { cut } from "../../format.ts";
import { isRecord, MAX_DEPTH } from "../json.ts";
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
export function pack(value: unknown, path: string, arrays: Map<string, HostArray>, depth = 1): unknown {
  const inside = (item: unknown, key: string | number) => pack(item, `${path}/${key}`, arrays, depth + 1);
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { [numberKey]: Object.is(value, -0) ? "-0" : String(value) };
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  const isDeep = depth > MAX_DEPTH;
  if (Array.isArray(value) && !isDeep) return value.map((item, index) => inside(item ?? null, index));
  if (isHostArray(value)) {
    arrays.set(path, value);
    return { [arrayKey]: path };
  }
  const isPlain =
    isRecord(value) && !isDeep && !ArrayBuffer.isView(value) && !(arrayKey in value) && !(numberKey in value);
  if (isPlain) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, inside(item, key)]));
  }
  throw valueError("checkpoint", {
    rule: `${cut(path, 80)} cannot be kept in a file`,
    expected: "numbers, text, lists and records of them, and arrays { data, shape }",
    received: isDeep ? `more than ${MAX_DEPTH} levels` : value,
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
