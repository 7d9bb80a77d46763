// Files that records are appended to.
import { join } from "../binary.ts";
import { fileError } from "../file-error.ts";
import { writeTarget } from "../stores/files.ts";
import type { DirectoryHandle, Store, StoredFile, Target } from "../stores/store.ts";
import { versionRecord } from "./events.ts";

/** A directory for event files: a path, an address of another place (`opfs://logs`), a store, or a part of a store. */
export type LogDirectory = string | URL | Store | DirectoryHandle | StoredFile;

interface Files {
  appendFile(path: string | URL, bytes: Uint8Array): Promise<void>;
  mkdir(path: string | URL, options: { recursive: true }): Promise<unknown>;
}

/** Node's functions for files, where the runtime has them. */
const filesOf = (): Files | undefined =>
  (globalThis as { process?: { getBuiltinModule?(name: string): Files } }).process?.getBuiltinModule?.(
    "node:fs/promises",
  );

/** A part of a log in a store is written anew as a whole when it grows. From this size on there is a new part. */
const MAX_PART = 1 << 18;

/**
 * A log of one run ("train" or "validation"). What is added goes to the file with `flush`, in one piece and behind what
 * is there: paths are appended to; in other places, files of at most 256 KiB follow each other.
 */
export class EventFile {
  private readonly begun: string;
  private waiting: Uint8Array[] = [];
  private part: Uint8Array[] = [];
  private parts = 0;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly directory: LogDirectory,
    private readonly run: string,
  ) {
    const now = Date.now();
    // TensorBoard reads the files of a directory in the order of their names.
    const [id = ""] = crypto.randomUUID().split("-");
    const [seconds, rest] = [Math.floor(now / 1000), String(now % 1000).padStart(3, "0")];
    this.begun = `events.out.tfevents.${String(seconds).padStart(10, "0")}.aretejs.${rest}.${id}`;
    this.waiting.push(versionRecord(now));
  }

  add(record: Uint8Array): void {
    this.waiting.push(record);
  }

  /** Writes what was added. Calls follow each other. */
  flush(): Promise<void> {
    const records = this.waiting;
    this.waiting = [];
    if (records.length > 0) {
      this.flushing = this.flushing.then(() => (isPath(this.directory) ? this.append(records) : this.rewrite(records)));
    }
    return this.flushing;
  }

  private async append(records: readonly Uint8Array[]): Promise<void> {
    const files = filesOf() as Files;
    const path = targetOf(this.directory, `${this.run}/${this.begun}`) as string | URL;
    try {
      if (this.parts++ === 0) await files.mkdir(parentOf(path), { recursive: true });
      await files.appendFile(path, join(records));
    } catch (error) {
      const received = (error as Error).message;
      const wrapped = fileError(String(path), { rule: "events cannot be written", expected: "no error", received });
      wrapped.cause = error;
      throw wrapped;
    }
  }

  private async rewrite(records: readonly Uint8Array[]): Promise<void> {
    if (this.part.reduce((sum, { length }) => sum + length, 0) > MAX_PART) {
      this.parts++;
      this.part = [versionRecord(Date.now())];
    }
    this.part.push(...records);
    const name = `${this.run}/${this.begun}.${String(this.parts).padStart(6, "0")}`;
    await writeTarget(targetOf(this.directory, name), this.part, undefined, "tensorBoard");
  }
}

/** Whether it is a path, or a `file:` URL, in a runtime that has files. */
const isPath = (directory: LogDirectory): directory is string | URL =>
  (typeof directory === "string" || directory instanceof URL) &&
  /^(file:|(?![a-z][a-z0-9+.-]+:))/i.test(String(directory)) &&
  filesOf() !== undefined;

/** The place of a file in the directory. */
function targetOf(directory: LogDirectory, name: string): Target {
  if (typeof directory === "string")
    return directory.startsWith("file:")
      ? targetOf(new URL(directory), name)
      : `${directory.replace(/[/\\]$/, "")}/${name}`;
  if (directory instanceof URL) return new URL(`${directory.href.replace(/\/$/, "")}/${name}`);
  if ("store" in directory) return { store: directory.store, name: `${directory.name}/${name}` };
  return { store: directory, name };
}

const parentOf = (path: string | URL): string | URL =>
  typeof path === "string" ? path.replace(/[/\\][^/\\]*$/, "") : new URL(".", path);
