import { describe, expect, it, vi } from "vitest";
import {
  dataset,
  dense,
  diagnose,
  diagnoseTraining,
  type Finding,
  input,
  model,
  sequential,
  sgd,
  simpleRnn,
  wasm,
} from "../../src/index.ts";
import { clusters, sequences } from "../diagnosis/data.ts";
import { healthy, twoTowers } from "../diagnosis/healthy.ts";
import { ill } from "../diagnosis/ill.ts";
import { busyModel, changedBy, stateOf } from "../diagnosis/restoring.ts";
import { illRuns } from "../diagnosis/runs.ts";

const loss = "sparseCategoricalCrossentropy";
const { x, y } = clusters(1, { rows: 96 });
const quick = { batches: 3, steps: 4 };

describe("diagnose", () => {
  it("leaves weights, optimizer and further training as they were, to the bit", async () => {
    expect(await changedBy(await wasm())).toEqual([]);
  });

  it("restores the state of a stateful recurrent layer, and the metrics of an epoch that a callback interrupts", async () => {
    const data = sequences(1, { rows: 32, time: 5 });
    const make = () => {
      const net = sequential(
        [simpleRnn(6, { stateful: true, inputShape: [5, 4] }), dense(4, { activation: "softmax" })],
        { seed: 1 },
      );
      net.compile({ optimizer: sgd(0.1), loss, metrics: ["accuracy"] });
      return net;
    };
    const [looked, plain] = [make(), make()];
    const options = { batchSize: 8, epochs: 2, shuffle: false, verbose: 0 } as const;
    const look = {
      onTrainBatchEnd: async (batch: number) => {
        if (batch === 1) await diagnose(looked, data.x, data.y, { ...quick, batchSize: 8 });
      },
    };
    const first = await looked.fit(data.x, data.y, { ...options, callbacks: [look] });
    expect(first.history).toEqual((await plain.fit(data.x, data.y, options)).history);
  });

  // Two of the networks that `npm run test:diagnosis` runs whole.
  const named = ["relus with a bias far below 0", "class numbers with a loss for one-hot labels"];
  it.each(named)("names what is wrong, and where: %s", async (name) => {
    const {
      model: net,
      data,
      kind,
      layer,
      advice,
      isCaution = false,
    } = (ill[name] as NonNullable<(typeof ill)[string]>)(4);
    const found = await diagnose(net, data.x, data.y, { steps: 0, batches: 1 });
    const [first] = found.findings;
    expect([first?.kind, first?.layer, found.isHealthy]).toEqual([kind, layer, isCaution]);
    expect(first?.advice).toMatch(advice);
  });

  it("finds a rate that is too high, and one that works", async () => {
    const { model: net, data } = (ill["a rate that is far too high, momentum"] as NonNullable<(typeof ill)[string]>)(2);
    const [first] = (await diagnose(net, data.x, data.y)).findings;
    expect(first?.kind).toBe("rateTooHigh");
    const { rate, suggestion, before } = (first as Finding).evidence as Record<
      "rate" | "suggestion" | "before",
      number
    >;
    expect(suggestion).toBeLessThan(rate);
    net.compile({ optimizer: sgd({ learningRate: suggestion, momentum: 0.9 }), loss });
    const { history } = await net.fit(data.x, data.y, { epochs: 3, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(before);
  });

  it("finds overfitting in the history of a run, also where not every epoch was validated", async () => {
    const { model: net, data } = (healthy["dense relu, heNormal, adam"] as NonNullable<(typeof healthy)[string]>)(1);
    const kinds = async (loss: number[], val_loss: number[]) => {
      const found = await diagnose(net, data.x, data.y, {
        steps: 0,
        batches: 1,
        history: { history: { loss, val_loss } },
      });
      return found.findings.map(({ kind, message }) => `${kind}: ${message}`);
    };
    const loss = [1.6, 1.2, 0.9, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05];
    expect(await kinds(loss, [1.5, 1.3, 1.2, 1.1, 1.15, 1.2, 1.3, 1.4, 1.6, 1.8])).toEqual([
      "overfitting: the model overfits since epoch 4: the validation loss rises from 1.1 to 1.8, while the training loss falls from 0.6 to 0.075",
    ]);
    expect((await kinds(loss, [1.3, 1.1, 1.2, 1.4, 1.8]))[0]).toContain("since epoch 4");
    // A rise that is no harm, one bad epoch, a training loss that rises as well, validation that was not finite.
    expect(await kinds(loss, [0.02, 0.001, 0.002, 0.002, 0.003, 0.003, 0.003, 0.003, 0.003, 0.003])).toEqual([]);
    expect(await kinds(loss, [1.5, 1.3, 1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.7, 1.8])).toEqual([]);
    expect(await kinds(loss.toReversed(), [1.5, 1.3, 1.2, 1.1, 1.15, 1.2, 1.3, 1.4, 1.6, 1.8])).toEqual([]);
    expect(await kinds(loss, Array(10).fill(Number.NaN))).toEqual([]);
    // A long run is noisy: some epoch is the best by chance.
    const noisy = Array.from({ length: 1000 }, (_, i) => 0.5 + 0.2 * Math.sin(i * i));
    expect(
      await kinds(
        noisy.map((_, i) => 1 / (1 + i)),
        noisy,
      ),
    ).toEqual([]);
    await expect(diagnose(net, data.x, data.y, { history: {} as never })).rejects.toThrow("history is what fit gave");
  });

  it("finds nothing in what is healthy, with two outputs", async () => {
    const { model: net, data } = (healthy["two outputs, relu, adam"] as NonNullable<(typeof healthy)[string]>)(5);
    expect((await diagnose(net, data.x, data.y, { steps: 5 })).findings).toEqual([]);
  });

  const several = [
    "two towers, one loss a thousandth of the other, adam",
    "a policy with small weights and a value, adam",
    "two outputs of sigmoid, adam",
  ];
  it.each(several)("takes the last layer of each output as one, and compares no towers: %s", async (name) => {
    const { model: net, data } = (healthy[name] as NonNullable<(typeof healthy)[string]>)(1);
    const watch = diagnoseTraining({ print: false });
    await net.fit(data.x, data.y, { epochs: 12, verbose: 0, callbacks: [watch] });
    expect(watch.result?.findings).toEqual([]);
    expect((await diagnose(net, data.x, data.y, { steps: 0 })).findings).toEqual([]);
  });

  it("names what is wrong in the second of two towers", async () => {
    const { model: net, data } = twoTowers(1, "sigmoid", 8);
    const [first] = (await diagnose(net, data.x, data.y, { steps: 0, batches: 2 })).findings;
    expect([first?.kind, first?.layer]).toEqual(["vanishingGradients", "dense_8"]);
  });

  it("measures what hand calculation gives", async () => {
    const net = sequential(
      [dense(2, { activation: "relu", inputShape: [2], name: "one" }), dense(1, { name: "two" })],
      {
        seed: 1,
      },
    );
    net.setWeights([
      [
        [1, -1],
        [2, -3],
      ],
      [0, 0],
      [[3], [5]],
      [0],
    ]);
    net.compile({ optimizer: sgd(0.5), loss: "meanSquaredError" });
    // Outputs of the first layer: [3, 0] and [5, 0]; of the second 9 and 15; the loss is ((9 − 8)² + (15 − 17)²) / 2.
    const found = await diagnose(
      net,
      [
        [1, 1],
        [1, 2],
      ],
      [[8], [17]],
      { steps: 0, batchSize: 2 },
    );
    const [one, two] = found.layers;
    expect(found.loss).toBeCloseTo(2.5, 6);
    expect(one?.activations).toMatchObject({ min: 0, max: 5 });
    expect(one?.activations.mean).toBeCloseTo(2, 6);
    expect(one?.activations.stddev).toBeCloseTo(Math.sqrt(34 / 4 - 4), 5);
    expect([one?.dead, one?.activation, one?.units]).toEqual([0.5, "relu", 2]);
    // ∂L/∂outputs of the second layer: [1, −2]; of the first: times its weights.
    expect(two?.gradients).toMatchObject({ min: -2, max: 1 });
    expect(one?.gradientNorm).toBeCloseTo(Math.sqrt((1 + 4) * (9 + 25)), 4);
    const kernel = found.variables.find(({ name }) => name === "two/kernel");
    // Its gradient is [3·1 − 5·2, 0].
    expect(kernel?.gradient).toBeCloseTo(7 / Math.SQRT2, 5);
    expect(kernel?.ratio).toBeCloseTo((0.5 * 7) / Math.sqrt(34), 5);
  });

  it("prints a table and the findings, and is data as JSON", async () => {
    const { model: net, data } = (ill["ten layers of sigmoid"] as NonNullable<(typeof ill)[string]>)(1);
    const found = await diagnose(net, data.x, data.y, { steps: 0 });
    const lines = String(found).split("\n");
    expect(lines[0]).toMatch(/^sequential "sequential" on 256 samples: loss 1\.\d+$/);
    expect(lines[1]).toMatch(/^layer +activation +mean +deviation +range +gradient +inactive +update\/weight$/);
    expect(lines[2]).toMatch(/^dense \(40\) +sigmoid +0\.\d+ .* 0 % saturated +\S+$/);
    expect(lines[13]).toMatch(/^1\. warning, certain: gradients vanish towards the input: at dense "dense" .*1\/4\.$/);
    expect(lines[14]).toMatch(/^ {3}Try: Use activation: "relu"/);
    expect(JSON.parse(JSON.stringify(found))).toMatchObject({
      kind: "diagnosis",
      findings: [{ kind: "vanishingGradients", layer: "dense", evidence: { depth: 9 } }],
    });
    const { svg } = await found.plot({ title: "Sigmoid" });
    expect(svg).toMatch(/^<svg .*deviation of gradients.*<\/svg>$/s);
  });

  it("takes datasets, layers within models and several inputs", async () => {
    const [left, right] = [input([20], { name: "left" }), input([20], { name: "right" })];
    const shared = sequential([dense(8, { activation: "relu", inputShape: [20], name: "inner" })], { name: "shared" });
    const both = dense(5, { activation: "softmax" }).apply(dense(8, { activation: "relu" }).apply(shared.apply(left)));
    const other = dense(5, { activation: "softmax", name: "other" }).apply(shared.apply(right));
    const net = model({ inputs: [left, right], outputs: [both, other], seed: 1 });
    net.compile({ optimizer: "adam", loss });
    const batches = dataset({ x: { left: x, right: x }, y: [y, y] }).batch(16);
    const found = await diagnose(net, batches as never, { batches: 2, steps: 2 });
    expect(found.findings).toEqual([]);
    expect(found.layers.map(({ name }) => name).filter((name) => name.startsWith("inner"))).toEqual([
      "inner",
      "inner#2",
    ]);
    const predecessors = Object.fromEntries(found.layers.map((layer) => [layer.name, layer.predecessors]));
    expect(predecessors).toMatchObject({ dense: ["inner"], dense_1: ["dense"], other: ["inner#2"] });
  });

  it("says nothing of dead units after one sample, and little where the data are broken", async () => {
    const net = () => {
      const made = sequential(
        [dense(8, { activation: "relu", inputShape: [2] }), dense(2, { activation: "softmax" })],
        {
          seed: 1,
        },
      );
      made.compile({ optimizer: sgd(0.1), loss });
      return made;
    };
    const one = await diagnose(net(), [[0, 0.5]], [1], { steps: 0 });
    expect([String(one).split("\n")[0], one.layers[0]?.values]).toEqual([expect.stringContaining("on 1 sample:"), 1]);
    expect(one.findings.map(({ kind }) => kind)).not.toContain("deadUnits");
    const broken = await diagnose(net(), [[0, Number.NaN]], [1], { steps: 0 });
    expect(broken.findings.filter(({ kind }) => kind === "notFinite")).toMatchObject([{ layer: "input" }]);
    const negative = await diagnose(net(), [[0, 1]], [-1], { steps: 0 });
    expect(negative.findings[0]?.advice).toMatch(/add 1;.*ignoreClass: -1/);
  });

  it("refuses what is no model, no option, or not compiled", async () => {
    const net = sequential([dense(5, { inputShape: [20] })]);
    await expect(diagnose(net, x, y)).rejects.toThrow("diagnose needs a compiled model");
    net.compile({ optimizer: "sgd", loss });
    await expect(diagnose({} as never, x, y)).rejects.toThrow("diagnose: the first argument is a model");
    await expect(diagnose(net, (function* () {})())).rejects.toThrow("there must be data");
    await expect(diagnose(net, { data: new Float32Array(0), shape: [0, 20] }, [])).rejects.toThrow(
      "there must be data",
    );
    for (const [options, words] of [
      [{ batch: 1 }, 'unknown option. Expected one of batchSize, batches, steps, seed, history, received "batch"'],
      [{ batches: 0 }, "batches"],
      [{ steps: -1 }, "steps"],
      [{ batchSize: 0.5 }, "batchSize"],
    ] as const)
      await expect(diagnose(net, x, y, options as never)).rejects.toThrow(words);
  });
});

describe("diagnoseTraining", () => {
  it("leaves training as it is, to the bit", async () => {
    const backend = await wasm();
    const [watched, plain] = [busyModel(backend), busyModel(backend)];
    const watch = diagnoseTraining({ print: false });
    const a = await watched.fit(x, y, { epochs: 2, verbose: 0, callbacks: [watch] });
    const b = await plain.fit(x, y, { epochs: 2, verbose: 0 });
    expect(a.history).toEqual(b.history);
    expect(await stateOf(watched)).toBe(await stateOf(plain));
    expect(watch.result?.losses).toHaveLength(6);
    expect(watch.result?.gradientNorms?.every((norm) => norm > 0)).toBe(true);
  });

  it.each(["a rate at which the loss diverges", "the logarithm of 0"])("finds what goes wrong: %s", async (name) => {
    const { model: net, data, options, kind, advice } = (illRuns[name] as NonNullable<(typeof illRuns)[string]>)(2);
    const printed: string[] = [];
    const watch = diagnoseTraining({ print: (text) => printed.push(text) });
    await net.fit(data.x, data.y, { ...options, verbose: 0, callbacks: [watch] });
    const [first] = watch.result?.findings ?? [];
    expect(first?.kind).toBe(kind);
    expect(first?.advice).toMatch(advice);
    expect(printed).toEqual([String(watch.result)]);
  });

  it("gives measures of each step to callbacks that ask for them, and what was not finite", async () => {
    const net = sequential([dense(4, { inputShape: [20], name: "only" })], { seed: 1 });
    net.compile({ optimizer: sgd(0.1), loss: "meanSquaredError" });
    net.getLayer("only").weight("kernel").assign(new Float32Array(80).fill(Number.NaN));
    const seen = vi.fn();
    await net.fit(
      x,
      { data: new Float32Array(96 * 4), shape: [96, 4] },
      {
        verbose: 0,
        callbacks: [
          {
            measures: true,
            onTrainBatchEnd: (_, __, { measures, diagnosis }) => seen(measures?.notFinite?.layer, diagnosis),
          },
        ],
      },
    );
    expect(seen).toHaveBeenNthCalledWith(1, "only", 'the output of dense "only"');
  });

  it("prints by default, and refuses other options", () => {
    expect(diagnoseTraining().result).toBeUndefined();
    expect(() => diagnoseTraining({ every: 2 } as never)).toThrow("diagnoseTraining: unknown option");
  });
});
