import { describe, expect, it } from "vitest";
import { parseCsv } from "../../src/data/csv.ts";
import { readCsv } from "../../src/data/read-csv.ts";

const values = (text: string, options = {}) => {
  const { data, shape, columns } = parseCsv(text, options);
  return { data: Array.from(data), shape, columns };
};

describe("the name of a file in place of its text", () => {
  it.each(["iris.csv", "./data/Iris.CSV", "https://example.com/iris?x=1", "C:\\data\\iris.tsv", "a b.txt"])(
    "is refused, not read as a table: %s",
    async (name) => {
      const message = `takes the text of a file, not its name. Expected lines, received ${JSON.stringify(name)}.`;
      expect(() => parseCsv(name)).toThrow(`parseCsv: ${message}`);
      await expect(readCsv(name)).rejects.toThrow(`readCsv: ${message}`);
    },
  );

  it.each(["notes.csv\n1", "a,b.csv", "kind", "file.csv.gz rows"])(
    "is no text that is only like one: %j",
    async (text) => {
      expect((await readCsv(text)).schema).toBeDefined();
    },
  );
});

describe("parseCsv", () => {
  it("reads a table with a header", () => {
    expect(values("a,b\n1,2\n3,-4.5e1\n")).toEqual({ data: [1, 2, 3, -45], shape: [2, 2], columns: ["a", "b"] });
  });

  it("reads CRLF, a lone CR, a byte order mark, a missing last line end and blank lines at the end", () => {
    const expected = { data: [1, 2], shape: [1, 2], columns: ["a", "b"] };
    for (const text of ["a,b\r\n1,2\r\n", "a,b\r1,2", "\ufeffa,b\n1,2", "a,b\n1,2\n\n\n", "a , b\n 1 ,\t2"])
      expect(values(text)).toEqual(expected);
  });

  it("reads quoted fields with delimiters, quotes and line ends in them", () => {
    expect(values('"a,1","say ""b""","two\nlines"\n"1",2,"3"')).toEqual({
      data: [1, 2, 3],
      shape: [1, 3],
      columns: ["a,1", 'say "b"', "two\nlines"],
    });
  });

  it("takes the columns asked for, in that order", () => {
    const text = "name,width,label\nx,1,9\ny,2,8";
    expect(values(text, { columns: ["label", "width"] })).toEqual({
      data: [9, 1, 8, 2],
      shape: [2, 2],
      columns: ["label", "width"],
    });
    expect(values(text, { columns: [1] })).toEqual({ data: [1, 2], shape: [2, 1], columns: ["width"] });
  });

  it("reads without a header, and with another delimiter", () => {
    expect(values("1;2\n3;4", { header: false, delimiter: ";" })).toEqual({
      data: [1, 2, 3, 4],
      shape: [2, 2],
      columns: ["0", "1"],
    });
  });

  it("gives no rows where there is only a header", () => {
    expect(values("a,b\n")).toEqual({ data: [], shape: [0, 2], columns: ["a", "b"] });
  });

  it("puts `missing` for empty fields", () => {
    expect(values('a,b\n,2\n"",', { missing: -1 }).data).toEqual([-1, 2, -1, -1]);
    expect(values("a,b\n,2", { missing: Number.NaN }).data).toEqual([Number.NaN, 2]);
  });

  it.each([
    [
      "a,b\n1,",
      'parseCsv: a field is empty. Expected a number, received "" (line 2, column "b"). Give missing, or leave the line out.',
    ],
    ["a,b\n1,2\n , 2", 'received " " (line 3, column "a")'],
    ["a\n\n1", "a field is empty"],
    [
      "a,b\n1,x",
      'parseCsv: fields must be numbers that float32 can hold. Expected a number, received "x" (line 2, column "b"). Choose other columns',
    ],
    ["a\n0x10", 'received "0x10"'],
    ["a\nNaN", 'received "NaN"'],
    ["a\nInfinity", 'received "Infinity"'],
    ["a\n1e39", 'received "1e39"'],
    ["a\n1 2", 'received "1 2"'],
    ["a\n.", 'received "."'],
    ["a,b\n1", "parseCsv: all lines must have as many fields as the first. Expected 2, received 1 (line 2)."],
    ["a,b\n1,2,3", "Expected 2, received 3 (line 2)"],
    ["a,b\n1,2,", "Expected 2, received 3 (line 2)"],
    ['"x\ny",b\n1,2\n\n3,4', "Expected 2, received 1 (line 4)"],
    ['a\n"1', 'parseCsv: a quoted field is never closed. Expected a closing ", received the end of the text (line 2).'],
    ['a\n"1"2', 'parseCsv: a closing quote ends its field. Expected , or the end of the line, received "2" (line 2).'],
    ["", "parseCsv: there must be data. Expected at least one line, received an empty text."],
    ["\n\n", "there must be data"],
  ])("refuses %j", (text, complaint) => {
    expect(() => parseCsv(text)).toThrow(complaint);
  });

  it("refuses unknown columns and delimiters", () => {
    expect(() => parseCsv("a,b\n1,2", { columns: ["c"] })).toThrow(
      'parseCsv: unknown column. Expected one of a, b, or a number below 2, received the string "c".',
    );
    for (const column of [2, -1, 0.5])
      expect(() => parseCsv("a,b\n1,2", { columns: [column] })).toThrow(`received ${column}`);
    expect(() => parseCsv("1,2", { header: false, columns: ["0"] })).toThrow("a number below 2, as there is no header");
    for (const delimiter of ["", ", ", '"', "\n"])
      expect(() => parseCsv("a", { delimiter })).toThrow("the delimiter is one character");
  });

  it("quotes the beginning of a field, however long it is", () => {
    const long = "x".repeat(1e6);
    expect(() => parseCsv(`a\n${long}`)).toThrow(/received "x{40}…" \(line 2, column "a"\)/);
    for (const text of [`a\n"${long}\n1"`, `${long}\nx`, `a\n"${long}`, `a\n"1"${long}`]) {
      const thrown = ((): Error => {
        try {
          parseCsv(text);
        } catch (error) {
          return error as Error;
        }
        throw new Error("was parsed");
      })();
      expect(thrown.message.length).toBeLessThan(300);
    }
  });
});

it("columns may have the names of properties that every object has", async () => {
  const table = await readCsv("__proto__,constructor,toString\n1,2,a\n3,4,b\n");
  expect(table.names).toEqual(["__proto__", "constructor", "toString"]);
  expect([...table.numbers("__proto__")]).toEqual([1, 3]);
  expect([...table.numbers("constructor")]).toEqual([2, 4]);
  expect(table.text("toString")).toEqual(["a", "b"]);
});
