import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { imageFolder, imagesFrom } from "../../src/data-entry.ts";
import { ops, tensor } from "../../src/index.ts";

const rgba = { data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 128), width: 2, height: 1 };

describe("imagesFrom", () => {
  it("gives the channels that were asked for, scaled", () => {
    expect(imagesFrom(rgba)).toEqual({ data: Float32Array.of(255, 0, 0, 0, 255, 0), shape: [1, 1, 2, 3] });
    expect(imagesFrom([rgba, rgba], { channels: "rgba" }).shape).toEqual([2, 1, 2, 4]);
    const gray = imagesFrom(rgba, { channels: "grayscale", scale: 1 / 255 });
    expect([...gray.data].map((value) => value.toFixed(4))).toEqual(["0.2989", "0.5870"]);
    const one = { data: [7], width: 1, height: 1 };
    expect([...imagesFrom(one, { channels: "rgba" }).data]).toEqual([7, 7, 7, 255]);
  });

  it.each([false, true])("resizes as ops.resize, antialias %s", async (antialias) => {
    const data = Float32Array.from({ length: 7 * 5 * 3 }, (_, at) => (at * 37) % 256);
    const size = [3, 9] as const;
    const found = imagesFrom({ data, width: 5, height: 7 }, { size, antialias });
    const expected = await ops.resize(tensor(data, [1, 7, 5, 3]), size, { antialias }).data();
    found.data.forEach((value, at) => {
      expect(value).toBeCloseTo(expected[at] as number, 3);
    });
  });

  it("reads canvases", () => {
    const context = { canvas: { width: 2, height: 1 }, getImageData: () => rgba };
    const canvas = { getContext: () => context, width: 2, height: 1 };
    expect(imagesFrom(canvas as never)).toEqual(imagesFrom(rgba));
  });

  it("refuses what has no pixels", () => {
    expect(() => imagesFrom([rgba, { data: [1], width: 1, height: 1 }])).toThrow("Give size");
    expect(() => imagesFrom({ data: [1, 2], width: 1, height: 1 })).toThrow("1, 3 or 4 numbers");
    expect(() => imagesFrom([])).toThrow("there must be images");
    expect(() => imagesFrom({ naturalWidth: 0, naturalHeight: 0 } as never)).toThrow("has loaded");
    expect(() => imagesFrom({ width: 3, height: 3 } as never)).toThrow("no canvas");
    expect(() => imagesFrom(Uint8Array.of(1) as never)).toThrow("Decode the file first");
    expect(() => imagesFrom(rgba, { channels: "bgr" as never })).toThrow("unknown channels");
    expect(() => imagesFrom(rgba, { size: [0, 2] })).toThrow("size");
  });
});

describe("imageFolder", () => {
  it("finds classes, reads batches in a seeded order, and names the file that fails", async () => {
    const root = mkdtempSync(join(tmpdir(), "aretejs-images-"));
    try {
      for (const [folder, values] of Object.entries({ "dog/young": [9], cat: [1, 2, 3], dog: [7, 8] })) {
        mkdirSync(join(root, folder), { recursive: true });
        for (const value of values) writeFileSync(join(root, folder, `${value}.PNG`), Uint8Array.of(value));
        writeFileSync(join(root, folder, "notes.txt"), "no image");
      }
      const decode = ([value = 0]: Uint8Array) => ({ data: [value], width: 1, height: 1 });
      const options = { decode, size: [1, 1], channels: "grayscale", batchSize: 4, seed: 3 } as const;
      const { dataset, classNames, files, labels } = await imageFolder(root, options);
      expect(classNames).toEqual(["cat", "dog"]);
      expect([...labels]).toEqual([0, 0, 0, 1, 1, 1]);
      expect(files.at(-1)).toContain("dog/young/9.PNG");
      expect([dataset.size, dataset.batchSize]).toEqual([2, 4]);
      const seen: number[][] = [];
      for await (const { x, y } of dataset.epoch(1))
        for (let at = 0; at < y.length; at++) seen.push([x.data[at] as number, y[at] as number]);
      expect(seen.map(([value, label]) => `${Math.round(value as number)}:${label}`).sort()).toEqual([
        "1:0",
        "2:0",
        "3:0",
        "7:1",
        "8:1",
        "9:1",
      ]);
      const { dataset: train, validation } = await imageFolder(root, { ...options, validationFraction: 0.3 });
      const valuesOf = async (batches: typeof validation) => {
        const values: number[][] = [];
        for await (const { x, y } of batches)
          for (let at = 0; at < y.length; at++) values.push([x.data[at] as number, y[at] as number]);
        return values;
      };
      const [first, again] = [await valuesOf(validation), await valuesOf(validation)];
      expect(first).toEqual(again);
      expect(first.map(([, label]) => label).sort()).toEqual([0, 1]);
      expect([...(await valuesOf(train)), ...first].map(([value]) => Math.round(value as number)).sort()).toEqual([
        1, 2, 3, 7, 8, 9,
      ]);
      await expect(imageFolder(root, { ...options, validationFraction: 20 })).rejects.toThrow("validationFraction");
      const broken = await imageFolder(root, {
        ...options,
        decode: () => {
          throw new Error("not a PNG");
        },
      });
      await expect(broken.dataset[Symbol.asyncIterator]().next()).rejects.toThrow(/not a PNG.*\.PNG/s);
      await expect(imageFolder(root, { ...options, classNames: ["bird"] })).rejects.toThrow("each class has a folder");
      await expect(imageFolder(join(root, "cat"), options)).rejects.toThrow("there must be images");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
