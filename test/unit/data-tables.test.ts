import { describe, expect, it } from "vitest";
import {
  formatCsv,
  padSequences,
  readCsv,
  table,
  timeseriesDataset,
  toCategorical,
  trainTestSplit,
} from "../../src/data-entry.ts";

const people = `name,age,city,member,zip
"Berg, Ann",31,Oslo,true,0150
"He said ""hi""",58.5,Bern,false,3000
Cy,NA,,true,0001
`;

describe("readCsv", () => {
  it("finds what columns hold, with quotes and missing values", async () => {
    const t = await readCsv(people, { schema: { zip: "text" } });
    expect(t.schema).toEqual({ name: "text", age: "number", city: "text", member: "boolean", zip: "text" });
    expect(t.text("name")).toEqual(["Berg, Ann", 'He said "hi"', "Cy"]);
    expect([...t.numbers("age")]).toEqual([31, 58.5, Number.NaN]);
    expect(t.text("zip")).toEqual(["0150", "3000", "0001"]);
    expect(t.missing()).toEqual({ name: 0, age: 1, city: 1, member: 0, zip: 0 });
    expect(t.row(0)).toEqual({ name: "Berg, Ann", age: 31, city: "Oslo", member: true, zip: "0150" });
    expect(String(t)).toContain("table: 3 rows, 5 columns");
  });

  it("refuses a first line with another delimiter, unless it is said that there is one column", async () => {
    await expect(readCsv("a;b\n1;2")).rejects.toThrow('received the string "a;b". Write { delimiter: ";" }.');
    await expect(readCsv("a\tb\n1\t2")).rejects.toThrow('Write { delimiter: "\\t" }.');
    expect((await readCsv("a;b\n1;2", { delimiter: "," })).names).toEqual(["a;b"]);
    expect((await readCsv("a,b;c\n1,2")).names).toEqual(["a", "b;c"]);
    expect((await readCsv("a\n1;2")).length).toBe(1);
  });

  it("reads bytes, blobs, responses and streams, also where a character is cut", async () => {
    const bytes = new TextEncoder().encode("a,b\n1,Zürich\n");
    const pieces = async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    };
    for (const source of [
      bytes,
      bytes.slice().buffer,
      new Blob([bytes]),
      new Response(bytes),
      new Blob([bytes]).stream(),
      pieces(),
    ])
      expect((await readCsv(source)).row(0)).toEqual({ a: 1, b: "Zürich" });
    await expect(readCsv(new Response("no", { status: 404 }))).rejects.toThrow("status 404");
    await expect(readCsv(Uint8Array.of(0xff, 0xfe))).rejects.toThrow("UTF-8");
    await expect(readCsv(5 as never)).rejects.toThrow("readCsv: reads text.");
  });

  it("takes columns by name, names of one's own, other delimiters and other missing fields", async () => {
    const t = await readCsv("1;?;x\n2;3;y\n", {
      header: false,
      names: ["a", "b", "c"],
      columns: ["c", "b"],
      delimiter: ";",
      missing: ["?"],
    });
    expect(t.names).toEqual(["c", "b"]);
    expect([...t.numbers("b")]).toEqual([Number.NaN, 3]);
  });

  it.each([
    ["a,b\n1\n", {}, "as many fields as the first. Expected 2, received 1 (line 2)"],
    ["a,a\n1,2\n", {}, "a name of its own"],
    [
      "a\nx\n",
      { schema: { a: "number" } },
      '"a" is to hold numbers. Expected a number, received the string "x" (line 2)',
    ],
    ["a\n1\n", { schema: { b: "number" } }, "unknown column in schema"],
    ["a\n1\n", { columns: ["A"] }, 'Did you mean "a"?'],
    ["", {}, "there must be data"],
    ['a\n"x\n', {}, "never closed"],
    ["a\n1\n", { schema: { a: "date" } }, "number, text or boolean"],
  ])("refuses %j", async (text, options, message) => {
    await expect(readCsv(text, options as never)).rejects.toThrow(message);
  });
});

describe("a table", () => {
  const t = table({ age: [31, null, 40], city: ["Oslo", "Bern", ""], yes: [true, false, true] });

  it("gives columns, matrices and records of columns", () => {
    expect(t.matrix("age", "yes")).toEqual({ data: Float32Array.of(31, 1, Number.NaN, 0, 40, 1), shape: [3, 2] });
    expect(Object.keys(t.pick("age", "city"))).toEqual(["age", "city"]);
    expect(() => t.numbers("city")).toThrow('"city" holds strings');
    expect(() => t.text("age")).toThrow('{ schema: { age: "text" } }');
    expect(() => t.column("citi")).toThrow('Did you mean "city"?');
  });

  it("fills and drops what is missing, and leaves itself as it is", () => {
    expect([...t.fillMissing({ age: "mean" }).numbers("age")]).toEqual([31, 35.5, 40]);
    expect(t.fillMissing({ city: "none", age: 0 }).rows()[2]).toEqual({ age: 40, city: "none", yes: true });
    expect(t.dropMissing("age").length).toBe(2);
    expect(t.dropMissing().length).toBe(1);
    expect(t.missing().age).toBe(1);
    expect(() => t.fillMissing({ city: "x", age: "mode" })).toThrow('"age" cannot be filled so');
  });

  it("adds, takes and filters", () => {
    const more = t.with("old", (row) => (row.age as number) > 35);
    expect(more.schema.old).toBe("boolean");
    expect(more.filter((row) => row.city === "Oslo").length).toBe(1);
    expect(t.drop("age").names).toEqual(["city", "yes"]);
    expect(t.slice(1).text("city")).toEqual(["Bern", ""]);
    expect(() => t.take([3])).toThrow("there is no such row");
    expect(() => t.with("x", [1])).toThrow("one length");
    expect(() => table({ a: [1, "x"] as never })).toThrow("of one kind");
    expect(table([{ a: 1, b: "x" }, { a: 2 }]).text("b")).toEqual(["x", ""]);
  });

  it("is written as CSV", () => {
    expect(formatCsv(t)).toBe("age,city,yes\n31,Oslo,true\n,Bern,false\n40,,true\n");
  });
});

describe("trainTestSplit", () => {
  it("keeps the shares of classes, and rows together", () => {
    const y = Array.from({ length: 100 }, (_, at) => (at % 10 === 0 ? 1 : 0));
    const x = y.map((label, at) => [at, label]);
    const [train, valid, test] = trainTestSplit(
      { x, y },
      { testFraction: 0.2, validationFraction: 0.1, stratify: y, seed: 3 },
    );
    const count = (part: { y: { data: ArrayLike<number> } }) =>
      Array.from(part.y.data).filter((label) => label === 1).length;
    expect([count(train), count(valid), count(test)]).toEqual([7, 1, 2]);
    const rows = [train, valid, test].flatMap((part) =>
      Array.from({ length: part.y.data.length }, (_, at) => part.x.data[at * 2]),
    );
    expect(rows.sort((a, b) => Number(a) - Number(b))).toEqual(x.map(([at]) => at));
    for (const part of [train, valid, test])
      for (let at = 0; at < part.y.data.length; at++) expect(part.x.data[at * 2 + 1]).toBe(part.y.data[at]);
  });

  it("splits tables by a column and strings, repeats by seed, and keeps the order without shuffle", () => {
    const t = table({ id: [0, 1, 2, 3, 4, 5, 6, 7], kind: ["a", "a", "a", "a", "b", "b", "b", "b"] });
    const [train, test] = trainTestSplit(t, { stratify: "kind" });
    expect([...test.text("kind")].sort()).toEqual(["a", "b"]);
    expect(train.length).toBe(6);
    expect(trainTestSplit(t, { seed: 5 })[1].rows()).toEqual(trainTestSplit(t, { seed: 5 })[1].rows());
    const [first, last] = trainTestSplit(["a", "b", "c", "d"], { shuffle: false });
    expect([[...first.data], [...last.data]]).toEqual([["a", "b", "c"], ["d"]]);
    expect(() => trainTestSplit([1], {})).toThrow("each part needs a row");
    expect(() => trainTestSplit([1, 2], [0, 1] as never)).toThrow(
      "Expected trainTestSplit({ x, y }), received (x, y).",
    );
    expect(() => trainTestSplit([1, 2, 3], { stratify: [1] })).toThrow("a value for each row");
    expect(() => trainTestSplit([1, 2, 3, 4], { stratify: [1, 1, 1, 1], shuffle: false })).toThrow(
      "stratify draws rows",
    );
  });
});

describe("sequences and windows", () => {
  it("pads and cuts as Keras", () => {
    const sequences = [[1], [2, 3], [4, 5, 6]];
    expect(padSequences(sequences)).toEqual({ data: Int32Array.of(0, 0, 1, 0, 2, 3, 4, 5, 6), shape: [3, 3] });
    expect([...padSequences(sequences, { maxLength: 2 }).data]).toEqual([0, 1, 2, 3, 5, 6]);
    expect([...padSequences(sequences, { maxLength: 2, padding: "post", truncating: "post", value: -1 }).data]).toEqual(
      [1, -1, 2, 3, 4, 5],
    );
    expect(padSequences([[0.5]]).data).toBeInstanceOf(Float32Array);
    expect(() => padSequences([["a"]] as never)).toThrow("textVectorization");
    expect(() => padSequences([[1]], { padding: "left" as never })).toThrow("pre or post");
  });

  it("makes vectors of classes", () => {
    expect(toCategorical([0, 2])).toEqual({ data: Float32Array.of(1, 0, 0, 0, 0, 1), shape: [2, 3] });
    expect(toCategorical([[1]], 2).shape).toEqual([1, 2]);
    expect(() => toCategorical([3], 3)).toThrow("0 to 2");
  });

  it("reads windows of Keras's example", async () => {
    const data = Array.from({ length: 100 }, (_, at) => at);
    const windows = timeseriesDataset(data, null, {
      sequenceLength: 10,
      sequenceStride: 3,
      samplingRate: 2,
      endIndex: 99,
    });
    const { value: batch } = await windows[Symbol.asyncIterator]().next();
    expect([...batch.x.data.subarray(10, 20)]).toEqual([3, 5, 7, 9, 11, 13, 15, 17, 19, 21]);
    expect(() => timeseriesDataset([1, 2], null, { sequenceLength: 3 })).toThrow("shorter than a window");
  });
});
