// The weights of a TensorFlow.js model: shards of bytes, and a list that says what is in them.
import { damaged, unsupported } from "../file-error.ts";
import { halfToFloat } from "../halves.ts";
import { isRecord } from "../json.ts";
import { viewAs } from "../numbers.ts";
import type { StoredArray } from "../weights/assign.ts";

/** A group of weights: what files they are in, in their order there. */
interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly unknown[];
}

/** The groups of `weightsManifest`. @throws FileError where it has another form. */
export function groupsOf(name: string, manifest: unknown): readonly Group[] {
  const isGroup = (group: unknown): group is Group =>
    isRecord(group) &&
    Array.isArray(group.paths) &&
    group.paths.every((path) => typeof path === "string") &&
    Array.isArray(group.weights);
  if (Array.isArray(manifest) && manifest.every(isGroup)) return manifest;
  throw damaged(name, "weightsManifest must say where the weights are", "a list of { paths, weights }", manifest);
}

const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  float16: Uint16Array,
  bool: Uint8Array,
} as const;
type Element = keyof typeof arrays;

/**
 * The arrays of a group, by name. Nothing is decoded before it is asked for.
 * @param bytes the group's shards as one piece.
 * @throws FileError where the list does not fit the bytes.
 */
export function arraysIn(name: string, { weights }: Group, bytes: Uint8Array): [string, StoredArray][] {
  let offset = 0;
  const found = weights.map((weight): [string, StoredArray] => {
    const { label, shape, dtype, quantization } = weightOf(name, weight);
    const type = quantization?.type ?? dtype;
    let length = arrays[type].BYTES_PER_ELEMENT;
    for (const extent of shape) length *= extent;
    const begin = offset;
    offset += length;
    if (offset > bytes.length) throw damaged(name, `the shards must hold ${label}`, `${offset} bytes`, bytes.length);
    const read = () => decode(type, bytes.subarray(begin, begin + length), dtype, quantization);
    return [label, { shape, isOwn: quantization !== undefined, read }];
  });
  if (offset !== bytes.length)
    throw damaged(name, "the shards must hold the weights alone", `${offset} bytes`, bytes.length);
  return found;
}

interface Quantization {
  readonly type: Element;
  readonly scale: number;
  readonly min: number;
}

function weightOf(name: string, weight: unknown) {
  const { name: label, shape, dtype, quantization } = isRecord(weight) ? weight : {};
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (typeof label !== "string" || !isShape || typeof dtype !== "string")
    throw damaged(name, "a weight must have a name, a shape and a dtype", "{ name, shape, dtype }", weight);
  if (!isElement(dtype) || dtype === "float16" || dtype === "uint16")
    throw unsupported(name, `the element type ${dtype} (${label})`);
  if (quantization === undefined || quantization === null) return { label, shape: shape as number[], dtype };
  const { dtype: type, scale = 1, min = 0 } = isRecord(quantization) ? quantization : {};
  const isKnown = type === "uint8" || type === "uint16" || type === "float16";
  if (!isKnown || typeof scale !== "number" || typeof min !== "number")
    throw damaged(name, `${label} must be quantized in a known way`, "uint8, uint16 or float16", quantization);
  return { label, shape: shape as number[], dtype, quantization: { type, scale, min } satisfies Quantization };
}

const isElement = (dtype: string): dtype is Element => Object.hasOwn(arrays, dtype);

/** Quantized numbers q stand for q·scale + min; whole numbers are rounded. */
function decode(type: Element, bytes: Uint8Array, dtype: Element, quantization: Quantization | undefined) {
  if (type === "float16") return halfToFloat(bytes);
  const values = viewAs<Float32Array | Int32Array | Uint8Array | Uint16Array>(arrays[type], bytes);
  if (!quantization) return values;
  const { scale, min } = quantization;
  const decoded = dtype === "int32" ? new Int32Array(values.length) : new Float32Array(values.length);
  // Loops: `from` with a function takes thirty times as long.
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) * scale + min;
    decoded[i] = dtype === "int32" ? Math.round(value) : value;
  }
  return decoded;
}
