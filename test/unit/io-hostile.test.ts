import { deflateRawSync, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encode, join, pack } from "../../src/io/binary.ts";
import { FileError } from "../../src/io/file-error.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import { inflate } from "../../src/io/inflate.ts";
import { parseJson } from "../../src/io/json.ts";
import { openSafetensors } from "../../src/io/safetensors/read.ts";
import { writeSafetensors } from "../../src/io/safetensors/write.ts";
import { crc32 } from "../../src/io/zip/crc32.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { writeZip } from "../../src/io/zip/write.ts";
import { formats } from "../fuzz/formats.ts";
import { modelFormats } from "../fuzz/models.ts";
import { fuzz } from "../fuzz/run.ts";
import { stateFormats } from "../fuzz/states.ts";
import { type WrittenGroup, writeHdf5 } from "../hdf5-writer.ts";

const all = await formats();
const models = [...(await modelFormats()), ...(await stateFormats())];

// With few changes; `npm run fuzz:io` makes 120 000.
describe("broken files of each format", () => {
  it.each(all)("$name: truncated at every byte", async ({ files, read }) => {
    const small = files.filter(({ length }) => length < 2500).slice(0, 2);
    const outcomes = new Set<string>();
    for (const file of small) {
      for (let length = 0; length < file.length; length++) {
        const outcome = read(file.slice(0, length)).then(
          () => `read with ${length} of ${file.length} bytes`,
          (error) => (error instanceof FileError ? "refused" : String(error)),
        );
        outcomes.add(await outcome);
      }
    }
    expect([...outcomes]).toEqual(["refused"]);
  });

  it.each(all)("$name: mutated, it is read or refused, and nothing else happens", async (format) => {
    const { tried, refused, foreign } = await fuzz(format, 1, 100);
    expect(foreign).toEqual([]);
    expect(refused).toBeGreaterThan(tried / 2);
  });
});

describe("broken files of models", () => {
  it.each(models)("$name: mutated, a model is loaded or refused, and nothing else happens", async (format) => {
    const { tried, read, refused, foreign } = await fuzz(format, 1, 15);
    expect(foreign).toEqual([]);
    expect(read + refused).toBe(tried);
  });
});

/** A zip archive by hand: entries with what their headers say. */
function zipOf(
  entries: readonly { name: string; data: Uint8Array; method?: number; size?: number; at?: number; flags?: number }[],
): Uint8Array {
  const body: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data, method = 0, size = data.length, at = offset, flags = 0 } of entries) {
    const bytes = encode(name);
    const common = pack("22222444", 20, flags, method, 0, 33, crc32([data]), data.length, size);
    const local = [pack("4", 0x04034b50), common, pack("22", bytes.length, 0), bytes, data];
    body.push(...local);
    directory.push(pack("42", 0x02014b50, 20), common, pack("2222244", bytes.length, 0, 0, 0, 0, 0, at), bytes);
    offset += join(local).length;
  }
  const end = pack("42222442", 0x06054b50, 0, 0, entries.length, entries.length, join(directory).length, offset, 0);
  return join([...body, ...directory, end]);
}

describe("hostile zip archives", () => {
  const data = encode("data");

  it.each(["../a", "/a", "a/../../b", "a//b", "./a", "C:/a", "a\\b", "a\0b", "", ".."])(
    "the name %j leads out of the archive",
    (name) => {
      expect(() => openZip(zipOf([{ name, data }]))).toThrow(
        /zip: an entry's name must stay in the archive\. .*received/,
      );
    },
  );

  it("a name twice", () => {
    const entry = { name: "a", data };
    expect(() => openZip(zipOf([entry, entry]))).toThrow("names of entries must be unique");
  });

  it("names that are properties of objects are names", () => {
    const names = ["__proto__", "constructor", "toString"];
    expect([...openZip(zipOf(names.map((name) => ({ name, data })))).keys()]).toEqual(names);
  });

  it("entries that share bytes", () => {
    const archive = zipOf([
      { name: "a", data },
      { name: "a", data, at: 0 },
    ]);
    // The second entry of the directory gets a name of its own that the bytes have, too.
    expect(() => openZip(archive)).toThrow(FileError);
    const inner = zipOf([{ name: "b", data }]).subarray(0, 35);
    const outer = zipOf([
      { name: "a", data: inner },
      { name: "b", data, at: 31 },
    ]);
    expect(() => openZip(outer)).toThrow("entries must not overlap");
  });

  it("a bomb is refused before anything is unpacked, and one that lies while it is", async () => {
    const zeros = new Uint8Array(4_000_000);
    const packed = deflateRawSync(zeros);
    expect(() => openZip(zipOf([{ name: "a", data: packed, method: 8, size: zeros.length }]))).toThrow(
      /must not unpack to more than 100 times its size\. Expected at most 1048576 bytes, received 4000000 bytes/,
    );
    const lies = openZip(zipOf([{ name: "a", data: packed, method: 8, size: 1000 }])).get("a");
    await expect(lies?.read()).rejects.toThrow(
      "zip/a: compressed data must have the size it declares. Expected 1000, received more bytes",
    );
  });

  it("encryption, other methods, zip64 and damage are named", async () => {
    expect(() => openZip(zipOf([{ name: "a", data, flags: 1 }]))).toThrow("zip: encryption is not supported.");
    expect(() => openZip(zipOf([{ name: "a", data, method: 12 }]))).toThrow("compression method 12 is not supported");
    expect(() => openZip(zipOf([{ name: "a", data, at: 0xffffffff }]))).toThrow("zip64 is not supported");
    expect(() => openZip(encode("no archive"))).toThrow("a zip archive must have an end record");
    const flipped = join(writeZip([{ name: "a", parts: [data] }]));
    flipped[31] = 0;
    await expect(openZip(flipped).get("a")?.read()).rejects.toThrow("zip/a: the checksum must be that of the data");
  });
});

describe("hostile HDF5 files", () => {
  const dataset = { shape: [2], data: Float32Array.of(1, 2) };
  const fileOf = (root: WrittenGroup) => join(writeHdf5(root));

  /** Where an 8-byte number first stands, from the end. */
  const find = (file: Uint8Array, value: number, from = file.length - 8) => {
    const view = new DataView(file.buffer, file.byteOffset);
    for (let at = from - (from % 8); at >= 0; at -= 8) if (Number(view.getBigUint64(at, true)) === value) return at;
    throw new Error("not found");
  };

  it("a group that is its own member", () => {
    const file = fileOf({ children: new Map([["a", { children: new Map() }]]) });
    const view = new DataView(file.buffer);
    // The entry of the root is in the superblock; that of "a", in the leaf behind the first SNOD.
    const leaf = new TextDecoder("latin1").decode(file).indexOf("SNOD");
    view.setBigUint64(leaf + 16, view.getBigUint64(64, true), true);
    expect(() => openHdf5(file)).toThrow("hdf5: a second link to a group or dataset is not supported");
  });

  it("a tree whose node is its own child", () => {
    const children = new Map(Array.from({ length: 300 }, (_, i) => [`d${i}`, dataset]));
    const file = fileOf({ children });
    const root = new TextDecoder("latin1").decode(file).lastIndexOf("TREE");
    new DataView(file.buffer).setBigUint64(root + 32, BigInt(root), true);
    expect(() => openHdf5(file)).toThrow("a tree's nodes must be of one kind and a level");
  });

  it("groups in groups, deeper than anyone walks", () => {
    let root: WrittenGroup = { children: new Map() };
    for (let i = 0; i < 150; i++) root = { children: new Map([["a", root]]) };
    expect(() => openHdf5(fileOf(root))).toThrow("groups are nested too deeply. Expected at most 100 levels");
  });

  it("names that are properties of objects are names", () => {
    const names = ["__proto__", "constructor"];
    const root = { children: new Map(names.map((name) => [name, dataset])), attributes: new Map([["__proto__", "x"]]) };
    const opened = openHdf5(fileOf(root));
    expect([...opened.children.keys()]).toEqual(names);
    expect([...opened.attributes]).toEqual([["__proto__", "x"]]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("a size that is not there, at both ends of the range", async () => {
    const file = fileOf({ children: new Map([["a", dataset]]) });
    const at = find(file, 2);
    const view = new DataView(file.buffer);
    for (const extent of [3n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      view.setBigUint64(at, extent, true);
      expect(() => openHdf5(file), String(extent)).toThrow(FileError);
    }
    view.setBigUint64(at, 1n, true);
    const found = openHdf5(file).children.get("a");
    expect(found?.kind === "dataset" && (await found.read())).toEqual(Float32Array.of(1));
  });

  it("many datasets of the same bytes", () => {
    const small = Array.from({ length: 300 }, (_, i) => [`d${i}`, dataset] as const);
    const file = fileOf({
      children: new Map([...small, ["a", { shape: [100_000], data: new Float32Array(100_000) }]]),
    });
    const view = new DataView(file.buffer);
    const text = new TextDecoder("latin1").decode(file);
    const places = (message: string) => [...text.matchAll(new RegExp(message, "gs"))].map(({ index }) => index);
    // Each layout gets the address and size of the large one, the first in the order of names; each shape its extent.
    const layouts = places("\x08\0\x18\0{5}\x03\x01");
    const shapes = places("\x01\0\x10\0{5}\x01\x01\0{6}");
    expect([layouts.length, shapes.length]).toEqual([301, 301]);
    for (const at of layouts) view.setBigUint64(at + 10, view.getBigUint64((layouts[0] as number) + 10, true), true);
    for (const at of layouts) view.setBigUint64(at + 18, 400_000n, true);
    for (const at of shapes.slice(0, 50)) view.setBigUint64(at + 16, 100_000n, true);
    expect(openHdf5(file).children.size).toBe(301);
    for (const at of shapes) view.setBigUint64(at + 16, 100_000n, true);
    expect(() => openHdf5(file)).toThrow(/must not unpack to more than 100 times its size.* received 120400000 bytes/);
  });

  it("a chunk that unpacks to more than it says", async () => {
    const packed = deflateSync(new Uint8Array(50_000_000));
    await expect(inflate("x", packed, 100, "deflate")).rejects.toThrow(
      "x: compressed data must have the size it declares",
    );
    await expect(inflate("x", deflateSync(new Uint8Array(99)), 100, "deflate")).rejects.toThrow("received 99 bytes");
    await expect(inflate("x", encode("nothing"), 100, "deflate")).rejects.toThrow("data that cannot be decompressed");
  });
});

describe("hostile safetensors files", () => {
  const fileOf = (header: string, data = 8) =>
    join([pack("8", encode(header).length), encode(header), new Uint8Array(data)]);
  const entry = (range: string, shape = "[2]") => `{"dtype":"F32","shape":${shape},"data_offsets":${range}}`;

  it("a sound one is read", () => {
    expect(
      openSafetensors(fileOf(`{"a":${entry("[0,8]")}}`))
        .tensors.get("a")
        ?.read(),
    ).toEqual(new Float32Array(2));
    expect(openSafetensors(fileOf("{}   ", 0)).tensors.size).toBe(0);
  });

  it.each([
    ["a name twice", `{"a":${entry("[0,8]")},"a":${entry("[0,8]")}}`, "keys must be unique"],
    ["__proto__", `{"__proto__":${entry("[0,8]")}}`, "keys must be unique"],
    ["a hole", `{"a":${entry("[4,8]", "[1]")}}`, "ranges must follow each other"],
    ["an overlap", `{"a":${entry("[0,8]")},"b":${entry("[4,8]", "[1]")}}`, "ranges must follow each other"],
    ["bytes behind the last", `{"a":${entry("[0,4]", "[1]")}}`, "the ranges must end with the file"],
    ["a range behind the file", `{"a":${entry("[0,16]", "[4]")}}`, "the ranges must end with the file"],
    ["a negative range", `{"a":${entry("[-8,0]")}}`, "the tensor a must have a range"],
    ["a range backwards", `{"a":${entry("[8,0]")}}`, "the range of a must have the size of its shape"],
    ["another size", `{"a":${entry("[0,8]", "[3]")}}`, "the range of a must have the size of its shape"],
    ["an overflow", `{"a":${entry("[0,8]", "[4294967296,4294967296,2]")}}`, "the range of a must have the size"],
    ["a negative extent", `{"a":${entry("[0,8]", "[-2]")}}`, "the tensor a must have a shape"],
    ["a fraction", `{"a":${entry("[0,8]", "[0.5,4]")}}`, "the tensor a must have a shape"],
    ["no list", `{"a":${entry("[0,8]", '"2"')}}`, "the tensor a must have a shape"],
    ["no object", '{"a":3}', "the tensor a must have a dtype"],
    [
      "no type",
      '{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}',
      "the element type F8_E4M3 (a) is not supported",
    ],
    ["a type that is a property", '{"a":{"dtype":"toString","shape":[8],"data_offsets":[0,8]}}', "is not supported"],
    ["no text", '{"__metadata__":{"a":1}}', "metadata a must be text"],
    ["a space before", ' {"a":1}', "the header must begin with a brace"],
    ["no JSON", '{"a":', "the text must be JSON"],
  ])("%s", (_, header, message) => {
    expect(() => openSafetensors(fileOf(header))).toThrow(FileError);
    expect(() => openSafetensors(fileOf(header))).toThrow(message);
  });

  it("a header of any size that is not there", () => {
    for (const length of [9, 100_000_001, 2 ** 40, 2 ** 63, -1]) {
      const file = join([pack("8", length), encode("{}      ")]);
      expect(() => openSafetensors(file), String(length)).toThrow("safetensors: the header must lie in the file");
    }
  });

  it("what could not be read is not written", () => {
    const tensor = { shape: [1], data: Float32Array.of(1) };
    for (const name of ["__proto__", "__metadata__"])
      expect(() => writeSafetensors(new Map([[name, tensor]]))).toThrow("a tensor's name is reserved");
    expect(() => writeSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1) }]]))).toThrow(
      "a: data must have the size of its shape. Expected 2, received 1.",
    );
  });
});

describe("hostile JSON", () => {
  it("keys twice, __proto__, deep nesting", () => {
    expect(() => parseJson("x", '{"a":1,"\\u0061":2}')).toThrow(
      "x: keys must be unique. Expected no such key, received a.",
    );
    expect(() => parseJson("x", '[{"b":{"__proto__" : 1}}]')).toThrow("received __proto__");
    expect(() => parseJson("x", `${"[".repeat(201)}${"]".repeat(201)}`)).toThrow("nested too deeply");
    expect(() => parseJson("x", `${"[".repeat(1e6)}`)).toThrow(FileError);
    expect(() => parseJson("x", Uint8Array.of(34, 255, 34))).toThrow("text must be UTF-8");
  });

  it("what looks like that in strings is text", () => {
    const text = `{"a":"{\\"b\\":","b":["__proto__",":","\\\\"],"c":{"a":1}${" ".repeat(30)}}`;
    expect(parseJson("x", text)).toEqual(JSON.parse(text));
    expect(parseJson("x", `${"[".repeat(200)}${"]".repeat(200)}`)).toEqual(
      JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`),
    );
  });
});
