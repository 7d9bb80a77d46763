import { describe, expect, it } from "vitest";
import { join } from "../../src/io/binary.ts";
import { FileError } from "../../src/io/file-error.ts";
import { type Hdf5Dataset, type Hdf5Group, openWeights } from "../../src/io/hdf5/open.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import { openSafetensors } from "../../src/io/safetensors/read.ts";
import { writeSafetensors } from "../../src/io/safetensors/write.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { foreignFiles, plain } from "./io-support.ts";

const { files, expected } = await foreignFiles();
const fileOf = (name: string) => files.get(name) as Uint8Array;

/** All objects of a file, as make.py writes them. */
async function contentsOf(group: Hdf5Group) {
  const contents: Record<string, object> = {};
  const visit = async (node: Hdf5Group | Hdf5Dataset): Promise<void> => {
    const attributes = Object.fromEntries([...node.attributes].map(([name, value]) => [name, plain(value)]));
    if (node.kind === "group") {
      contents[node.path] = { attributes };
      for (const child of node.children.values()) await visit(child);
    } else {
      contents[node.path] = { attributes, shape: node.shape, values: plain(await node.read()) };
    }
  };
  await visit(group);
  return contents;
}

describe("HDF5 files of h5py and Keras", () => {
  it.each(Object.keys(expected.files).filter((name) => name.endsWith(".h5")))("%s is read", async (name) => {
    const found = await contentsOf(openHdf5(fileOf(name)));
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected.files[name] as object).sort());
    expect(found).toEqual(expected.files[name]);
  });

  it.each(Object.keys(expected.files).filter((name) => name.endsWith(".h5")))(
    "%s has the same numbers where attributes are left out",
    async (name) => {
      const withoutAttributes = (contents: Record<string, object>) =>
        Object.entries(contents).map(([path, { attributes: _, ...rest }]: [string, { attributes?: unknown }]) => [
          path,
          rest,
        ]);
      const found = await contentsOf(await openWeights(fileOf(name), name));
      const whole = await contentsOf(openHdf5(fileOf(name)));
      expect(withoutAttributes(found)).toEqual(withoutAttributes(whole));
    },
  );

  it.each(Object.entries(expected.refused))("%s is refused: %s", async (name, feature) => {
    const open = async () => contentsOf(openHdf5(fileOf(name)));
    await expect(open()).rejects.toThrow(FileError);
    await expect(open()).rejects.toThrow(feature);
  });
});

describe("zip archives of zipfile", () => {
  it.each(["stored", "deflated", "streamed"])("%s: all entries are read, directories are left out", async (kind) => {
    const entries = openZip(fileOf(`${kind}.zip`));
    const read = async (name: string) => new TextDecoder().decode(await entries.get(name)?.read());
    expect([...entries.keys()]).toEqual(["a.json", "folder/ä.txt", "zip64.bin", "empty"]);
    expect(await read("a.json")).toBe('{"a": 1}');
    expect(await read("folder/ä.txt")).toBe("text ".repeat(40));
    expect(await entries.get("zip64.bin")?.read()).toEqual(Uint8Array.from({ length: 256 }, (_, i) => i));
    expect(await read("empty")).toBe("");
  });

  it("the file of a model of Keras has three entries, and the weights are those of its HDF5 file", async () => {
    const entries = openZip(fileOf("keras.keras"));
    expect([...entries.keys()]).toEqual(["metadata.json", "config.json", "model.weights.h5"]);
    expect(await entries.get("model.weights.h5")?.read()).toEqual(fileOf("keras-weights.h5"));
  });
});

describe("safetensors files of the reference implementation", () => {
  const bytes = fileOf("numpy.safetensors");

  it("are read", () => {
    const { tensors, metadata } = openSafetensors(bytes);
    expect(Object.fromEntries(metadata)).toEqual({ format: "np", ä: '"' });
    const found = [...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, values: plain(tensor.read()) }]);
    expect(Object.fromEntries(found)).toEqual(expected.files["numpy.safetensors"]);
  });

  it("are written in the same bytes", () => {
    const bytes = fileOf("written.safetensors");
    const { tensors, metadata } = openSafetensors(bytes);
    const given = [...tensors].reverse().map(([name, { shape, read }]) => [name, { shape, data: read() }] as const);
    expect(join(writeSafetensors(new Map(given), metadata))).toEqual(bytes);
  });
});
