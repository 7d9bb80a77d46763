// Reading, writing, listing and removing files wherever they are.
import { checkOptions, type OptionTable } from "../../options.ts";
import { bytesOf, lengthOf, type Parts } from "../binary.ts";
import { FileError, fileError, refused } from "../file-error.ts";
import { isReadable, readAll } from "./bytes.ts";
import { locate, placeOf } from "./locate.ts";
import type { DirectoryHandle, ReadOptions, Source, Store, Target, WriteOptions } from "./store.ts";

const readTable: OptionTable<ReadOptions> = { onProgress: "function", maxBytes: "number" };
const writeTable: OptionTable<WriteOptions> = { onProgress: "function" };

/**
 * All bytes of a source. Those that are in memory are not copied.
 * @param owner what asks, for messages.
 * @throws FileError where there is no such file, it cannot be read or is larger than `maxBytes`.
 */
export async function readSource(source: Source, options?: ReadOptions, owner = "readSource"): Promise<Uint8Array> {
  const bytes = await readSourceIfAny(source, options, owner);
  if (bytes) return bytes;
  const { shown } = await locate(owner, source as Target);
  throw fileError(shown, { rule: "there is no such file", expected: "a file", received: "none" });
}

/** As {@link readSource}; undefined where there is no such file. */
export async function readSourceIfAny(
  source: Source,
  options: ReadOptions | undefined,
  owner: string,
): Promise<Uint8Array | undefined> {
  const checked = checkOptions(owner, options, readTable);
  if (checked.maxBytes !== undefined && !(checked.maxBytes >= 0))
    throw refused(owner, "maxBytes must be a number of bytes", "a number ≥ 0", checked.maxBytes);
  if (isReadable(source)) return attempt(owner, "read", () => readAll(owner, source, checked));
  const { place, name, shown } = await locate(owner, source);
  return attempt(shown, "read", async () => {
    const found = await place.read(name);
    return found && readAll(shown, found.from, checked, found.size);
  });
}

/**
 * Writes a file as a whole: where it is interrupted, the old file is still there (paths, `opfs://`, `indexeddb://`,
 * handles; for a store of one's own, what its `write` does).
 * @param bytes the file in one piece or in several.
 * @param owner what asks, for messages.
 * @throws FileError where it cannot be written, and on what is no bytes.
 */
export async function writeTarget(
  target: Target,
  bytes: ArrayBuffer | ArrayBufferView | Parts,
  options?: WriteOptions,
  owner = "writeTarget",
): Promise<void> {
  const { onProgress } = checkOptions(owner, options, writeTable);
  const parts = bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes) ? [bytesOf(bytes)] : bytes;
  if (!(Array.isArray(parts) && parts.every((part) => part instanceof Uint8Array)))
    throw refused(
      owner,
      "what is written must be bytes",
      "an ArrayBuffer, a typed array, or a list of Uint8Array",
      bytes,
      typeof bytes === "string" ? "Use new TextEncoder().encode(text)." : "",
    );
  const { place, name, shown } = await locate(owner, target);
  const total = lengthOf(parts);
  let done = 0;
  const onBytes = (count: number) => {
    done += count;
    onProgress?.(done, total);
  };
  await attempt(shown, "written", () => place.write(name, parts, onBytes));
}

/**
 * The names of the files in a place: a directory's path or handle, `indexeddb://`, `opfs://` or a store with `list`.
 * @throws FileError where the place cannot list files.
 */
export async function listFiles(place: string | URL | DirectoryHandle | Store): Promise<string[]> {
  const isNamed = typeof place === "string" || place instanceof URL;
  const found = isNamed
    ? await locate("listFiles", place, true)
    : { place: await placeOf("listFiles", place), name: "", shown: "store" };
  const { list } = found.place;
  const { name, shown } = found;
  if (!list) throw cannot(shown, "list");
  return attempt(shown, "listed", async () => {
    const names: string[] = [];
    for await (const listed of await list(name)) {
      if (typeof listed !== "string") throw refused(shown, "list gives the names of files", "strings", listed);
      names.push(listed);
    }
    return names.sort();
  });
}

/** Removes a file. @throws FileError where there is none, or where the place cannot remove files. */
export async function removeFile(target: Target): Promise<void> {
  const { place, name, shown } = await locate("removeFile", target);
  const { remove } = place;
  if (!remove) throw cannot(shown, "remove");
  await attempt(shown, "removed", () => remove(name));
}

const cannot = (shown: string, method: keyof Store): FileError =>
  fileError(shown, {
    rule: `this place cannot ${method} files`,
    expected: `a store with ${method}`,
    received: "one without",
  });

/** Errors of the platform become errors of this library, with the platform's as their cause. */
async function attempt<T>(name: string, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const { message, cause } = (error ?? {}) as Partial<Error>;
    // `fetch` says in its cause what has failed.
    const received = [message ?? String(error), ...(cause instanceof Error ? [cause.message] : [])].join(": ");
    const wrapped = fileError(name, { rule: `the file cannot be ${what}`, expected: "no error", received });
    wrapped.cause = error;
    throw wrapped;
  }
}
