import { inspect } from "node:util";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import * as a from "../../src/index.ts";
import { plotConfusionMatrix, plotFilters, plotImages, plotModel, report } from "../../src/plot/index.ts";
import { layOut } from "../../src/plot/model-layout.ts";
import { all, hasClass, parseXml, pathsOf, textsOf } from "./plot-support.ts";

const chain = () =>
  a.sequential([a.dense(4, { inputShape: [2], name: "hidden" }), a.dropout(0.5), a.dense(1, { name: "<out>" })], {
    seed: 1,
    name: "net",
  });

describe("plotModel", () => {
  it("draws layers with kinds, shapes and parameters, and an arrow between them", () => {
    const { svg } = plotModel(chain());
    expect(textsOf(svg)).toEqual(
      [
        "net",
        "input",
        "input  [null, 2]",
        "hidden",
        "dense  [null, 4]",
        "12 parameters",
        "dropout",
        "[null, 4]",
      ].concat(["<out>", "dense  [null, 1]", "5 parameters"]),
    );
    expect(pathsOf(svg, "e").length).toBe(3);
    expect(parseXml(svg).attributes["aria-label"]).toBe("net. 3 layers, 17 parameters");
    expect(inspect(plotModel(chain()))).toContain("Total params: 17");
  });

  it("draws branches, shared layers and frozen ones", () => {
    const [left, right] = [a.input([3], { name: "left" }), a.input([3], { name: "right" })];
    const shared = a.dense(2, { name: "shared" });
    const sum = a.addLayer().apply([shared.apply(left), shared.apply(right)]);
    shared.trainable = false;
    const { svg } = plotModel(a.model({ inputs: [left, right], outputs: [a.dense(1).apply(sum)] }));
    expect(textsOf(svg).filter((text) => text === "shared").length).toBe(2);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["8 parameters", "shared weights", "frozen", "trained"]));
    expect(pathsOf(svg, "e").length).toBe(5);
    expect(all(parseXml(svg), "rect").filter((box) => hasClass(box, "s3")).length).toBe(2);
  });

  it("draws a model that is not built, and refuses what is none", () => {
    expect(textsOf(plotModel(a.sequential([a.dense(2), a.dense(1)])).svg).join()).toContain("shape not known");
    expect(() => plotModel(a.dense(1) as unknown as a.Model)).toThrow("plotModel: takes a model");
  });

  it("is what notebooks show of a model", async () => {
    const model = chain();
    const shown = await (model as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")]?.();
    expect(shown).toMatchObject({ "image/svg+xml": plotModel(model).svg });
  });

  it("puts boxes of a row beside each other, each below what feeds it, and arrows that pass rows beside them", () => {
    const feeds = [[], [0], [0], [1, 2], [0, 3], [], [4, 5], [1, 6]];
    const boxes = feeds.map((from, index) => ({ width: 50 + 20 * index, height: 40, from }));
    const { places, arrows, width, height } = layOut(boxes);
    const rows = [...new Set(places.map(({ y }) => y))].sort((a, b) => a - b);
    expect(rows.length).toBe(6);
    expect(height).toBe((rows[5] as number) + 40);
    // An input is just above what it feeds.
    expect(places[5]?.y).toBe(rows[3]);
    for (const [i, box] of places.entries()) {
      const half = (boxes[i]?.width as number) / 2;
      expect(Math.abs(box.x) + half).toBeLessThanOrEqual(width / 2);
      for (const source of feeds[i] ?? []) expect(places[source]?.y).toBeLessThan(box.y);
      for (const [j, other] of places.slice(0, i).entries())
        if (other.y === box.y)
          expect(Math.abs(other.x - box.x)).toBeGreaterThanOrEqual(half + (boxes[j]?.width as number) / 2);
    }
    expect(arrows.map(({ to }) => to).sort()).toEqual(feeds.flatMap((from, to) => from.map(() => to)));
    // From the lower edge of one box to the upper edge of another, on the way down all outside of the boxes.
    const sides = arrows.map(({ to, d }) => {
      const numbers = d
        .split(/[ MVC]/)
        .filter(Boolean)
        .map(Number);
      expect(numbers.slice(-2)).toEqual([places[to]?.x, places[to]?.y]);
      return numbers.length > 9 ? (numbers[7] as number) : undefined;
    });
    const passing = sides.filter((side) => side !== undefined);
    expect(new Set(passing).size).toBe(2);
    const widest = Math.max(...places.map(({ x }, i) => Math.abs(x) + (boxes[i]?.width as number) / 2));
    for (const side of passing) expect(Math.abs(side)).toBeGreaterThan(widest);
  });
});

/** The pixels of a PNG without compression and filters, which its checksums are not part of. */
function pixelsOf(url = ""): { width: number; height: number; colour: number; lines: number[][] } {
  const bytes = Buffer.from(url.replace("data:image/png;base64,", ""), "base64");
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const [width, height, colour] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[25] as number];
  const at = bytes.indexOf("IDAT");
  const raw = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  const stride = raw.length / height;
  return {
    width,
    height,
    colour,
    lines: Array.from({ length: height }, (_, y) => [...raw.subarray(y * stride, (y + 1) * stride)]),
  };
}
const imagesOf = (svg: string) => all(parseXml(svg), "image").map(({ attributes }) => pixelsOf(attributes.href));

describe("plotImages", () => {
  it("draws grey, coloured and clear pixels as they are", () => {
    const [grey] = imagesOf(
      plotImages([
        [
          [0, 0.5],
          [1, 0],
        ],
      ]).svg,
    );
    expect(grey).toEqual({
      width: 2,
      height: 2,
      colour: 0,
      lines: [
        [0, 0, 128],
        [0, 255, 0],
      ],
    });
    const bytes = { data: Uint8Array.of(1, 2, 3, 255, 5, 6), shape: [1, 1, 2, 3] };
    expect(imagesOf(plotImages(bytes).svg)).toEqual([
      { width: 2, height: 1, colour: 2, lines: [[0, 1, 2, 3, 255, 5, 6]] },
    ]);
    expect(imagesOf(plotImages({ data: Uint8Array.of(9, 8, 7, 6), shape: [1, 1, 1, 4] }).svg)[0]?.colour).toBe(6);
    // Other ranges by their ends, or as they are given; large images in several blocks.
    expect(imagesOf(plotImages([[[-1, 3]]]).svg)[0]?.lines).toEqual([[0, 0, 255]]);
    expect(imagesOf(plotImages([[[-1, 3]]], { range: [-1, 7] }).svg)[0]?.lines).toEqual([[0, 0, 128]]);
    const large = { data: new Uint8Array(300 * 400).map((_, i) => i % 251), shape: [1, 300, 400] };
    expect(imagesOf(plotImages(large).svg)[0]?.lines[299]?.at(-1)).toBe((300 * 400 - 1) % 251);
  });

  it("writes what is predicted, and marks what is wrong", () => {
    const images = { data: new Float32Array(3), shape: [3, 1, 1] };
    const predictions = [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.3, 0.7],
    ];
    const classNames = ["cat", "dog"];
    const { svg } = plotImages(images, { labels: Int32Array.of(0, 1, 0), predictions, classNames });
    expect(textsOf(svg)).toEqual(["Images", "cat 90 %", "dog 80 %", "✕ dog 70 %", "is cat"]);
    expect(parseXml(svg).attributes["aria-label"]).toBe("Images. 3 of 3 images, 1 predicted wrongly");
    expect(textsOf(plotImages(images, { labels: ["a", "b", "c"], count: 2 }).svg)).toEqual(["Images", "a", "b"]);
    expect(textsOf(plotImages(images, { predictions: [[0.2], [0.9], [0.5]], classNames }).svg).slice(1)).toEqual([
      "cat 80 %",
      "dog 90 %",
      "cat 50 %",
    ]);
  });

  it("refuses what does not fit", () => {
    const images = { data: new Float32Array(8), shape: [2, 2, 2] };
    expect(() => plotImages(images, { labels: [1] })).toThrow("plotImages: labels must fit the images");
    expect(() => plotImages({ data: new Float32Array(8), shape: [1, 2, 2, 2] })).toThrow("at most 4 channels");
    expect(() => plotImages(images, { columns: 0 })).toThrow("plotImages: columns must be an integer ≥ 1");
    expect(() => plotImages(images, { range: [0, Number.NaN] })).toThrow(
      "plotImages: range[1] must be a finite number",
    );
    expect(() => plotImages(images, { range: [0] as unknown as [number, number] })).toThrow("range[1] must be");
    for (const shape of [
      [0, 3, 3],
      [2, 0, 3],
      [2, 3, 0],
    ])
      expect(() => plotImages({ data: new Float32Array(), shape })).toThrow("none of them 0");
  });
});

describe("plotFilters", () => {
  it("draws negative weights orange, positive ones blue, by the largest of each filter", () => {
    // [1, 2, 1, 2]: two filters of two pixels.
    const kernel = { data: Float32Array.of(1, 0, -0.5, -4), shape: [1, 2, 1, 2] };
    const [first, second] = imagesOf(plotFilters(kernel).svg);
    expect(first?.lines[0]?.slice(1)).toEqual([0, 90, 160, 240, 173, 128]);
    expect(second?.lines[0]?.slice(1)).toEqual([255, 255, 255, 224, 90, 0]);
  });

  it("takes kernels of dense layers with a shape, and three channels as colours", () => {
    const dense = { data: new Float32Array(12), shape: [6, 2] };
    expect(imagesOf(plotFilters(dense, { imageShape: [2, 3] }).svg).map(({ width }) => width)).toEqual([3, 3]);
    expect(() => plotFilters(dense)).toThrow("plotFilters: a kernel of images has four axes");
    for (const imageShape of [
      [2.5, 2.4],
      [-2, -3],
    ])
      expect(() => plotFilters(dense, { imageShape })).toThrow("plotFilters: imageShape[0] must be an integer ≥ 1");
    for (const shape of [
      [3, 3, 1, 0],
      [3, 0, 1, 4],
      [0, 0, 0],
    ])
      expect(() => plotFilters({ data: new Float32Array(), shape })).toThrow("none of them 0");
    const wide = { data: new Float32Array(400 * 400).fill(-1), shape: [160_000, 1] };
    expect(imagesOf(plotFilters(wide, { imageShape: [400, 400] }).svg)[0]?.lines[399]?.slice(-3)).toEqual([224, 90, 0]);
    const colours = { data: Float32Array.of(1, 0, -1), shape: [1, 1, 3, 1] };
    expect(imagesOf(plotFilters(colours).svg)[0]?.lines).toEqual([[0, 255, 128, 0]]);
  });
});

describe("report", () => {
  it("is one page with all that is known of a run, and loads nothing", async () => {
    const model = chain();
    model.compile({ optimizer: a.adam({ learningRate: 0.25 }), loss: "mse", backend: a.js() });
    const history = await model.fit([[0, 1]], [[1]], { epochs: 2, verbose: 0 });
    const plots = { "Mistakes <1>": plotConfusionMatrix([[1]]) };
    const settings = { data: "a <table>", rows: 1 };
    const page = await report(model, history, { title: "A & B", settings, plots, diagnosis: "All is well.\nGo on." });
    const html = page.html;
    const headings = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, text]) => text);
    expect(headings).toEqual([
      "Results",
      "Curves",
      "Diagnosis",
      "Mistakes &#60;1&#62;",
      "Settings",
      "Weights",
      "Model",
    ]);
    for (const text of [
      "<h1>A &#38; B</h1>",
      "a &#60;table&#62;",
      "<p>Go on.</p>",
      "learningRate: 0.25",
      "Total params",
    ])
      expect(html).toContain(text);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|<script|<link|url\(|src=|@import/);
    expect(html).toContain(`<td>${history.seed}</td>`);
    parseXml(html.replace("<!doctype html>", "").replace(/<meta[^>]*>/g, ""));
    expect(`${page}`).toBe(html);
    expect(inspect(page)).toContain('Report "A & B"');
    expect((await report(model, history, { theme: "dark" })).html).not.toContain("prefers-color-scheme");
  });

  it("has the weights of layers in different models inside that have one name", async () => {
    const inner = a.sequential([a.dense(2, { inputShape: [2], name: "same" })]);
    const model = a.sequential([inner, a.dense(1, { name: "same" })]);
    const { html } = await report(model, { history: { loss: [1] } });
    const [, weights = ""] = /<h2>Weights<\/h2>(<svg.*?<\/svg>)/s.exec(html) ?? [];
    const names = ["same/kernel", "same/bias", "same/kernel#1", "same/bias#1"];
    expect(textsOf(weights).filter((text) => text.startsWith("same/"))).toEqual(names);
  });

  it("keeps the columns of a table in a diagnosis", async () => {
    const table = "layer   mean\nhidden  0.1\n<out>    20";
    const diagnosis = `Step 1: loss 2\n${table}\n1. error: too large.\n   Try: less`;
    const { html } = await report(chain(), { history: { loss: [1] } }, { diagnosis });
    expect(html).toContain(
      `<p>Step 1: loss 2</p><pre>${table.replace("<out>", "&#60;out&#62;")}</pre><p>1. error: too large.</p><p>   Try: less</p>`,
    );
  });

  it("shows a learning rate that changed", async () => {
    const history = { history: { loss: [2, 1], learning_rate: [0.1, 0.01] } };
    expect((await report(chain(), history)).html).toContain("<h2>Learning rate</h2>");
  });

  it("refuses what is no model, no plot or no option", async () => {
    const history = { history: { loss: [1] } };
    await expect(report({} as a.Model, history)).rejects.toThrow("report: takes a model");
    await expect(report(chain(), history, { plots: { a: "<svg/>" as never } })).rejects.toThrow(
      "plots.a must be a plot",
    );
    await expect(report(chain(), history, { them: "dark" } as object)).rejects.toThrow('Did you mean "theme"');
  });
});
