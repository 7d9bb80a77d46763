import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { coreSlots } from "../../src/backends/wasm/generated/core-slots.ts";
import { restSlots } from "../../src/backends/wasm/generated/rest-slots.ts";
import { RecordWriter } from "../../src/backends/wasm/record-writer.ts";
import { Flag, writeRecord } from "../../src/backends/wasm/records.ts";
import { coreRecords } from "../../src/backends/wasm/records-core.ts";
import { restRecords } from "../../src/backends/wasm/records-rest.ts";
import { rest } from "../../src/backends/wasm/rest.ts";
import { isWinograd, winogradRecords } from "../../src/backends/wasm/winograd-record.ts";
import { type Instruction, type InstructionKind, isEmpty } from "../../src/ir/instruction.ts";
import { trials } from "../../src/testing/trials/index.ts";

const root = new URL("../../assembly", import.meta.url).pathname;
const source = (file: string) => readFileSync(join(root, `${file}.ts`), "utf8");

/** The fields of a class of AssemblyScript, inherited ones first. All of them are words of 4 bytes. */
function fieldsOf(file: string, name: string): string[] {
  const [, base, body = ""] =
    source(file).match(new RegExp(`class ${name}(?: extends (\\w+))? \\{\\n(.*?)\\n\\}`, "s")) ?? [];
  const own = [...body.matchAll(/^ {2}(\w+): (i32|usize|f32);/gm)].map((match) => match[1] as string);
  return [...(base ? fieldsOf(file, base) : []), ...own];
}

/**
 * Per kind the file and the class at the top of its kernel, the function, and the classes of what may follow (file and
 * name).
 */
const layouts: Readonly<Record<InstructionKind, readonly [file: string, kernel: string, ...classes: string[]]>> = {
  map: ["map", "map", "MapRecord"],
  matmul: ["gemm", "matmul", "Matmul", "Entries", "MapRecord"],
  conv: ["gemm", "matmul", "Matmul", "Patches", "Entries", "MapRecord", "Winograd"],
  convFilterGrad: ["gemm", "matmul", "Matmul", "Patches", "Entries", "MapRecord", "Winograd"],
  convInputGrad: ["conv", "convInputGrad", "ConvInputGrad", "Patches", "Winograd"],
  reduce: ["reduce", "reduce", "Reduce"],
  argReduce: ["reduce", "argReduce", "ArgReduce"],
  softmax: ["softmax", "softmax", "Softmax"],
  softmaxGrad: ["softmax", "softmaxGrad", "SoftmaxGrad"],
  gather: ["gather", "gather", "Gather"],
  scatterAdd: ["gather", "scatterAdd", "ScatterAdd"],
  groupRows: ["rows", "groupRows", "GroupRows"],
  setRows: ["rows", "setRows", "SetRows"],
  random: ["random", "random", "Random"],
  cumsum: ["cumsum", "cumsum", "Cumsum"],
  pool: ["pool", "pool", "Pool"],
  poolGrad: ["pool", "poolGrad", "Pool"],
  depthwiseConv: ["depthwise", "depthwise", "Depthwise", "Taps"],
  depthwiseConvInputGrad: ["depthwise", "depthwise", "Depthwise", "Taps"],
  depthwiseConvFilterGrad: ["depthwise", "depthwiseFilterGrad", "FilterGrad"],
  copy: ["copy", "copy", "Copy"],
  fill: ["copy", "fill", "Fill"],
  loop: ["loop", "loop", "Loop", "Move"],
};
const elsewhere: Readonly<Record<string, string>> = { MapRecord: "map", Patches: "patches", Winograd: "winograd" };

/** Notes the names of the fields that are written. */
class NamingWriter extends RecordWriter {
  readonly written: string[][] = [];

  override fields<N extends string>(values: Readonly<Record<N, number>>): (name: N, word: number) => void {
    this.written.push(Object.keys(values));
    return super.fields(values);
  }
}

/** The names of a record's fields, its header's and those of what follows included. */
function namesOf(instruction: Instruction): string[][] {
  const writer = new NamingWriter({
    base: 0,
    scratch: 0,
    backend: { interpret: false, rest, threadLimit: 1, eager: false },
    addressOf: ({ offset }) => offset * 4,
  });
  writeRecord(instruction, 0, writer);
  expect(writer.words.every(Number.isInteger)).toBe(true);
  return writer.written;
}

describe("records", () => {
  it.each(Object.entries(layouts))("of %s have the fields of their class, in order", (kind, [file, , ...classes]) => {
    const known = classes.map((name) => fieldsOf(elsewhere[name] ?? file, name));
    expect(known.every((fields) => fields.length > 1)).toBe(true);
    const seen = new Set<string>();
    for (const { instruction } of trials[kind as InstructionKind]()) {
      if (isEmpty(instruction)) continue;
      const [header, record, ...more] = namesOf(instruction);
      expect(header).toEqual(fieldsOf("execute", "Header"));
      expect(record).toEqual(known[isWinograd(instruction) ? classes.indexOf("Winograd") : 0]);
      for (const names of more) expect(known).toContainEqual(names);
      for (const names of [record, ...more]) seen.add(String(names));
    }
    // The trials come by every class.
    expect(seen.size).toBe(classes.length);
  });

  it("name kernels that the modules put into the table of functions", () => {
    const slots: Readonly<Record<string, number>> = { ...coreSlots, ...restSlots };
    const tables = { ...coreRecords, ...restRecords };
    for (const [kind, [, kernel]] of Object.entries(layouts))
      expect([kind, tables[kind as InstructionKind][0]]).toEqual([kind, slots[kernel]]);
    const kernels = Object.values(winogradRecords).map(([kernel]) => kernel);
    expect(new Set(kernels)).toEqual(new Set([slots.winograd, slots.winogradFilterGrad]));
  });

  it("have the flags of execute.ts", () => {
    const flagOf = (name: string) => Number(source("execute").match(new RegExp(`const ${name}: i32 = (\\d+);`))?.[1]);
    expect({ waits: flagOf("WAITS"), alone: flagOf("ALONE") }).toEqual(Flag);
  });
});
