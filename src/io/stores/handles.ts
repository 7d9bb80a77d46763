// Files of the File System Access API: handles that a user picked, and `opfs://name`.
import { fileError } from "../file-error.ts";
import { type Place, piecesOf } from "./internal.ts";
import type { DirectoryHandle, FileHandle } from "./store.ts";

/** A file that a handle stands for. Its name is the handle's. */
export const handlePlace = (handle: FileHandle): Place => ({
  async read() {
    const from = await handle.getFile();
    return { from, size: from.size };
  },
  async write(_, parts, onBytes) {
    if (!handle.createWritable)
      throw fileError(handle.name, {
        rule: "this browser cannot write to file handles",
        expected: "createWritable",
        received: "none",
        advice: "Use indexeddb://name.",
      });
    // What is written goes to a file of its own until it is closed.
    const file = await handle.createWritable();
    try {
      for (const piece of piecesOf(parts)) {
        await file.write(piece);
        onBytes(piece.length);
      }
    } catch (error) {
      await file.abort().catch(() => {});
      throw error;
    }
    await file.close();
  },
});

/** The files below a directory; slashes in names are directories. */
export const directoryPlace = (open: () => Promise<DirectoryHandle> | DirectoryHandle): Place => {
  const find = async (name: string, create: boolean) => {
    const parts = name.split("/");
    const last = parts.pop() as string;
    let directory = await open();
    for (const part of parts) directory = await directory.getDirectoryHandle(part, { create });
    return { directory, last };
  };
  return {
    async read(name) {
      try {
        const { directory, last } = await find(name, false);
        return await handlePlace(await directory.getFileHandle(last)).read(name);
      } catch (error) {
        if ((error as Error).name === "NotFoundError") return undefined;
        throw error;
      }
    },
    async write(name, parts, onBytes) {
      const { directory, last } = await find(name, true);
      await handlePlace(await directory.getFileHandle(last, { create: true })).write(name, parts, onBytes);
    },
    list: async () => filesBelow(await open(), ""),
    async remove(name) {
      const { directory, last } = await find(name, false);
      await directory.removeEntry(last);
    },
  };
};

/** The names of all files, with those of their directories. */
async function filesBelow(directory: DirectoryHandle, before: string): Promise<string[]> {
  const names: string[] = [];
  const { values } = directory as DirectoryHandle & { values(): AsyncIterable<DirectoryHandle | FileHandle> };
  for await (const entry of values.call(directory)) {
    if (entry.kind === "file") names.push(before + entry.name);
    else names.push(...(await filesBelow(entry, `${before}${entry.name}/`)));
  }
  return names;
}

/** The file system of a page's origin that only it sees. */
export const opfsPlace: Place = /* @__PURE__ */ directoryPlace(() => {
  const { storage } = globalThis.navigator ?? {};
  if (storage?.getDirectory) return storage.getDirectory() as unknown as Promise<DirectoryHandle>;
  throw fileError("opfs", {
    rule: "this runtime has no file system of the origin",
    expected: "a browser",
    received: "none",
  });
});
