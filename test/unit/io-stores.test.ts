import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type DirectoryHandle,
  FileError,
  type FileHandle,
  listFiles,
  type Readable,
  readSource,
  removeFile,
  type Store,
  writeTarget,
} from "../../src/io/index.ts";
import { sibling } from "../../src/io/stores/sibling.ts";

const folder = mkdtempSync(join(tmpdir(), "aretejs-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));
const bytes = Uint8Array.of(1, 2, 3, 4, 5);
const other = Uint8Array.of(9);

describe("paths", () => {
  it("are written, read, listed and removed; folders are made", async () => {
    const path = join(folder, "runs/1/model.keras");
    await writeTarget(path, [bytes.subarray(0, 2), bytes.subarray(2)]);
    expect(await readSource(path)).toEqual(bytes);
    expect(await readSource(pathToFileURL(path))).toEqual(bytes);
    expect(await readSource(pathToFileURL(path).href)).toEqual(bytes);
    await writeTarget(pathToFileURL(path), other);
    expect(await readSource(path)).toEqual(other);
    expect(await listFiles(join(folder, "runs/1"))).toEqual(["model.keras"]);
    await removeFile(path);
    expect(readdirSync(join(folder, "runs/1"))).toEqual([]);
    await expect(readSource(path)).rejects.toThrow(`${path}: there is no such file.`);
    await expect(removeFile(path)).rejects.toThrow(FileError);
  });

  it("a symbolic link stays one, and its file is replaced", async () => {
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, other);
    symlinkSync(file, link);
    await writeTarget(link, bytes);
    expect([readlinkSync(link), new Uint8Array(readFileSync(file))]).toEqual([file, bytes]);
  });

  it("a failure in the middle leaves the old file, and no other", async () => {
    const place = join(folder, "failing");
    mkdirSync(place);
    const path = join(place, "a");
    await writeTarget(path, bytes);
    const onProgress = () => {
      throw new Error("no room");
    };
    await expect(writeTarget(path, other, { onProgress })).rejects.toThrow(
      `${path}: the file cannot be written. Expected no error, received no room.`,
    );
    expect(await readSource(path)).toEqual(bytes);
    expect(readdirSync(place)).toEqual(["a"]);
    await expect(writeTarget(place, bytes)).rejects.toThrow(FileError);
    expect(readdirSync(place)).toEqual(["a"]);
    await expect(readSource(place)).rejects.toThrow(`${place}: the file cannot be read.`);
  });

  it("many at once to one path: one of them, whole", async () => {
    const path = join(folder, "racing");
    const files = Array.from({ length: 8 }, (_, i) => new Uint8Array(1000 + i).fill(i));
    await Promise.all(files.map((file) => writeTarget(path, file)));
    expect(files).toContainEqual(await readSource(path));
  });

  it("progress is told, and what is too large is not read", async () => {
    const path = join(folder, "large");
    const large = new Uint8Array(5 << 20).fill(7);
    const calls: number[][] = [];
    const onProgress = (done: number, total: number | undefined) => calls.push([done, total ?? -1]);
    await writeTarget(path, large, { onProgress });
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.at(-1)).toEqual([large.length, large.length]);
    calls.length = 0;
    expect((await readSource(path, { onProgress })).length).toBe(large.length);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls.at(-1)).toEqual([large.length, large.length]);
    await expect(readSource(path, { maxBytes: large.length - 1 })).rejects.toThrow("the file is too large");
    expect((await readSource(path, { maxBytes: large.length })).length).toBe(large.length);
  });
});

describe("bytes in every form", () => {
  const blob = new Blob([bytes]);
  const stream = (parts: readonly Uint8Array[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
  async function* chunks() {
    yield bytes.subarray(0, 1);
    yield bytes.subarray(1);
  }
  const forms = {
    Uint8Array: bytes,
    ArrayBuffer: bytes.slice().buffer,
    DataView: new DataView(bytes.slice().buffer),
    Buffer: Buffer.from(bytes),
    Blob: blob,
    Response: new Response(blob),
    "R2's object": { arrayBuffer: () => blob.arrayBuffer() },
    ReadableStream: stream([bytes.subarray(0, 4), bytes.subarray(4)]),
    "async iterable": chunks(),
  };

  it.each(Object.entries(forms))("%s", async (_, form) => {
    expect(Array.from(await readSource(form))).toEqual([...bytes]);
  });

  it("what is none is refused: text, lists, streams of text", async () => {
    const from = (given: unknown) => readSource({ read: () => given as Uint8Array, write: () => {} });
    await expect(from("AQID")).rejects.toThrow(
      /store: what is read must be bytes\. Expected .*, received the string "AQID"\. Ask for bytes, as by get\(name, "a/,
    );
    await expect(from([1, 2])).rejects.toThrow(/what is read must be bytes\. .*received \[1, 2\]/);
    async function* texts() {
      yield "abc";
    }
    await expect(readSource(texts() as unknown as Readable)).rejects.toThrow(/must be bytes\. .*the string "abc"/);
    const write = (given: unknown) => writeTarget(join(folder, "no-bytes"), given as Uint8Array);
    await expect(write("text")).rejects.toThrow(/writeTarget: what is written must be bytes.*TextEncoder/);
    for (const given of [undefined, 5, new Blob([]), ["text"]])
      await expect(write(given)).rejects.toThrow("writeTarget: what is written must be bytes.");
    expect(readdirSync(folder)).not.toContain("no-bytes");
    await write(Float32Array.of(1, 2));
    expect([...new Float32Array((await readSource(join(folder, "no-bytes"))).slice().buffer)]).toEqual([1, 2]);
    await write(bytes.slice().buffer);
    expect(await readSource(join(folder, "no-bytes"))).toEqual(bytes);
  });

  it("a part of a buffer is that part, not copied", async () => {
    const whole = new Uint8Array(10);
    const part = whole.subarray(3, 5);
    const read = await readSource(part);
    expect([read.buffer, read.byteOffset, read.length]).toEqual([whole.buffer, 3, 2]);
  });

  it("a stream that is too long is ended", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(readSource(endless, { maxBytes: 10_000 })).rejects.toThrow(
      "readSource: the file is too large. Expected at most 10000 bytes, received 11000.",
    );
    expect(cancelled).toBe(true);
  });

  it("a response that failed, and a stream that breaks", async () => {
    await expect(readSource(new Response("no", { status: 404 }))).rejects.toThrow(
      "readSource: the response must be a success. Expected status 200, received 404.",
    );
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("cut off")) });
    const error: FileError = await readSource(broken).catch((error) => error);
    expect([error.name, error.message, error.cause]).toEqual([
      "FileError",
      "readSource: the file cannot be read. Expected no error, received cut off.",
      new Error("cut off"),
    ]);
  });
});

describe("URLs", () => {
  let server: Server;
  let base = "";
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith("/model.keras")) response.writeHead(200, { "Content-Length": 5 }).end(bytes);
      else if (request.url === "/lies")
        response.writeHead(200, { "Content-Length": 2 ** 50 }).write(bytes, () => response.destroy());
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it("are fetched, with progress", async () => {
    const calls: unknown[] = [];
    const onProgress = (...call: unknown[]) => calls.push(call);
    expect(await readSource(`${base}/model.keras`, { onProgress })).toEqual(bytes);
    expect(calls).toEqual([[5, 5]]);
    expect(await readSource(new URL(`${base}/model.keras`))).toEqual(bytes);
    expect(await readSource(`data:application/octet-stream;base64,AQIDBAU=`)).toEqual(bytes);
  });

  it("what fails is told; a size that is a lie takes no memory", async () => {
    await expect(readSource(`${base}/other`)).rejects.toThrow(`${base}/other: the response must be a success.`);
    await expect(readSource(`${base}/lies`)).rejects.toThrow(FileError);
    await expect(readSource(`${base}/lies`, { maxBytes: 2 ** 60 })).rejects.toThrow("the file cannot be read");
    await expect(writeTarget(`${base}/a`, bytes)).rejects.toThrow("a URL cannot be written to");
    await expect(readSource("nosuch://a")).rejects.toThrow("nosuch://a: the file cannot be read");
  });
});

describe("stores", () => {
  const memory = () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    const store = {
      read: (name: string) => files.get(name),
      write: (file: Uint8Array<ArrayBuffer>, name: string) => void files.set(name, file),
      list: () => files.keys(),
      remove: (name: string) => files.delete(name),
    } satisfies Store;
    return { files, store };
  };

  it("keep files by their names", async () => {
    const { files, store } = memory();
    await writeTarget({ store, name: "b/model:1" }, [bytes.subarray(0, 2), bytes.subarray(2)]);
    await writeTarget({ store, name: "a" }, other);
    expect(files.get("b/model:1")).toEqual(bytes);
    expect(await readSource({ store, name: "b/model:1" })).toEqual(bytes);
    expect(await listFiles(store)).toEqual(["a", "b/model:1"]);
    await removeFile({ store, name: "a" });
    await expect(readSource({ store, name: "a" })).rejects.toThrow("a: there is no such file.");
  });

  it("of one file need no name, and nothing but what is used", async () => {
    let file: Uint8Array | undefined;
    const store: Store = {
      read: () => file,
      write: (given) => {
        file = given;
      },
    };
    await expect(readSource(store)).rejects.toThrow("store: there is no such file.");
    await writeTarget(store, bytes);
    expect(await readSource(store)).toEqual(bytes);
    await expect(listFiles(store)).rejects.toThrow("store: this place cannot list files. Expected a store with list");
    await expect(removeFile(store)).rejects.toThrow("this place cannot remove files");
    const [toRead, toWrite] = [{ read: store.read }, { write: store.write }];
    await writeTarget(toWrite, other);
    expect(await readSource({ store: toRead, name: "a" })).toEqual(other);
    await expect(writeTarget(toRead as Store, other)).rejects.toThrow("store.write is not a function");
    await expect(readSource(toWrite as Store)).rejects.toThrow("store.read is not a function");
  });

  it("may list names page by page; what is no name is refused", async () => {
    const listing = (names: unknown) => listFiles({ ...memory().store, list: () => names as string[] });
    async function* pages() {
      yield* ["b", "a"];
    }
    expect(await listing(pages())).toEqual(["a", "b"]);
    await expect(listing([{ name: "a" }])).rejects.toThrow("store: list gives the names of files.");
  });

  it.each(["", "../a", "a//b", ".", "a/..", "a\\b", "a\0", 3])("the name %j is refused", async (name) => {
    const { files, store } = memory();
    await expect(writeTarget({ store, name: name as string }, bytes)).rejects.toThrow(
      "writeTarget: a file must have a name",
    );
    expect(files.size).toBe(0);
  });

  it("streams and open files of Node are none", async () => {
    const advice = /this is no place for files\..*Give a path, or Writable\.toWeb\(stream\)/;
    await expect(writeTarget(new PassThrough() as unknown as Store, bytes)).rejects.toThrow(advice);
    const path = join(folder, "open");
    const file = await open(path, "w+");
    await expect(writeTarget(file as unknown as Store, bytes)).rejects.toThrow(advice);
    await expect(readSource(file as unknown as Store)).rejects.toThrow(advice);
    await file.close();
    await expect(writeTarget("file://./a", bytes)).rejects.toThrow(/must be that of a whole path.*without file:/);
  });

  it.each([undefined, null, 3, "", {}, [], { store: {}, name: "a" }, { store: null, name: "a" }])(
    "%j is no place",
    async (target) => {
      await expect(writeTarget(target as string, bytes)).rejects.toThrow("writeTarget: this is no place for files");
      await expect(readSource(target as string)).rejects.toThrow("readSource: this is no place for files");
    },
  );

  it("unknown options are refused", async () => {
    await expect(readSource(bytes, { progress: () => {} } as object)).rejects.toThrow('Did you mean "onProgress"?');
    await expect(writeTarget({ read: () => bytes, write: () => {} }, bytes, { maxBytes: 3 } as object)).rejects.toThrow(
      "writeTarget: unknown option",
    );
  });

  it("places that this runtime lacks are named", async () => {
    await expect(writeTarget("indexeddb://a", bytes)).rejects.toThrow("indexeddb: this runtime has no IndexedDB");
    await expect(writeTarget("opfs://a", bytes)).rejects.toThrow("opfs: this runtime has no file system of the origin");
    await expect(writeTarget("download://a", bytes)).rejects.toThrow("download: a download needs a page");
    await expect(readSource("download://a")).rejects.toThrow("download: a download cannot be read");
    await expect(listFiles("download://")).rejects.toThrow("this place cannot list files");
  });
});

describe("streams", () => {
  it("get the file in pieces that stay as they are, and are closed", async () => {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>();
    const parts = [bytes.subarray(0, 2), new Uint8Array(1 << 17).fill(7), bytes.subarray(2)];
    const told: number[] = [];
    const writing = writeTarget(writable, parts, { onProgress: (done) => told.push(done) });
    const read = await readSource(readable);
    await writing;
    expect(Buffer.from(read).equals(Buffer.concat(parts))).toBe(true);
    expect(told.at(-1)).toBe(read.length);
    await expect(readSource(writable as unknown as Store)).rejects.toThrow("a stream to write to cannot be read");
  });

  it("that fail are told", async () => {
    const write = () => {
      throw new Error("cut off");
    };
    await expect(writeTarget(new WritableStream({ write }), bytes)).rejects.toThrow(
      "stream: the file cannot be written. Expected no error, received cut off.",
    );
  });
});

describe("file handles", () => {
  /** A directory in memory with the methods of the File System Access API. */
  function directory(name: string) {
    const entries = new Map<string, { kind: "file" | "directory" }>();
    const missing = () => Object.assign(new Error("missing"), { name: "NotFoundError" });
    const find = <T>(key: string, make: () => T, create = false): T => {
      if (!entries.has(key) && !create) throw missing();
      if (!entries.has(key)) entries.set(key, make() as T & { kind: "file" });
      return entries.get(key) as T;
    };
    const handle = {
      kind: "directory" as const,
      name,
      getFileHandle: async (key: string, options?: { create?: boolean }) => find(key, () => file(key), options?.create),
      getDirectoryHandle: async (key: string, options?: { create?: boolean }): Promise<DirectoryHandle> =>
        find(key, () => directory(key), options?.create),
      removeEntry: async (key: string) => {
        if (!entries.delete(key)) throw missing();
      },
      async *values() {
        yield* entries.values();
      },
    };
    return handle;
  }

  function file(name: string, fails = false) {
    let content = new Blob([]);
    const handle: FileHandle & { aborted: boolean } = {
      kind: "file",
      name,
      aborted: false,
      getFile: async () => content,
      createWritable: async () => {
        const parts: Uint8Array<ArrayBuffer>[] = [];
        return {
          write: async (part: Uint8Array<ArrayBuffer>) => {
            if (fails) throw new Error("disk full");
            parts.push(part);
          },
          close: async () => {
            content = new Blob(parts);
          },
          abort: async () => {
            handle.aborted = true;
          },
        };
      },
    };
    return handle;
  }

  it("are written and read", async () => {
    const handle = file("model.keras");
    await writeTarget(handle, [bytes.subarray(0, 2), bytes.subarray(2)]);
    expect(await readSource(handle)).toEqual(bytes);
    await expect(removeFile(handle)).rejects.toThrow("this place cannot remove files");
  });

  it("a failure is told, and the writing given up", async () => {
    const handle = file("a", true);
    await expect(writeTarget(handle, bytes)).rejects.toThrow(
      "a: the file cannot be written. Expected no error, received disk full",
    );
    expect(handle.aborted).toBe(true);
    const { createWritable: _, ...old } = file("b");
    await expect(writeTarget(old, bytes)).rejects.toThrow("b: this browser cannot write to file handles");
  });

  it("directories are places", async () => {
    const store = directory("models");
    await writeTarget({ store, name: "runs/1.keras" }, bytes);
    await writeTarget({ store, name: "a.keras" }, other);
    expect(await listFiles(store)).toEqual(["a.keras", "runs/1.keras"]);
    expect(await readSource({ store, name: "runs/1.keras" })).toEqual(bytes);
    await removeFile({ store, name: "runs/1.keras" });
    expect(await listFiles(store)).toEqual(["a.keras"]);
    await expect(readSource({ store, name: "runs/1.keras" })).rejects.toThrow("there is no such file");
    await expect(readSource({ store, name: "other/1.keras" })).rejects.toThrow("there is no such file");
  });
});

describe("the file beside a file", () => {
  const store: Store = { read: () => undefined, write: () => {} };
  it.each([
    ["models/model.json", "models/shard.bin"],
    ["model.json", "shard.bin"],
    ["https://x.org/a/model.json?v=1", "https://x.org/a/shard.bin?v=1"],
    ["indexeddb://a/model.json", "indexeddb://a/shard.bin"],
  ])("of %s is %s", (source, expected) => {
    expect(sibling("x", source, "shard.bin")).toBe(expected);
  });

  it("of stores, and where there is none", () => {
    expect(sibling("x", { store, name: "a/model.json" }, "b/shard.bin")).toEqual({ store, name: "a/b/shard.bin" });
    expect(() => sibling("x", bytes, "shard.bin")).toThrow("the file beside this one cannot be found (shard.bin)");
  });

  it.each(["../shard.bin", "/etc/passwd", "http://x.org/a", "a/../../b", "", "c:\\a"])("%s is refused", (path) => {
    expect(() => sibling("x", "models/model.json", path)).toThrow("x: a file must have a name");
  });
});
