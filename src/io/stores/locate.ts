// Finds the place that a source or target names. What reads and writes there is loaded when it is needed.
import { literal } from "../../errors.ts";
import { join } from "../binary.ts";
import { type FileError, fileError } from "../file-error.ts";
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
export async function placeOf(owner: string, store: Partial<Store> | DirectoryHandle): Promise<Place> {
  if (typeof store !== "object" || store === null) throw noPlace(owner, store);
  if ("getFileHandle" in store) return (await import("./handles.ts")).directoryPlace(() => store);
  if ("pipe" in store || "fd" in store) throw noPlace(owner, store, "Give a path, or Writable.toWeb(stream).");
  if (!("read" in store || "write" in store)) throw noPlace(owner, store);
  return {
    async read(name) {
      if (!store.read) throw cannot("store", "read");
      const from = await store.read(name);
      return from ? { from } : undefined;
    },
    async write(name, parts, onBytes) {
      if (!store.write) throw cannot("store", "write");
      const bytes = join(parts);
      await store.write(bytes, name);
      onBytes(bytes.length);
    },
    ...(store.list && { list: async () => namesOf((await store.list?.()) ?? []) }),
    ...(store.remove && {
      remove: async (name: string) => {
        await store.remove?.(name);
      },
    }),
  };
}

async function namesOf(listed: Iterable<unknown> | AsyncIterable<unknown>): Promise<string[]> {
  const names: string[] = [];
  for await (const name of listed) {
    if (typeof name !== "string")
      throw fileError("store", { rule: "list gives the names of files", expected: "strings", received: name });
    names.push(name);
  }
  return names;
}

/** The error for a place that lacks a method of stores. */
export const cannot = (shown: string, method: keyof Store): FileError =>
  fileError(shown, {
    rule: `this place cannot ${method} files`,
    expected: `a store with ${method}`,
    received: "one without",
  });

/** Names in stores and in the file system of an origin. @throws FileError on one with empty parts, `.` or `..`. */
export function checkName(owner: string, name: unknown): string {
  if (
    typeof name === "string" &&
    !/[\\\0]/.test(name) &&
    name.split("/").every((part) => !["", ".", ".."].includes(part))
  )
    return name;
  throw fileError(owner, {
    rule: "a file must have a name",
    expected: 'names joined by "/", without ".."',
    received: literal(name),
  });
}

const noPlace = (owner: string, received: unknown, advice = ""): FileError =>
  fileError(owner, {
    rule: "this is no place for files",
    expected: "a path, a URL, a file handle or a store { read, write }",
    received: literal(received),
    advice: received instanceof Promise ? "Await it first." : advice,
  });

/** What `fetch` gets; in browsers, paths are relative to the page. */
const fetchPlace: Place = {
  read: async (name) => ({ from: await fetch(name) }),
  write: async (name) => {
    throw fileError(name, {
      rule: "a URL cannot be written to",
      expected: "a path, indexeddb://…, opfs://… or download://…",
      received: literal(name),
      advice: "Give a store: { write: (bytes) => fetch(url, { method: 'PUT', body: bytes }) }.",
    });
  },
};
