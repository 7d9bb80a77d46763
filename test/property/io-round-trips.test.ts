import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { join } from "../../src/io/binary.ts";
import type { Hdf5Dataset, Hdf5Group } from "../../src/io/hdf5/open.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import { loadModel, readSource, saveModel, writeTarget } from "../../src/io/index.ts";
import { openSafetensors } from "../../src/io/safetensors/read.ts";
import { writeSafetensors } from "../../src/io/safetensors/write.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { writeZip } from "../../src/io/zip/write.ts";
import { dense, inputLayer } from "../../src/nn/layers/index.ts";
import { sequential } from "../../src/train/sequential.ts";
import { type WrittenDataset, type WrittenGroup, writeHdf5 } from "../hdf5-writer.ts";
import { groups, tensors } from "../interop/random-files.ts";

/** What was read, as it was given to the writer. */
async function written(node: Hdf5Group | Hdf5Dataset): Promise<WrittenGroup | WrittenDataset> {
  const { attributes } = node;
  if (node.kind === "dataset") return { shape: node.shape, data: await node.read(), attributes } as WrittenDataset;
  const children = new Map<string, WrittenGroup | WrittenDataset>();
  for (const [name, child] of node.children) children.set(name, await written(child));
  return { children, attributes } as WrittenGroup;
}

/** A group with attributes where none were given, and members in the order of reading. */
function ordered(node: WrittenGroup | WrittenDataset): WrittenGroup | WrittenDataset {
  const attributes = node.attributes ?? new Map();
  if ("data" in node) return { ...node, attributes };
  const compare = ([a]: [string, unknown], [b]: [string, unknown]) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return {
    children: new Map([...node.children].sort(compare).map(([name, child]) => [name, ordered(child)])),
    attributes,
  };
}

describe("what is written is read", () => {
  it("HDF5: groups, attributes, datasets of all types", async () => {
    await fc.assert(
      fc.asyncProperty(groups, async (root) => {
        expect(await written(openHdf5(join(writeHdf5(root))))).toEqual(ordered(root));
      }),
      { numRuns: 50 },
    );
  });

  it("safetensors, wherever the bytes lie in memory", () => {
    const names = fc.string({ unit: "grapheme" }).filter((name) => name !== "__proto__" && name !== "__metadata__");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, tensors)),
        fc.dictionary(names, fc.string()),
        fc.nat(7),
        (entries, fields, at) => {
          const metadata = new Map(Object.entries(fields));
          const file = join(writeSafetensors(new Map(entries), metadata));
          const shifted = new Uint8Array(file.length + at).subarray(at);
          shifted.set(file);
          const found = openSafetensors(shifted);
          expect(found.metadata).toEqual(metadata);
          const read = [...found.tensors].map(([name, { shape, read }]) => [name, { shape, data: read() }] as const);
          expect(new Map(read)).toEqual(new Map(entries));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("zip archives", async () => {
    const names = fc.stringMatching(/^[a-zäß]{1,5}(\/[a-z0-9.]{1,4}x)?$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.array(fc.uint8Array({ maxLength: 20 }))), async (given) => {
        const files = Object.entries(given).map(([name, parts]) => ({ name, parts }));
        const entries = openZip(join(writeZip(files)));
        expect([...entries.keys()]).toEqual(files.map(({ name }) => name));
        for (const { name, parts } of files) expect(await entries.get(name)?.read()).toEqual(join(parts));
      }),
      { numRuns: 50 },
    );
  });
});

describe("memory", () => {
  it("a file of weights takes little more than itself while it is read, and nothing while it is written", async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), "aretejs-memory-"));
    const path = joinPath(folder, "model.keras");
    const [count, size] = [40, 100_000];
    try {
      const children = new Map(
        Array.from({ length: count }, (_, i) => [`v${i}`, { shape: [size], data: new Float32Array(size).fill(i) }]),
      );
      const weights = 4 * count * size;
      const inBuffers = () => process.memoryUsage().arrayBuffers;
      const beforeWriting = inBuffers();
      const parts = writeZip([{ name: "model.weights.h5", parts: writeHdf5({ children }) }]);
      await writeTarget(path, parts);
      expect(inBuffers() - beforeWriting).toBeLessThan(0.1 * weights);

      const before = inBuffers();
      const file = await readSource(path);
      const entry = openZip(file).get("model.weights.h5");
      const root = openHdf5((await entry?.read()) as Uint8Array);
      // Besides the weights themselves: the file, and what was made in opening it.
      expect(inBuffers() - before).toBeLessThan(1.2 * weights);
      for (const [name, dataset] of root.children) {
        const data = dataset.kind === "dataset" && (await dataset.read());
        expect((data as Float32Array)[size - 1]).toBe(Number(name.slice(1)));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a model takes its file and its weights while it is loaded, and no first values are drawn", async () => {
    let drawn = 0;
    const counted = (shape: readonly number[]) => {
      drawn++;
      return new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(drawn);
    };
    const customObjects = { counted };
    const layers = [400, 500, 600].map((units) => dense(units, { kernelInitializer: counted }));
    const folder = mkdtempSync(joinPath(tmpdir(), "aretejs-model-"));
    const path = joinPath(folder, "model.keras");
    await saveModel(sequential([inputLayer([300]), ...layers]), path, { customObjects });
    // Once before, so that the code is loaded.
    await loadModel(path, { customObjects });
    const before = process.memoryUsage().arrayBuffers;
    expect(drawn).toBe(3);
    const model = await loadModel(path, { customObjects });
    const taken = process.memoryUsage().arrayBuffers - before;
    expect(drawn).toBe(3);
    const weights = model.variables.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    // The file beside the weights themselves, and the piece that is read at a time.
    expect(taken).toBeLessThan(2.2 * weights + 2 ** 20);
    rmSync(folder, { recursive: true });
    expect(((await model.getWeights())[0] as { data: ArrayLike<number> }).data[0]).toBe(1);
  });
});
