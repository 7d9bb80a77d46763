import { describe, expect, it } from "vitest";
import { namePages } from "../../site/names/index.ts";
import { camelCase, tables, withTables } from "../../site/names/tables.ts";

describe("the pages for those who come from Keras and TensorFlow.js", () => {
  it.each(namePages())("$path has every name, with what it is called here", ({ text, made }) => {
    expect(made).toBe(text);
    expect(made.match(/^\| `/gm)?.length).toBeGreaterThan(400);
  });

  it("fail where a name is gone, one has no counterpart, or the other library has no such name", () => {
    const made = (ours: Record<string, string>, instead: Record<string, string>, names: string[]) =>
      tables(
        "lib",
        { f: { title: "F", where: [[{ dense: 1 }, "x."]], ours, instead } },
        { version: "1", names: { f: names } },
      );
    expect(made({}, { Other: "`dense`" }, ["Dense", "Other"])).toContain(
      "| `Dense` | `x.dense` |\n| `Other` | *not there*: `dense` |",
    );
    expect(() => made({ Old: "gone" }, {}, ["Old"])).toThrow("F: Old is not called gone here any more.");
    expect(() => made({}, {}, ["Other"])).toThrow("F: nothing says what to use for Other.");
    expect(() => made({}, { Stray: "" }, ["Dense"])).toThrow("lib has no Stray in f.");
    expect(() => withTables("no marks", "")).toThrow("once");
  });

  it("write names in camelCase as the package does", () => {
    expect(["Conv2D", "LSTMCell", "GRU", "AdamW", "reduce_max", "ZeroPadding3D"].map(camelCase)).toEqual([
      "conv2d",
      "lstmCell",
      "gru",

      "adamW",
      "reduceMax",
      "zeroPadding3d",
    ]);
  });
});
