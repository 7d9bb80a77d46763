// How much a file may grow when it is read.
import { fileError } from "./file-error.ts";

/** A file may unpack to this many times its size, as in Keras. */
const MAX_EXPANSION = 100;

/** Any file may unpack to this many bytes: small files of zeros shrink a lot. */
const ALWAYS_ALLOWED = 1 << 20;

/** Refuses a file of `size` bytes that says that it unpacks to more than 100 times as much. @throws FileError. */
export function checkExpansion(name: string, unpacked: number, size: number): void {
  const limit = Math.max(ALWAYS_ALLOWED, MAX_EXPANSION * size);
  if (unpacked <= limit) return;
  throw fileError(name, {
    rule: `a file of ${size} bytes must not unpack to more than ${MAX_EXPANSION} times its size`,
    expected: `at most ${limit} bytes`,
    received: `${unpacked} bytes`,
  });
}
