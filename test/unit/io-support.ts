import { readFileSync } from "node:fs";
import { decode } from "../../src/io/binary.ts";
import { openZip } from "../../src/io/zip/read.ts";

/** The value that test/interop/containers/make.py writes for a number: large integers and special floats as text. */
type Plain = number | string;

/** What a file made there holds, by paths. */
export type Contents = Readonly<
  Record<string, { shape?: number[]; values?: Plain[] | Plain; attributes?: Record<string, Plain[] | Plain> }>
>;

interface Expected {
  readonly versions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Contents>>;
  /** The feature that the message has to name, by files that are refused. */
  readonly refused: Readonly<Record<string, string>>;
}

const archive = new URL("../interop/containers/files.zip", import.meta.url);

/** The files that h5py, Keras, zipfile and safetensors made, by their names, and what is in them. */
export async function foreignFiles(): Promise<{ files: Map<string, Uint8Array>; expected: Expected }> {
  const files = new Map<string, Uint8Array>();
  for (const [name, entry] of openZip(new Uint8Array(readFileSync(archive)))) files.set(name, await entry.read());
  const expected = JSON.parse(decode("expected.json", files.get("expected.json") as Uint8Array));
  return { files, expected };
}

/** A value as make.py writes it. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value > 2n ** 32n || value < -(2n ** 32n) ? String(value) : Number(value);
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    return value;
  }
  if (typeof value === "string") return value;
  return Array.from(value as ArrayLike<unknown>, plain);
}
