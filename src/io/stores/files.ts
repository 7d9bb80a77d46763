// Reading, writing, listing and removing files wherever they are.
import { literal } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { join, lengthOf, type Parts } from "../binary.ts";
import { FileError, fileError } from "../file-error.ts";
import { isReadable, readAll } from "./bytes.ts";
import { downloadPlace } from "./download.ts";
import { directoryPlace, handlePlace, opfsPlace } from "./handles.ts";
import { indexedDbPlace } from "./indexed-db.ts";
import type { Place } from "./internal.ts";
import { hasPaths, pathPlace } from "./paths.ts";
import type {
  DirectoryHandle,
  Readable,
  ReadOptions,
  Source,
  Store,
  StoredFile,
  Target,
  WriteOptions,
} from "./store.ts";

const readTable: OptionTable<ReadOptions> = { onProgress: "function", maxBytes: "number" };
const writeTable: OptionTable<WriteOptions> = { onProgress: "function" };

/**
 * All bytes of a source. Those that are in memory are not copied.
 * @throws FileError where there is no such file, it cannot be read or is larger than `maxBytes`.
 */
export async function readSource(source: Source, options?: ReadOptions): Promise<Uint8Array> {
  const checked = checkOptions("readSource", options, readTable);
  if (typeof source === "object" && source !== null && isReadable(source))
    return attempt("file", "read", () => readAll("file", source, checked));
  const { place, name, shown } = locate("readSource", source);
  return attempt(shown, "read", async () => {
    const found = await place.read(name);
    if (!found) throw fileError(shown, { rule: "there is no such file", expected: "a file", received: "none" });
    return readAll(shown, found.from, checked, found.size);
  });
}

/**
 * Writes a file as a whole: where it is interrupted, the old file is still there (paths, `opfs://`, `indexeddb://`,
 * handles; for a store of one's own, what its `write` does).
 * @param bytes the file in one piece or in several.
 * @throws FileError where it cannot be written.
 */
export async function writeTarget(target: Target, bytes: Uint8Array | Parts, options?: WriteOptions): Promise<void> {
  const { onProgress } = checkOptions("writeTarget", options, writeTable);
  const parts = bytes instanceof Uint8Array ? [bytes] : bytes;
  const { place, name, shown } = locate("writeTarget", target);
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
  const found = typeof place === "string" || place instanceof URL ? locate("listFiles", place, true) : undefined;
  const { list } = found?.place ?? placeOf(place as DirectoryHandle | Store);
  const shown = found?.shown ?? "store";
  if (!list) throw cannot(shown, "list files", "list");
  return (await attempt(shown, "listed", () => list(found?.name ?? ""))).sort();
}

/** Removes a file. @throws FileError where there is none, or where the place cannot remove files. */
export async function removeFile(target: Target): Promise<void> {
  const { place, name, shown } = locate("removeFile", target);
  const { remove } = place;
  if (!remove) throw cannot(shown, "remove files", "remove");
  await attempt(shown, "removed", () => remove(name));
}

const cannot = (shown: string, what: string, method: string): FileError =>
  fileError(shown, { rule: `this place cannot ${what}`, expected: `a store with ${method}`, received: "one without" });

/** Errors of the platform become errors of this library, with the platform's as their cause. */
async function attempt<T>(name: string, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const received = String((error as Error | undefined)?.message ?? error);
    const wrapped = fileError(name, { rule: `the file cannot be ${what}`, expected: "no error", received });
    wrapped.cause = error;
    throw wrapped;
  }
}

/** The place, the name there, and how messages call it. */
interface Located {
  readonly place: Place;
  readonly name: string;
  readonly shown: string;
}

/** Places by what strings begin with. Others are paths. */
const schemes: Readonly<Record<string, Place>> = {
  "indexeddb:": indexedDbPlace,
  "opfs:": opfsPlace,
  "download:": downloadPlace,
};

function locate(owner: string, target: Exclude<Source, Readable>, isList = false): Located {
  const wrong = () =>
    fileError(owner, {
      rule: "this is no place for files",
      expected: "a path, a URL, a file handle or a store",
      received: literal(target),
    });
  if (typeof target === "string" || target instanceof URL) {
    const shown = String(target);
    const [, scheme, rest = ""] = /^([a-z]{2,}:)(?:\/\/)?(.*)$/is.exec(shown) ?? [];
    const place = scheme && Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
    if (place) return { place, name: isList ? rest : checkName(owner, decodeURIComponent(rest)), shown };
    if (shown === "" && !isList) throw wrong();
    if (scheme && scheme !== "file:") return { place: fetchPlace, name: shown, shown };
    return { place: hasPaths() || isList ? pathPlace : webPathPlace, name: shown, shown };
  }
  if (typeof target !== "object" || target === null) throw wrong();
  if ("store" in target) {
    const { store, name } = target as StoredFile;
    if (typeof name !== "string") throw wrong();
    return { place: placeOf(store), name: checkName(owner, name), shown: name };
  }
  if ("getFile" in target) return { place: handlePlace(target), name: target.name, shown: target.name };
  if ("read" in target || "write" in target) return { place: placeOf(target), name: "model", shown: "store" };
  throw wrong();
}

/** Names in stores and in the file system of an origin. */
function checkName(owner: string, name: string): string {
  if (name.split("/").every((part) => part !== "" && part !== "." && part !== "..")) return name;
  throw fileError(owner, {
    rule: "a file must have a name",
    expected: "a name without empty parts",
    received: literal(name),
  });
}

function placeOf(store: Store | DirectoryHandle): Place {
  if (typeof store !== "object" || store === null)
    throw fileError("store", { rule: "a store is an object", expected: "{ read, write }", received: literal(store) });
  if ("getFileHandle" in store) return directoryPlace(() => store);
  return {
    async read(name) {
      const from = await store.read(name);
      return from ? { from } : undefined;
    },
    async write(name, parts, onBytes) {
      const bytes = join(parts);
      await store.write(bytes, name);
      onBytes(bytes.length);
    },
    ...(store.list && { list: async () => [...((await store.list?.()) ?? [])] }),
    ...(store.remove && {
      remove: async (name: string) => {
        await store.remove?.(name);
      },
    }),
  };
}

/** What `fetch` gets. */
const fetchPlace: Place = {
  read: async (name) => ({ from: await fetch(name) }),
  write: async (name) => {
    throw fileError(name, {
      rule: "a URL cannot be written to",
      expected: "another target",
      received: "a URL",
      advice: "Give a store: { read, write: (bytes) => fetch(url, { method: 'PUT', body: bytes }) }.",
    });
  },
};

/** Paths in browsers: read from the server of the page. */
const webPathPlace: Place = {
  read: async (name) => ({ from: await fetch(new URL(name, globalThis.location?.href)) }),
  write: pathPlace.write,
};
