import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { cosineDecay, type History, ValueError } from "../../src/index.ts";
import {
  Plot,
  plotConfusionMatrix,
  plotHistograms,
  plotHistory,
  plotRange,
  plotSchedule,
} from "../../src/plot/index.ts";
import { scaleOf } from "../../src/plot/ticks.ts";
import { History as HistoryClass } from "../../src/train/history.ts";
import { all, parseXml, pathsOf, textsOf } from "./plot-support.ts";

const run = (history: Record<string, number[]>) => ({ history });
const falling = run({ loss: [2, 1, 0.5, 0.25], val_loss: [2.2, 1.3, 0.9, 0.8], accuracy: [0.2, 0.5, 0.8, 0.9] });

/** x and y of the points of a path, without gaps. */
const pointsOf = (path = "") =>
  path
    .split(/[ML]/)
    .slice(1)
    .map((point) => point.trim().split(" ").map(Number));

describe("all pictures", () => {
  const matrix = [
    [3, 1],
    [0, 4],
  ];
  const pictures: Record<string, (title: string, width?: number) => Plot> = {
    plotHistory: (title, width = 440) => plotHistory({ [title || "a"]: falling }, { title, width }),
    plotHistograms: (title, width = 440) => plotHistograms({ [title || "a"]: [1, 2, 2, 3] }, { title, width }),
    plotConfusionMatrix: (title, width = 440) => plotConfusionMatrix(matrix, { title, width, labels: [title, "b"] }),
    plotSchedule: (title, width = 440) =>
      plotSchedule({ [title || "a"]: (s) => 1 / (1 + s) }, { steps: 9, title, width }),
  };

  it.each(Object.entries(pictures))("%s: is well-formed XML whatever text it is given", (_, draw) => {
    const hostile = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(hostile, (title) => {
        const { svg } = draw(title);
        expect(parseXml(svg).name).toBe("svg");
      }),
      {
        numRuns: 60,
        examples: [['</text><script>alert("1")</script>'], ["a & b < c > d ' \""], ["\0\ud800\u0085\uffff"]],
      },
    );
    expect(all(parseXml(draw("<b>&").svg), "b")).toEqual([]);
    expect(all(parseXml(draw("<b>&").svg), "title")[0]?.text).toBe("<b>&");
  });

  it.each(Object.entries(pictures))("%s: has a role, a label, a title, a size and a theme", (owner, draw) => {
    const { attributes, children } = parseXml(draw("Title").svg);
    expect(attributes).toMatchObject({ role: "img", width: "440", class: "arete-auto" });
    expect(attributes["aria-label"]).toMatch(/^Title\. ./);
    expect(attributes.viewBox).toBe(`0 0 440 ${attributes.height}`);
    expect([children[0]?.name, children[0]?.text]).toEqual(["title", "Title"]);
    expect(draw("Title").svg).toBe(draw("Title").svg);
    expect(() => draw("Title", 100)).toThrow(`${owner}: width must be a number of pixels in [200, 4000]`);
    expect(() => draw("Title", Number.NaN)).toThrow(`${owner}: width must be`);
  });

  it("have one theme on demand", () => {
    expect(plotHistory(falling, { theme: "dark" }).svg).toContain('class="arete-dark"');
    expect(() => plotHistory(falling, { theme: "drak" as "dark" })).toThrow('Did you mean "dark"');
  });

  it("show themselves: as SVG in notebooks, as text in terminals", async () => {
    const plot = plotHistory(falling);
    expect(plot).toBeInstanceOf(Plot);
    expect(`${plot}`).toBe(plot.svg);
    const display = (plot as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")];
    expect(display?.()).toEqual({ "image/svg+xml": plot.svg, "text/plain": inspect(plot) });
    expect(inspect(plot).split("\n")).toEqual([
      "loss             2 ▇▄▂▁ 0.25",
      "val_loss       2.2 █▅▃▃ 0.8",
      "accuracy       0.2 ▁▄▇█ 0.9",
    ]);
    expect(Object.keys(plot)).toEqual(["svg"]);
  });

  it("show themselves in tslab, which prints the value of a cell", () => {
    const raw = vi.fn();
    vi.stubGlobal("__tslab__", { require: (name: string) => (name === "tslab" ? { display: { raw } } : undefined) });
    try {
      const plot = plotHistory(falling);
      expect(inspect(plot)).toMatch(/val_loss +2\.2/);
      expect(raw.mock.calls).toEqual([["image/svg+xml", plot.svg]]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("are saved to a path", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aretejs-plot-"));
    try {
      const plot = plotHistory(falling);
      expect(await plot.save(join(folder, "a.svg"))).toBe(plot);
      expect(readFileSync(join(folder, "a.svg"), "utf8")).toBe(plot.svg);
      for (const [index, path] of [
        join(folder, "new", "deep", "0.svg"),
        pathToFileURL(join(folder, "url", "1.svg")),
        pathToFileURL(join(folder, "text", "2.svg")).href,
      ].entries()) {
        await plot.save(path);
        expect(readFileSync(join(folder, ["new/deep", "url", "text"][index] ?? "", `${index}.svg`), "utf8")).toBe(
          plot.svg,
        );
      }
      const error = await plot.save(join(folder, "a.svg", "b.svg")).catch((error) => error);
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toMatch(/^save: the file cannot be written.*received E.*a\.svg/);
      expect(error.cause).toMatchObject({ code: expect.stringMatching(/^E/) });
      for (const place of ["https://example.com/c.svg", new URL("https://example.com/c.svg"), "indexeddb://c.svg"])
        await expect(plot.save(place)).rejects.toThrow("save: the file cannot be written");
      for (const scheme of ["https:", "indexeddb:"]) expect(existsSync(scheme)).toBe(false);
      vi.stubGlobal("process", undefined);
      await expect(plot.save("b.svg")).rejects.toThrow("save: paths need a runtime with files");
    } finally {
      vi.unstubAllGlobals();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("plotHistory", () => {
  it("draws training solid and validation dashed, each metric over its own axes", () => {
    const lines = all(parseXml(plotHistory(falling).svg), "path").filter(({ attributes }) =>
      attributes.d?.includes("L"),
    );
    expect(lines.map(({ attributes }) => attributes.class)).toEqual(["l s0 d0", "l s1 d1", "l s0 d0"]);
    const [points = []] = lines.map(({ attributes }) => pointsOf(attributes.d));
    expect(points.length).toBe(4);
    // Down on the screen is a smaller loss; each halving halves the height above 0.
    const [first = 0, second = 0, third = 0] = points.map(([, y]) => y as number);
    expect((second - first) / (third - second)).toBeCloseTo(2, 1);
    expect(textsOf(plotHistory(falling).svg)).toEqual(
      expect.arrayContaining(["Training history", "training", "validation", "loss", "accuracy", "epoch", "1", "4"]),
    );
  });

  it("puts several runs over the same axes, a colour for each", () => {
    const { svg } = plotHistory({ sgd: falling, adam: run({ loss: [1, 0.1] }) }, { metrics: ["loss"] });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["sgd", "adam", "validation"]));
    const classes = all(parseXml(svg), "path").filter(({ attributes }) => attributes.d?.includes("L"));
    expect(classes.map(({ attributes }) => attributes.class)).toEqual(["l s0 d0", "l s1 d0", "l s0 d1"]);
  });

  it("puts values that are not reported in each epoch where they were", () => {
    const history = { loss: [5, 4, 3, 2, 1], val_loss: [4, 2] };
    const [loss, validation] = pathsOf(plotHistory({ epoch: [0, 1, 2, 3, 4], history }).svg)
      .filter((d) => d.includes("L"))
      .map(pointsOf);
    expect(validation?.map(([x]) => x)).toEqual([loss?.[1]?.[0], loss?.[3]?.[0]]);
    // Every 10th of 50, every 5th of the 12th to the 20th.
    for (const [first, last, at] of [
      [1, 50, [10, 20, 30, 40, 50]],
      [12, 20, [15, 20]],
    ] as const) {
      const epoch = Array.from({ length: last - first + 1 }, (_, index) => first + index - 1);
      const { svg } = plotHistory({ epoch, history: { loss: epoch, val_loss: [...at] } });
      const [all, some] = pathsOf(svg)
        .filter((d) => d.includes("L"))
        .map(pointsOf);
      expect(some?.map(([x]) => x)).toEqual(at.map((each) => all?.[each - first]?.[0]));
    }
  });

  it("reads a history from JSON, which has null for what is not finite", () => {
    const history = { loss: [Number.NaN, 2, 1], val_loss: [3, 2, Number.POSITIVE_INFINITY] };
    const plot = plotHistory(JSON.parse(JSON.stringify(run(history))));
    expect(textsOf(plot.svg)).toContain("not finite");
    expect(inspect(plot)).toBe("loss           NaN ✕▅▁ 1\nval_loss         3 █▅✕ NaN");
  });

  it("marks values that are not finite, and on a logarithmic axis those that are not above 0", () => {
    const broken = run({ loss: [3, Number.NaN, 2, Number.POSITIVE_INFINITY, 1, 0] });
    for (const [logScale, crosses, note] of [
      [false, 2, "not finite"],
      [true, 3, "not finite, or not above 0"],
    ] as const) {
      const { svg } = plotHistory(broken, { logScale });
      // One more is in the legend.
      expect(pathsOf(svg).join("").split("l6 6m0-6l-6 6").length - 2).toBe(crosses);
      expect(textsOf(svg)).toContain(note);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
    // The values between two gaps are points of their own.
    expect(pathsOf(plotHistory(broken).svg, "o").map(pointsOf)[0]?.length).toBe(2);
    expect(textsOf(plotHistory(falling).svg)).not.toContain("not finite");
  });

  it("draws what has no value, one value or only values that are not finite", () => {
    expect(textsOf(plotHistory(run({ loss: [] })).svg)).toContain("no data");
    expect(pathsOf(plotHistory(run({ loss: [0.5] })).svg, "o").map(pointsOf)[0]?.length).toBe(1);
    const nothing = plotHistory(run({ loss: [Number.NaN, Number.NaN], val_loss: [1e308, -1e308] }));
    expect(pathsOf(nothing.svg).join()).not.toMatch(/NaN|Infinity|e/);
    expect(inspect(plotHistory(run({ loss: [Number.NaN] })))).toBe("loss       NaN ✕ NaN");
    expect(parseXml(plotHistory(run({})).svg).name).toBe("svg");
  });

  it("draws 200 000 epochs in few bytes, and keeps a spike of one epoch", () => {
    const loss = Array.from({ length: 200_000 }, (_, i) => 1 + Math.sin(i) / 10);
    loss[123_456] = 50;
    const { svg } = plotHistory(run({ loss }));
    expect(svg.length).toBeLessThan(40_000);
    const [path = ""] = pathsOf(svg, "s0").sort((a, b) => b.length - a.length);
    // Of each column of pixels, the upper end.
    const heights = path
      .split(/[ML]/)
      .slice(1)
      .map((column) => Number(/ ([\d.]+)/.exec(column)?.[1]));
    const [top = 0, second = 0] = heights.sort((a, b) => a - b);
    expect(second - top).toBeGreaterThan(50);
  });

  it("refuses what it does not know", () => {
    expect(() => plotHistory(falling, { metrics: ["acuracy"] })).toThrow('Did you mean "accuracy"');
    expect(() => plotHistory(falling, { logScale: ["los"] })).toThrow('Did you mean "loss"');
    expect(() => plotHistory(falling, { height: 5 })).toThrow("plotHistory: height must be a number of pixels");
    for (const wrong of [undefined, null, [1, 2], {}, { a: 1 }, { history: { loss: 1 } }, "history"])
      expect(() => plotHistory(wrong as unknown as History)).toThrow("plotHistory: takes what fit gave");
  });

  it("is what plot of a history gives, which notebooks show by themselves", async () => {
    const history = new HistoryClass(1);
    history.add(0, { loss: 2 });
    history.add(1, { loss: 1 });
    const folder = mkdtempSync(join(tmpdir(), "aretejs-plot-"));
    try {
      const file = join(folder, "curves.svg");
      const plot = await history.plot({ file, title: "Curves" });
      expect(readFileSync(file, "utf8")).toBe(plot.svg);
      expect(plot.svg).toBe(plotHistory(history, { title: "Curves" }).svg);
      expect(existsSync("undefined")).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const shown = await (history as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")]?.();
    expect(shown).toMatchObject({ "image/svg+xml": plotHistory(history).svg });
    await expect(history.plot({ fiel: "a" } as object)).rejects.toThrow('received "fiel"');
    await expect(history.plot({ height: 5 })).rejects.toThrow("plot of a history: height must be");
    await expect(history.plot({ metrics: ["los"] })).rejects.toThrow("plot of a history: unknown metric");
  });
});

describe("axes", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  it("have round ticks within their range, which are written differently", () => {
    fc.assert(
      fc.property(
        number,
        number,
        fc.integer({ min: 2, max: 12 }),
        fc.boolean(),
        fc.boolean(),
        (a, b, count, isLog, isRound) => {
          const { low, high, ticks, labels } = scaleOf([a, b], { count, isLog, isRound });
          expect(low).toBeLessThan(high);
          expect(ticks.length).toBeLessThanOrEqual(2 * count + 3);
          expect(new Set(labels).size).toBe(ticks.length);
          const slack = 1e-6 * (high - low);
          for (const tick of ticks) expect(tick >= low - slack && tick <= high + slack).toBe(true);
          for (const [index, text] of labels.entries())
            expect(Math.abs(Number(text) - (ticks[index] as number))).toBeLessThanOrEqual(1e-3 * (high - low));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each<[number[], Parameters<typeof scaleOf>[1], string]>([
    [[0.05, 2.3], { count: 5, isRound: true }, "0 0.5 1 1.5 2 2.5"],
    [[1, 20], { count: 6, isWhole: true }, "5 10 15 20"],
    [[1, 3], { count: 6, isWhole: true }, "1 2 3"],
    [[-2e-5, 3e-5], { count: 5, isRound: true }, "-0.00002 -0.00001 0 0.00001 0.00002 0.00003"],
    [[1e-6, 10], { count: 8, isLog: true }, "0.000001 0.00001 0.0001 0.001 0.01 0.1 1 10"],
    [[0.02, 0.6], { count: 6, isLog: true, isRound: true }, "0.02 0.05 0.1 0.2 0.5 1"],
    [[1e6, 5e6], { count: 4, isRound: true }, "1e6 2e6 3e6 4e6 5e6"],
    [[], { count: 5 }, "0 0.2 0.4 0.6 0.8 1"],
    [[3], { count: 4, isRound: true }, "1 2 3 4 5"],
  ])("are labelled well: %j", (values, options, text) => {
    const normal = scaleOf(values, options).labels.map((each) => (/e-/.test(each) ? String(Number(each)) : each));
    const plain = normal.map((each) => (/e-/.test(each) ? Number(each).toFixed(6) : each));
    expect(plain.join(" ")).toBe(text);
  });
});

describe("plotHistograms", () => {
  it("counts values, and says mean, deviation and what is not finite", () => {
    const { svg } = plotHistograms({ w: [0, 1, 1, 2, Number.NaN], b: [] }, { bins: 2 });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["w", "mean 1, sd 0.707", "1 not finite", "b", "no values"]));
    // Bars of heights 1 and 3.
    const [[, base = 0] = [], [, one = 0] = [], , [, three = 0] = []] = pointsOf(pathsOf(svg, "a")[0]);
    expect((base - three) / (base - one)).toBeCloseTo(3, 1);
  });

  it("leaves bins without a value empty on a logarithmic axis", () => {
    const { svg } = plotHistograms([0, 0, 0, 9], { bins: 3, logScale: true });
    expect(pathsOf(svg, "a")[0]?.match(/z/g)?.length).toBe(2);
    expect(textsOf(svg)).not.toContain("not finite, or not above 0");
  });

  it("takes one array, nested or flat, and large ones", () => {
    expect(textsOf(plotHistograms(new Float32Array(1e6)).svg)).toContain("mean 0, sd 0");
    expect(textsOf(plotHistograms([[1], [3]]).svg)).toContain("mean 2, sd 1");
    expect(() => plotHistograms({ a: [1] }, { bins: 0 })).toThrow("bins must be an integer in [1, 500]");
    expect(() => plotHistograms("a" as unknown as number[])).toThrow("data are a tensor");
  });
});

describe("plotConfusionMatrix", () => {
  const counts = [
    [8, 2],
    [1, 9],
  ];
  it.each([
    ["none", ["8", "2", "1", "9"]],
    ["true", ["80", "20", "10", "90"]],
    ["predicted", ["89", "18", "11", "82"]],
    ["all", ["40", "10", "5", "45"]],
  ] as const)("shows shares of %s", (normalize, cells) => {
    const { svg } = plotConfusionMatrix(counts, { labels: ["cat", "dog"], normalize });
    const texts = textsOf(svg);
    expect(texts.filter((text) => /^\d+$/.test(text))).toEqual(cells);
    expect(texts.join()).toContain("accuracy 85 %");
    // Stronger colours are larger values.
    const strengths = all(parseXml(svg), "g").flatMap(({ attributes }) => Number(attributes["fill-opacity"] ?? []));
    expect(strengths.filter((strength) => strength > 0).at(-1)).toBe(1);
  });

  it("draws a hundred classes, and names some of them", () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      Array.from({ length: 100 }, (_, j) => (i === j ? 50 : (i * j) % 7)),
    );
    const { svg } = plotConfusionMatrix(many);
    expect(svg.length).toBeLessThan(400_000);
    expect(textsOf(svg).filter((text) => text === "0").length).toBe(2);
  });

  it("draws five hundred classes", () => {
    const counts = { data: new Float32Array(500 * 500), shape: [500, 500] };
    counts.data[501] = 5;
    const { svg } = plotConfusionMatrix(counts);
    expect(textsOf(svg).join()).toContain("500 classes, 5 samples, accuracy 100 %");
    // A wide picture has numbers in its cells only where they fit.
    expect(textsOf(plotConfusionMatrix(counts, { width: 4000 }).svg).join()).toContain("500 classes");
    expect(pathsOf(svg, "h")[0]).toMatch(/^M[\d.]+ 24h4v4h-4z$/);
  });

  it("refuses what is no confusion matrix", () => {
    expect(() => plotConfusionMatrix([[1, 2]])).toThrow("plotConfusionMatrix: the matrix must be square");
    expect(() => plotConfusionMatrix([[-1]])).toThrow("plotConfusionMatrix: counts must be ≥ 0");
    expect(() => plotConfusionMatrix([[1]], { labels: ["a", "b"] })).toThrow("each class has a label");
    expect(() => plotConfusionMatrix([[1]], { normalize: "rows" as "true" })).toThrow("unknown way to normalize");
    expect(textsOf(plotConfusionMatrix([[0]]).svg).join()).toContain("no samples");
  });
});

describe("plotRange and plotSchedule", () => {
  it("mark the suggested rate", () => {
    const learningRates = [1e-4, 1e-3, 1e-2, 0.1, 1];
    const test = { learningRates, losses: [2, 1.9, 1.2, 0.8, 3], smoothed: [2, 1.9, 1.3, 0.9, 2.5], suggestion: 0.01 };
    const plot = plotRange(test);
    expect(textsOf(plot.svg)).toEqual(expect.arrayContaining(["suggested 0.01", "learning rate", "running average"]));
    const average = pointsOf(pathsOf(plot.svg, "s0").filter((d) => d.includes("L"))[1]);
    const rule = pathsOf(plot.svg, "s1").find((d) => d.includes("V")) ?? "";
    expect(Number(/^M([\d.]+)/.exec(rule)?.[1])).toBeCloseTo(average[2]?.[0] as number, 1);
    expect(() => plotRange({} as typeof test)).toThrow("plotRange: takes the result of a range test");
  });

  it("draw rates from 0, of one schedule or several", () => {
    const cosine = cosineDecay({ initialLearningRate: 0.1, decaySteps: 100 });
    const { svg } = plotSchedule(cosine, { steps: 100 });
    expect(pointsOf(pathsOf(svg, "s0")[0]).length).toBeGreaterThan(50);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["0.1", "0", "step"]));
    expect(textsOf(plotSchedule({ cosine, flat: () => 0.01 }, { steps: 1e9 }).svg)).toContain("flat");
    expect(() => plotSchedule(cosine, {} as { steps: number })).toThrow("steps must be given");
    expect(() => plotSchedule(0.1 as unknown as () => number, { steps: 3 })).toThrow("takes a schedule");
    expect(() => plotSchedule({}, { steps: 3 })).toThrow("takes a schedule");
  });
});
