import { describe, expect, it } from "vitest";
import { namePages } from "../../site/names/index.ts";
import { keras } from "../../site/names/keras.ts";
import { camelCase, tables, withTables } from "../../site/names/tables.ts";
import { tfjs } from "../../site/names/tfjs.ts";
import * as augmentation from "../../src/augmentation-entry.ts";
import * as data from "../../src/data-entry.ts";
import * as aretejs from "../../src/index.ts";
import * as io from "../../src/io/index.ts";
import * as plot from "../../src/plot/index.ts";
import * as testing from "../../src/testing/index.ts";

const { losses, ops, tensor } = aretejs;
/** What code of the pages may name besides exports: methods, options, and names of JavaScript. */
const others =
  /^(apply|await|build|ctx|customObjects|call|callbacks|classWeight|dataset|dtype|embeddings|fetch|File|fit|model|sampleWeight|trainable|useEma|verbose|x)$/;
const exported = new Set([augmentation, data, aretejs, io, plot, testing].flatMap(Object.keys));

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

  it("say what to use instead in code that runs, by names that are there", () => {
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const values = { ops, losses, x, a: x, b: x, w: x, v: tensor([1, 2]) };
    const texts = [keras, tfjs].flatMap((families) =>
      Object.values(families).flatMap(({ instead = {} }) => Object.values(instead)),
    );
    const codes = new Set(texts.flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)));
    const wrong = [...codes].filter((code) => {
      if (/^(ops|losses)\.\w+\(.*\)/.test(code)) {
        new Function(...Object.keys(values), `return ${code}`)(...Object.values(values));
        return false;
      }
      const names = code.match(/^(?:ops|losses)\.(\w+)/)?.[1];
      if (names !== undefined) return !(names in ops || names in losses);
      const first = code.match(/^\w+/)?.[0] ?? "";
      return !(exported.has(first) || others.test(first) || code.startsWith("aretejs") || code.startsWith("{"));
    });
    expect(wrong).toEqual([]);
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
