import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lookUp, message, nearest } from "../../src/errors.ts";
import * as a from "../../src/index.ts";
import { sourceFiles } from "../source-graph.ts";

const backend = a.js();
const rows = [
  [1, 2],
  [3, 4],
];

function compiled(...layers: a.Layer[]): a.Model {
  const model = a.sequential(layers, { seed: 1, name: "m" });
  model.compile({ loss: "mse", backend });
  return model;
}

const received = (value: unknown) =>
  message("f", { rule: "a rule", expected: "x", received: value }).replace("f: a rule. Expected x, received ", "");

describe("what was received shows", () => {
  const cases: [unknown, string][] = [
    ["3", 'the string "3".'],
    ["", 'the string "".'],
    ["null", 'the string "null".'],
    ["NaN", 'the string "NaN".'],
    ["a\nb", 'the string "a\\nb".'],
    [".", 'the string ".".'],
    ["a shape", "a shape."],
    ["[]", "[]."],
    [3, "3."],
    [7n, "7n."],
    [undefined, "undefined."],
    [Symbol("s"), "Symbol(s)."],
    [["3", 3, null], '["3", 3, null].'],
    [{ units: 4, activation: "relu" }, '{ units: 4, activation: "relu" }.'],
    [{ a: { b: { c: { d: { e: 1 } } } } }, "{ a: { b: { c: { d: … } } } }."],
    [new Array(9).fill(0), "an array of 9 values."],
    [new Float32Array(24), "Float32Array(24)."],
    [new DataView(new ArrayBuffer(8)), "DataView(8)."],
    [new Map(), "a Map."],
    [Promise.resolve(1), "a Promise."],
    [Object.create(null), "{}."],
    [new (class {})(), "{}."],
    [() => 1, "function (anonymous)."],
    [a.l2(0.01), "l2 { l2: 0.01 }."],
    [a.tensor(rows), "Tensor float32 [2, 2] [[1, 2], [3, 4]]."],
    [a.dense(3, { name: "d" }), 'dense "d" { units: 3, trainable: true }.'],
  ];
  it.each(cases)("%o", (value, text) => {
    expect(received(value)).toBe(text);
  });

  it("cut, the longest part first, with whole letters", () => {
    const long = message("dense", {
      rule: "units must be a whole number",
      expected: "an integer ≥ 1",
      received: "long ".repeat(9999),
      advice: "Write dense(4).",
    });
    expect(long).toMatch(
      /^dense: units must be a whole number\. Expected an integer ≥ 1, received (long )+l?o?n?g?…\. Write dense\(4\)\.$/,
    );
    expect(long.length).toBeLessThanOrEqual(500);
    expect(received(["😀".repeat(99)])).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
  });

  it("as numbers where they are: the sources write none as text, which would be called a string", () => {
    const root = new URL("../..", import.meta.url).pathname;
    const asText = /received: (`\$\{[^}`]*\}`|(String|show)\((?!error))/;
    const found = sourceFiles(root, "src").filter((file) =>
      asText.test(
        readFileSync(join(root, file), "utf8").replaceAll(/show\((delimiter|field|text(\[at\])?|name|leaf)\)/g, ""),
      ),
    );
    expect(found).toEqual([]);
  });
});

describe("names", () => {
  it("that are long, or none, are refused as quickly as others", () => {
    const table = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`layer_number_${i}`, i]));
    for (const name of [
      "x".repeat(1e6),
      Symbol("s"),
      Object.create(null),
      1n,
      { toString: () => "layer_number_1" },
      ["layer_number_1"],
    ]) {
      expect(() => lookUp("model", "layer", table, name as string)).toThrow(
        /^model: unknown layer\. Expected one of 500 names, received .{1,100}\. Known: layer_number_0/,
      );
    }
  });

  it("with two letters swapped are near", () => {
    expect(nearest("adma", ["sgd", "adamax", "adam", "adamW"])[0]).toBe("adam");
  });
});

describe("labels", () => {
  it("that are missing are named as that, however data are given", async () => {
    const model = compiled(a.dense(1, { inputShape: [2] }));
    const before = await model.getWeights();
    const text = (what: string) => `${what} of sequential "m": labels are needed. Expected x and y, received x alone.`;
    await expect(model.fit(rows, undefined as never, { verbose: 0 })).rejects.toThrow(text("fit"));
    await expect(model.evaluate(rows, undefined as never)).rejects.toThrow(text("evaluate"));
    await expect(model.trainOnBatch(rows, undefined as never)).rejects.toThrow(text("trainOnBatch"));
    await expect(model.testOnBatch(rows, undefined as never)).rejects.toThrow(text("testOnBatch"));
    await expect(model.fit(a.datasetFrom([{ x: rows }]), { verbose: 0 })).rejects.toThrow(text("fit"));
    await expect(model.evaluate(a.dataset({ x: rows }).batch(2))).rejects.toThrow(text("evaluate"));
    await expect(model.fit(rows, [1, 2], { verbose: 0, validationData: [rows] as never })).rejects.toThrow(
      text("validationData"),
    );
    expect(await model.getWeights()).toEqual(before);
  });

  it("with fewer axes than the predictions: a flatten is missing", async () => {
    const images = a.tensor(new Float32Array(2 * 4 * 4), [2, 4, 4]);
    const missing = "The predictions have more axes than the labels: is a flatten() missing before the last layer?";
    const model = (loss: "mse" | "sparseCategoricalCrossentropy" | "categoricalCrossentropy") => {
      const made = a.sequential([a.dense(3, { inputShape: [4, 4] })], { seed: 1 });
      made.compile({ loss, backend });
      return made;
    };
    const oneHot = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    await expect(model("categoricalCrossentropy").fit(images, oneHot, { verbose: 0 })).rejects.toThrow(missing);
    await expect(model("mse").fit(images, oneHot, { verbose: 0 })).rejects.toThrow(missing);
    await expect(model("sparseCategoricalCrossentropy").fit(images, [0, 1], { verbose: 0 })).rejects.toThrow(missing);
    await expect(model("sparseCategoricalCrossentropy").fit(images, [[0], [1]], { verbose: 0 })).rejects.toThrow(
      missing,
    );
    // With as many axes it is the units; class numbers go with sparse losses.
    await expect(compiled(a.dense(3, { inputShape: [2] })).fit(rows, rows, { verbose: 0 })).rejects.toThrow(
      "Check the last layer's units.",
    );
    await expect(compiled(a.dense(3, { inputShape: [2] })).fit(rows, [0, 1], { verbose: 0 })).rejects.toThrow(
      "class numbers need a sparse loss",
    );
  });
});

describe("a model in which all is frozen", () => {
  it("can be compiled, evaluated and asked; training it is refused before anything is looked at", async () => {
    const model = compiled(a.dense(1, { inputShape: [2], trainable: false }));
    await model.evaluate(rows, [1, 2]);
    await model.predict(rows);
    const text = (what: string) =>
      `${what} of sequential "m": there must be something to train. Expected at least one trainable variable, received none. Set trainable to true on a layer that has weights, then compile.`;
    await expect(model.fit("no data" as never, [1, 2], { verbose: 0 })).rejects.toThrow(text("fit"));
    await expect(model.trainOnBatch(rows, [1, 2])).rejects.toThrow(text("trainOnBatch"));
    await expect(compiled(a.flatten({ inputShape: [2] })).fit(rows, rows, { verbose: 0 })).rejects.toThrow(
      "there must be something to train",
    );
    (model.layers[0] as a.Layer).trainable = true;
    model.compile({ loss: "mse", backend });
    await model.fit(rows, [1, 2], { verbose: 0 });
  });
});

describe("data without a batch", () => {
  it("are asked about generators only where they may be one", async () => {
    const model = compiled(a.dense(1, { inputShape: [2] }));
    const generator = (function* () {})();
    const asked = "Was a generator read before? Pass a function that makes one.";
    await expect(model.fit(generator, { verbose: 0 })).rejects.toThrow(asked);
    await expect(model.fit([], { verbose: 0 } as never)).rejects.not.toThrow("generator");
    const empty = a
      .dataset({ x: rows, y: [1, 2] })
      .take(0)
      .batch(2);
    await expect(model.fit(empty, { verbose: 0 })).rejects.toThrow(
      /^fit: there must be data\. Expected at least one batch, received none\.$/,
    );
    await expect(model.evaluate(empty)).rejects.toThrow(/received none\.$/);
  });
});
