import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { join, type Parts } from "../../src/io/binary.ts";
import { writeSafetensors } from "../../src/io/safetensors/write.ts";
import { writeZip } from "../../src/io/zip/write.ts";
import { type WrittenDataset, type WrittenGroup, writeHdf5 } from "../hdf5-writer.ts";
import { plain } from "../unit/io-support.ts";
import { runPython } from "./python.ts";
import { groups, tensors } from "./random-files.ts";

const folder = mkdtempSync(joinPath(tmpdir(), "aretejs-containers-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A group as contents.py prints it. */
function contentsOf(root: WrittenGroup) {
  const contents: Record<string, object> = Object.create(null);
  const visit = (path: string, node: WrittenGroup | WrittenDataset): void => {
    const attributes = Object.fromEntries([...(node.attributes ?? [])].map(([name, value]) => [name, plain(value)]));
    contents[path || "/"] =
      "data" in node ? { attributes, shape: node.shape, values: plain(node.data) } : { attributes };
    if ("children" in node) for (const [name, child] of node.children) visit(`${path}/${name}`, child);
  };
  visit("", root);
  return contents;
}

const files = new Map<string, { parts: Parts; contents: unknown }>();
for (const [i, root] of fc.sample(groups, { numRuns: 150, seed: 5 }).entries())
  files.set(`random-${i}.h5`, { parts: writeHdf5(root), contents: contentsOf(root) });

/** More members than a node of the tree of a group has leaves: two and three levels. */
for (const count of [7, 8, 9, 256, 257, 9000]) {
  const dataset = (i: number): WrittenDataset => ({ shape: [], data: Int32Array.of(i) });
  const root = { children: new Map(Array.from({ length: count }, (_, i) => [`layer_${i}`, dataset(i)])) };
  files.set(`wide-${count}.h5`, { parts: writeHdf5(root), contents: contentsOf(root) });
}
const many = Array.from({ length: 70_000 }, (_, i) => `text ${i}`);
const strings: WrittenGroup = {
  attributes: new Map([["model_config", "x".repeat(300_000)]]),
  children: new Map([["vocabulary", { shape: [70_000], data: many }]]),
};
files.set("strings.h5", { parts: writeHdf5(strings), contents: contentsOf(strings) });

for (const [i, given] of fc
  .sample(fc.dictionary(fc.string({ unit: "grapheme" }), tensors, { maxKeys: 6 }), { numRuns: 100, seed: 6 })
  .entries()) {
  const named = new Map(Object.entries(given).filter(([name]) => name !== "__proto__" && !/\p{Cs}/u.test(name)));
  const shown = [...named].map(([name, { shape, data }]) => [name, { shape, values: plain(data) }]);
  const metadata = new Map([["step", `${i}`]]);
  files.set(`random-${i}.safetensors`, {
    parts: writeSafetensors(named, metadata),
    contents: { metadata: Object.fromEntries(metadata), tensors: Object.fromEntries(shown) },
  });
}
const entries = { "a.json": [1, 2, 3], "ä/b": [], "model.weights.h5": Array.from({ length: 1000 }, (_, i) => i % 256) };
files.set("archive.zip", {
  parts: writeZip(
    Object.entries(entries).map(([name, bytes]) => ({
      name,
      parts: [Uint8Array.from(bytes.slice(0, 7)), Uint8Array.from(bytes.slice(7))],
    })),
    new Date(2026, 10, 28, 1, 2, 4),
  ),
  contents: { bad: null, entries },
});
for (const [name, { parts }] of files) writeFileSync(joinPath(folder, name), join(parts));

describe("files written here are read by the programs that own their formats", () => {
  const found = runPython("containers/check.py", folder) as Record<string, unknown>;

  it("all of them", () => {
    expect(Object.keys(found).sort()).toEqual([...files.keys()].sort());
  });

  it.each([...files.keys()])("%s holds the same", (name) => {
    // By JSON, as the other side comes: an attribute named __proto__ is one like others.
    expect(JSON.stringify(sorted(found[name]))).toBe(JSON.stringify(sorted(files.get(name)?.contents)));
  });
});

/** A value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}
