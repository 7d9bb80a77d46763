// Finds the place that a source or target names. What reads and writes there is loaded when it is needed.
import { join } from "../binary.ts";
import { type FileError, refused } from "../file-error.ts";
import type { Place } from "./internal.ts";
import type { DirectoryHandle, Readable, Source, Store, StoredFile, Target } from "./store.ts";

/** The place, the name there, and how messages call it. */
export interface Located {
  readonly place: Place;
  readonly name: string;
  readonly shown: string;
}

/** Places by what strings begin with. Other strings are paths, or what `fetch` gets. */
const schemes: Readonly<Record<string, () => Promise<Place>>> = {
  "indexeddb:": async () => (await import("./indexed-db.ts")).indexedDbPlace,
  "opfs:": async () => (await import("./handles.ts")).opfsPlace,
  "download:": async () => (await import("./download.ts")).downloadPlace,
  "file:": async () => (await import("./paths.ts")).pathPlace,
};

/**
 * The place of a target, or of a source that is no bytes.
 * @param owner what asks, for messages.
 * @param isList whether a whole place is meant, not a file in it.
 * @throws FileError where it is none of them, and on names with empty parts or `..`.
 */
export async function locate(
  owner: string,
  target: Exclude<Source, Readable> | Target,
  isList = false,
): Promise<Located> {
  if (typeof target === "string" || target instanceof URL) {
    const shown = String(target);
    // Schemes have two letters or more: one is a drive of Windows.
    const [, scheme = "", name = ""] = /^([a-z][a-z0-9+.-]+:)(?:\/\/)?(.*)$/is.exec(shown) ?? [];
    if (scheme === "" || scheme === "file:") {
      if (shown === "" && !isList) throw noPlace(owner, target);
      const { hasPaths, pathPlace } = await import("./paths.ts");
      return { place: hasPaths() ? pathPlace : { ...fetchPlace, write: pathPlace.write }, name: shown, shown };
    }
    const place = Object.hasOwn(schemes, scheme) ? await schemes[scheme]?.() : undefined;
    if (!place) return { place: fetchPlace, name: shown, shown };
    // A URL object has escaped what is not ASCII.
    const plain = typeof target === "string" ? name : decodeURIComponent(name);
    return { place, name: isList ? plain : checkName(owner, plain), shown };
  }
  if (typeof target !== "object" || target === null) throw noPlace(owner, target);
  if ("store" in target) {
    const { store, name } = target as StoredFile;
    return { place: await placeOf(owner, store), name: checkName(owner, name), shown: name };
  }
  if ("getFile" in target) {
    const { handlePlace } = await import("./handles.ts");
    return { place: handlePlace(target), name: target.name, shown: target.name };
  }
  if ("getWriter" in target)
    return { place: (await import("./stream.ts")).streamPlace(target), name: "stream", shown: "stream" };
  return { place: await placeOf(owner, target), name: "model", shown: "store" };
}

/** The place that a store or a directory is. @throws FileError where it is neither. */
export async function placeOf(owner: string, given: Partial<Store> | DirectoryHandle): Promise<Place> {
  if (typeof given !== "object" || given === null) throw noPlace(owner, given);
  if ("getFileHandle" in given) return (await import("./handles.ts")).directoryPlace(() => given);
  if ("pipe" in given || "fd" in given) throw noPlace(owner, given, "Give a path, or Writable.toWeb(stream).");
  if (!("read" in given || "write" in given)) throw noPlace(owner, given);
  // With one of the two, the other says by itself that it is not there.
  const store = given as Store;
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
    ...(store.list && { list: async () => (await store.list?.()) ?? [] }),
    ...(store.remove && { remove: async (name: string) => void (await store.remove?.(name)) }),
  };
}

/** Names in stores and in the file system of an origin. @throws FileError on one with empty parts, `.` or `..`. */
export function checkName(owner: string, name: unknown): string {
  if (
    typeof name === "string" &&
    !/[\\\0]/.test(name) &&
    name.split("/").every((part) => !["", ".", ".."].includes(part))
  )
    return name;
  throw refused(owner, "a file must have a name", 'names joined by "/", without ".."', name);
}

const noPlace = (owner: string, received: unknown, advice = ""): FileError =>
  refused(
    owner,
    "this is no place for files",
    "a path, a URL, a file handle or a store { read, write }",
    received,
    received instanceof Promise ? "Await it first." : advice,
  );

/** What `fetch` gets; in browsers, paths are relative to the page. */
const fetchPlace: Place = {
  read: async (name) => ({ from: await fetch(name) }),
  write: async (name) => {
    throw refused(
      name,
      "a URL cannot be written to",
      "a path, indexeddb://…, opfs://… or download://…",
      name,
      "Give a store: { write: (bytes) => fetch(url, { method: 'PUT', body: bytes }) }.",
    );
  },
};
