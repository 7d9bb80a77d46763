// The form that all places for files have inside of this folder.
import type { Parts } from "../binary.ts";
import type { Readable } from "./store.ts";

/** A place for files. What it throws becomes a FileError. */
export interface Place {
  /** The file, and its size where that is known; undefined where there is none. */
  read(name: string): Promise<{ readonly from: Readable; readonly size?: number } | undefined>;
  /** Calls `onBytes` with the bytes of each piece that has been written. */
  write(name: string, parts: Parts, onBytes: (count: number) => void): Promise<void>;
  list?(name: string): Promise<Iterable<string> | AsyncIterable<string>>;
  remove?(name: string): Promise<void>;
}

/**
 * Pieces of at most 4 MiB, so that progress can be told and buffers stay small. Small parts are joined, since files of
 * many layers have thousands of a few bytes. A piece is valid until the next one is asked for.
 */
export function* piecesOf(parts: Parts): Generator<Uint8Array<ArrayBuffer>> {
  const size = 1 << 22;
  const joined = new Uint8Array(1 << 16);
  let used = 0;
  for (const part of parts) {
    if (used + part.length > joined.length && used > 0) {
      yield joined.subarray(0, used);
      used = 0;
    }
    if (part.length <= joined.length) {
      joined.set(part, used);
      used += part.length;
    } else for (let at = 0; at < part.length; at += size) yield part.subarray(at, at + size) as Uint8Array<ArrayBuffer>;
  }
  if (used > 0) yield joined.subarray(0, used);
}
