// Files by their paths, in Node, Deno and Bun.
import type { Parts } from "../binary.ts";
import { fileError } from "../file-error.ts";
import { type Place, piecesOf } from "./internal.ts";

interface OpenFile {
  read(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }>;
  write(bytes: Uint8Array, offset: number): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface FileSystem {
  open(path: string, flags: string): Promise<OpenFile>;
  stat(path: string): Promise<{ size: number }>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  realpath(path: string): Promise<string>;
  readdir(path: string, options: { withFileTypes: true }): Promise<{ name: string; isFile(): boolean }[]>;
}

interface Path {
  dirname(path: string): string;
  join(...parts: string[]): string;
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/** Whether this runtime has files. It is asked for its modules in a way that bundlers do not see. */
export const hasPaths = (): boolean => (globalThis as Host).process?.getBuiltinModule !== undefined;

/** A module of Node's. @throws FileError in browsers, and in Node before 20.16. */
function builtIn<T>(name: string): T {
  const found = (globalThis as Host).process?.getBuiltinModule?.(name);
  if (found) return found as T;
  throw fileError("file", {
    rule: "paths need a runtime with files",
    expected: "Node 20.16 or newer, Deno or Bun",
    received: "none",
    advice: "In browsers, use indexeddb://name, opfs://name or download://name.",
  });
}

const fileSystem = () => builtIn<FileSystem>("node:fs/promises");
const paths = () => builtIn<Path>("node:path");

/** The path of a `file:` URL; other paths as they are. @throws FileError on a URL of a relative path. */
function pathOf(name: string): string {
  if (!name.startsWith("file:")) return name;
  try {
    return builtIn<{ fileURLToPath(url: string): string }>("node:url").fileURLToPath(name);
  } catch (error) {
    throw fileError(name, {
      rule: "a file: URL must be that of a whole path",
      expected: "file:///folder/name, or a path without file:",
      received: (error as Error).message,
    });
  }
}

/** Endings of the names of files that are being written: dot, letters and digits of one's own, `.tmp`. */
const TEMPORARY = /\.[0-9a-f-]{36}\.tmp$/;

/**
 * Files are written under a temporary name beside their own, handed to the disk and then renamed: whenever the process
 * or the machine stops, there is the old file or the new one.
 */
export const pathPlace: Place = {
  async read(name) {
    const path = pathOf(name);
    try {
      const { size } = await fileSystem().stat(path);
      return { from: readFile(path), size };
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  },

  async write(name, parts, onBytes) {
    const fs = fileSystem();
    const given = pathOf(name);
    await fs.mkdir(paths().dirname(given), { recursive: true });
    // A symbolic link stays one: the file that it names is replaced.
    const path = await fs.realpath(given).catch(() => given);
    const temporary = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      await writeFile(await fs.open(temporary, "wx"), parts, onBytes);
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.unlink(temporary).catch(() => {});
      throw error;
    }
    await syncDirectory(paths().dirname(path));
  },

  async list(name) {
    const entries = await fileSystem().readdir(pathOf(name) || ".", { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && !TEMPORARY.test(entry.name)).map((entry) => entry.name);
  },

  remove: (name) => fileSystem().unlink(pathOf(name)),
};

/** Opens the file when its bytes are asked for, not before: else nobody would close one that is not read. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await fileSystem().open(path, "r");
  try {
    // One piece of memory for all pieces of the file.
    const bytes = new Uint8Array(1 << 20);
    for (;;) {
      const { bytesRead } = await file.read(bytes, 0, bytes.length);
      if (bytesRead === 0) return;
      yield bytes.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function writeFile(file: OpenFile, parts: Parts, onBytes: (count: number) => void): Promise<void> {
  try {
    for (const piece of piecesOf(parts)) {
      for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      onBytes(piece.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Hands the new name to the disk; not all systems let directories be opened. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await fileSystem().open(path, "r");
    await directory.sync().finally(() => directory.close());
  } catch {
    // The name reaches the disk a little later.
  }
}
