import { describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { type Metric, MetricBase, type VariableUpdate } from "../../src/nn/metric.ts";
import { binaryAccuracy, f1Score, iou, metric, precision, r2Score } from "../../src/nn/metrics.ts";
import { sgd } from "../../src/optim/index.ts";
import { abs, maximum, mul, sub } from "../../src/tensor/ops/elementwise.ts";
import { max } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { csvLogger } from "../../src/train/callbacks/csv-logger.ts";
import { earlyStopping } from "../../src/train/callbacks/early-stopping.ts";
import { learningRateScheduler } from "../../src/train/callbacks/learning-rate-scheduler.ts";
import type { Model } from "../../src/train/model.ts";
import type { CompileModelOptions } from "../../src/train/options.ts";
import { profile } from "../../src/train/profile.ts";
import { model, sequential } from "../../src/train/sequential.ts";

const backend = js();
const still = () => sgd({ learningRate: 0 });
const x = [[1], [2], [3], [4]];
const zeros = [[0], [0], [0], [0]];

/** y = x, for one input and as many outputs as there are names. */
function identity(options: CompileModelOptions, ...names: string[]): Model {
  if (names.length === 0) {
    const one = sequential([dense(1, { inputShape: [1], kernelInitializer: "ones" })]);
    one.compile({ optimizer: still(), backend, ...options });
    return one;
  }
  const start = input([1]);
  const many = model({
    inputs: start,
    outputs: names.map((name) => dense(1, { kernelInitializer: "ones", name }).apply(start)),
  });
  many.compile({ optimizer: still(), backend, ...options });
  return many;
}

const gap = (yTrue: Tensor, yPred: Tensor) => abs(sub(yTrue, yPred));

/** A metric of the user's own. */
class LargestError extends MetricBase {
  private readonly largest = this.addState("largest");

  override fresh(): LargestError {
    return new LargestError(this.name, this.direction);
  }

  override update(yTrue: Tensor, yPred: Tensor): readonly VariableUpdate[] {
    return [[this.largest, maximum(this.largest, max(gap(yTrue, yPred)))]];
  }

  override result(): Tensor {
    return this.largest.tensor;
  }
}

describe("a metric that compile is given", () => {
  it("is made anew for each model, so that none sees what another has seen", async () => {
    const shared = [binaryAccuracy(), new LargestError("largest", "min")];
    const [first, second] = [identity({ loss: "mse", metrics: shared }), identity({ loss: "mse", metrics: shared })];
    expect(await first.evaluate(x, zeros)).toEqual({ loss: 7.5, binaryAccuracy: 0, largest: 4 });
    expect(await second.evaluate([[0]], [[0]])).toEqual({ loss: 0, binaryAccuracy: 1, largest: 0 });
    expect(await first.evaluate(x, zeros)).toEqual({ loss: 7.5, binaryAccuracy: 0, largest: 4 });
    expect(first.reported.largest).toBeInstanceOf(LargestError);
    expect(first.reported.largest).not.toBe(shared[1]);
    expect(first.reported.largest).not.toBe(second.reported.largest);
  });

  it("is refused by compile where it is a class, which cannot be called", () => {
    const given = LargestError as unknown as LargestError;
    expect(() => identity({ loss: "mse", metrics: [given] })).toThrow(
      /an object with update, result and fresh, received function LargestError/,
    );
    class Distance {
      call = gap;
    }
    class Gap {
      call(yTrue: Tensor, yPred: Tensor) {
        return gap(yTrue, yPred);
      }
    }
    expect(() => identity({ loss: Gap as never })).toThrow(
      /a loss is a name, a loss or a function.*received function Gap/,
    );
    expect(() => identity({ loss: new Distance() as never })).not.toThrow();
  });

  it("counts for a finite number only: lossWeights are checked by compile", () => {
    for (const weight of [Number.NaN, Number.POSITIVE_INFINITY, "2", true]) {
      expect(() => identity({ loss: "mse", lossWeights: [weight as number] })).toThrow(
        /each of lossWeights must be a finite number/,
      );
    }
    expect(() => identity({ loss: "mse", lossWeights: [-1] })).not.toThrow();
  });

  it("is made anew for each output and for a second compile", async () => {
    const shared = [new LargestError("largest", "min")];
    const both = identity({ loss: "mse", metrics: shared, weightedMetrics: [binaryAccuracy()] }, "a", "b");
    const due = { a_largest: 4, b_largest: 3, a_binaryAccuracy: 0, b_binaryAccuracy: 1 };
    expect(await both.evaluate(x, [zeros, [[1], [1], [1], [1]]])).toMatchObject(due);
    both.compile({ optimizer: still(), backend, loss: "mse", metrics: shared });
    expect(await both.evaluate([[0]], [[[0]], [[0]]])).toMatchObject({ a_largest: 0, b_largest: 0 });
  });

  it("begins anew in each pass of fit and of validation, and for single batches", async () => {
    const one = identity({ loss: "mae", metrics: [new LargestError("largest", "min")] });
    const { history } = await one.fit([[1], [9]], [[0], [0]], {
      epochs: 2,
      verbose: 0,
      batchSize: 1,
      validationData: [[[2]], [[0]]],
    });
    expect(history).toEqual({ loss: [5, 5], largest: [9, 9], val_loss: [2, 2], val_largest: [2, 2] });
    expect(await one.trainOnBatch([[3]], [[0]])).toEqual({ loss: 3, largest: 3 });
    expect(await one.testOnBatch([[1]], [[0]])).toEqual({ loss: 1, largest: 1 });
  });

  it("has no state for another number of outputs, where state is made by the first batch", async () => {
    const shared = [f1Score(), r2Score({ classAggregation: null })];
    for (const units of [2, 3]) {
      const one = sequential([dense(units, { inputShape: [units], kernelInitializer: "identity" })]);
      one.compile({ optimizer: still(), backend, loss: "mse", metrics: shared });
      const data = Array.from({ length: units }, (_, row) =>
        Array.from({ length: units }, (_, at) => (row === at ? 1 : 0)),
      );
      const logs = await one.evaluate(data, data);
      const keys = (name: string) => Array.from({ length: units }, (_, at) => `${name}_${at}`);
      expect(Object.keys(logs)).toEqual(["loss", ...keys("f1Score"), ...keys("r2Score")]);
      for (const key of [...keys("f1Score"), ...keys("r2Score")]) expect(logs[key]).toBeCloseTo(1, 6);
    }
    // Asked before the first batch, they have no state that would be of the wrong shape later.
    for (const made of shared)
      expect([made.result().shape, made.fresh().variables.length]).toEqual([[], made.variables.length]);
  });

  it("must say how another one is made", () => {
    const { update, result, reset, name, direction, variables } = new LargestError("largest", "min");
    const alone = { update, result, reset, name, direction, variables } as unknown as Metric;
    expect(() => identity({ loss: "mse", metrics: [alone] })).toThrow(
      /a metric is a name, a metric, a loss or a function. Expected such as "accuracy", or an object with update, result and fresh/,
    );
  });
});

describe("metric(name, function)", () => {
  it("reports the weighted mean of the values under its name", async () => {
    const one = identity({ loss: "mse", metrics: [metric("gap", gap)], weightedMetrics: [metric("gap", gap)] });
    expect(await one.evaluate(x, zeros, { sampleWeight: Float32Array.of(1, 0, 0, 0) })).toEqual({
      loss: 7.5 / 7.5 / 4,
      gap: 2.5,
      weighted_gap: 1,
    });
    expect(one.reported.gap?.direction).toBe("min");
    expect(metric("gain", gap, { direction: "max" }).direction).toBe("max");
  });

  it("is refused without a name or a function", () => {
    expect(() => metric("", gap)).toThrow("metric: a metric needs a name. Expected a string");
    expect(() => metric(gap as never, gap)).toThrow("metric: a metric needs a name");
    expect(() => metric("gap", 3 as never)).toThrow(
      "metric: values come from a function. Expected (yTrue, yPred) => values",
    );
    expect(() => metric("gap", gap, { direction: "up" as never })).toThrow("metric: unknown direction");
  });
});

describe("keys of what is reported", () => {
  const keysOf = async (options: CompileModelOptions, ...names: string[]) => {
    const one = identity({ loss: "mse", ...options }, ...names);
    return Object.keys(await one.evaluate(x, names.length > 1 ? names.map(() => zeros) : zeros));
  };

  it("are distinct for metrics of one name, counted as in Keras", async () => {
    expect(
      await keysOf({ metrics: [precision({ thresholds: 0.1 }), precision({ thresholds: 0.9 }), precision()] }),
    ).toEqual(["loss", "precision", "precision_1", "precision_2"]);
    const anonymous = () => (yTrue: Tensor, yPred: Tensor) => mul(gap(yTrue, yPred), 2);
    expect(await keysOf({ metrics: [anonymous(), anonymous()] })).toEqual(["loss", "metric", "metric_1"]);
    expect(await keysOf({ metrics: [gap, gap], weightedMetrics: [gap, gap, "mae"] })).toEqual([
      "loss",
      "gap",
      "gap_1",
      "weighted_gap",
      "weighted_gap_1",
      "mae",
    ]);
    expect(await keysOf({ metrics: [gap, gap] }, "a", "b")).toEqual([
      "loss",
      "a_loss",
      "b_loss",
      "a_gap",
      "a_gap_1",
      "b_gap",
      "b_gap_1",
    ]);
  });

  it("are distinct from those of metrics with several values", async () => {
    const one = identity({
      loss: "mse",
      metrics: [precision({ thresholds: [0.1, 0.9] }), precision({ thresholds: 0.1 }), metric("precision", gap)],
    });
    expect(await one.evaluate(x, zeros)).toEqual({
      loss: 7.5,
      precision_0: 0,
      precision_1: 0,
      precision_2: 0,
      precision_3: 2.5,
    });
    expect(Object.keys(one.reported)).toEqual(["loss", "precision", "precision_2", "precision_3"]);
    expect(
      await keysOf({ metrics: [precision(), iou({ numClasses: 2, targetClassIds: [0], name: "precision" })] }),
    ).toEqual(["loss", "precision", "precision_1"]);
  });

  it("leave losses, the learning rate and validation results theirs", async () => {
    const taken = ["loss", "learning_rate", "val_loss", "val_gap"].map((name) => metric(name, gap));
    const one = identity({ loss: "mse", metrics: [gap, ...taken] });
    const callbacks = [learningRateScheduler(() => 0)];
    const { history } = await one.fit(x, zeros, { verbose: 0, callbacks, validationData: [[[10]], [[0]]] });
    // Not val_loss_1 for the metric of that name: so is loss_1 called in validation.
    const trained = {
      loss: [7.5],
      gap: [2.5],
      loss_1: [2.5],
      learning_rate_1: [2.5],
      val_loss_2: [2.5],
      val_gap_1: [2.5],
    };
    const validated = {
      val_loss: [100],
      val_gap: [10],
      val_loss_1: [10],
      val_learning_rate_1: [10],
      val_val_loss_2: [10],
      val_val_gap_1: [10],
    };
    expect(history).toEqual({ ...trained, ...validated, learning_rate: [0] });
    expect(await keysOf({ metrics: [metric("loss", gap)] }, "a", "a_b")).toEqual([
      "loss",
      "a_loss",
      "a_b_loss",
      "a_loss_1",
      "a_b_loss_1",
    ]);
  });

  it("of outputs val_b and b do not meet", async () => {
    const one = identity({ loss: "mse", metrics: [gap] }, "val_b", "b");
    const { history } = await one.fit(x, [zeros, zeros], { verbose: 0, validationData: [[[10]], [[[0]], [[0]]]] });
    expect(Object.keys(history)).toHaveLength(10);
    expect(history).toMatchObject({
      val_b_loss: [7.5],
      b_loss_1: [7.5],
      val_b_loss_1: [100],
      val_val_b_loss: [100],
      val_b_gap: [2.5],
      val_b_gap_1: [10],
    });
  });

  it("may be called like what every object has", async () => {
    const odd = ["constructor", "__proto__", "toString", "hasOwnProperty"];
    const lines: string[] = [];
    const one = identity({ loss: "mse", metrics: odd.map((name) => metric(name, gap)) });
    const { history } = await one.fit(x, zeros, {
      verbose: 0,
      epochs: 2,
      validationSplit: 0.5,
      callbacks: [csvLogger((line) => void lines.push(line))],
    });
    for (const name of odd) {
      expect(Object.getOwnPropertyDescriptor(history, name)?.value).toEqual([1.5, 1.5]);
      expect(Object.getOwnPropertyDescriptor(history, `val_${name}`)?.value).toEqual([3.5, 3.5]);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(history)).toBe(Object.prototype);
    expect(lines[0]).toContain("constructor,__proto__,toString,hasOwnProperty,");
    expect(lines[2]).toMatch(/^1,2\.5,1\.5,1\.5,1\.5,1\.5,/);
    // A value that nobody reports is not what every object has under that name.
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const plain = identity({ loss: "mse" });
    await plain
      .fit(x, zeros, { verbose: 0, callbacks: [earlyStopping({ monitor: "constructor", mode: "min" })] })
      .catch(() => {});
    expect(plain.stopTraining).toBe(false);
    warn.mockRestore();
  });

  it("with such names of outputs, options, data and layers are found by them", async () => {
    const odd = ["constructor", "__proto__", "update", "call"];
    const table = <T>(values: readonly T[]) => Object.fromEntries(odd.map((name, index) => [name, values[index] as T]));
    const one = identity(
      {
        loss: table(["mse", "mae", "mse", "mae"] as const),
        metrics: table([[gap], [], "mae", null]),
        lossWeights: table([1, 2, 3, 4]),
      },
      ...odd,
    );
    const logs = await one.evaluate(x, table(odd.map(() => zeros)));
    expect(Object.entries(logs)).toEqual([
      ["loss", 7.5 + 2 * 2.5 + 3 * 7.5 + 4 * 2.5],
      ["constructor_loss", 7.5],
      ["__proto___loss", 2.5],
      ["update_loss", 7.5],
      ["call_loss", 2.5],
      ["constructor_gap", 2.5],
      ["update_mae", 2.5],
    ]);
    for (const name of odd) expect(one.getLayer(name).name).toBe(name);
    expect(() => one.getLayer("toString")).toThrow(/unknown layer/);
    expect(() => identity({ loss: { a: "mse", toString: "mse" } as never }, "a", "b")).toThrow(
      /unknown output in loss/,
    );
    await expect(one.evaluate(x, { constructor: zeros, update: zeros, call: zeros } as never)).rejects.toThrow(
      /y must have an array for "__proto__"/,
    );
  });
});

describe("names of inputs and outputs", () => {
  it("of one layer that gives two outputs are told apart", async () => {
    const [a, b] = [input([1], { name: "a" }), input([1], { name: "b" })];
    const shared = dense(1, { kernelInitializer: "ones", name: "shared" });
    const one = model({ inputs: [a, b], outputs: [shared.apply(a), shared.apply(b)] });
    one.compile({ optimizer: still(), backend, loss: { shared: "mse", shared_1: "mae" } });
    const logs = await one.evaluate({ a: x, b: [[10], [10], [10], [10]] }, { shared: zeros, shared_1: zeros });
    expect(logs).toEqual({ loss: 17.5, shared_loss: 7.5, shared_1_loss: 10 });
  });

  it("of two inputs must differ", () => {
    const [a, b] = [input([1], { name: "same" }), input([1], { name: "same" })];
    const outputs = [dense(1).apply(a), dense(1).apply(b)];
    expect(() => model({ inputs: [a, b], outputs })).toThrow(
      /each input may be listed once, and has a name of its own. Expected different names, received .*same.*same/,
    );
  });
});

describe("outputs without a loss", () => {
  it("need no labels, in lists and by name, and report no loss", async () => {
    const options: CompileModelOptions[] = [
      { loss: ["mse", null] },
      { loss: { a: "mse" } },
      { loss: { a: "mse", b: null }, lossWeights: { a: 1 } },
    ];
    for (const given of options) {
      const one = identity(given, "a", "b");
      for (const y of [[zeros, null], { a: zeros }, { a: zeros, b: null }, [zeros, zeros]])
        expect(await one.evaluate(x, y)).toEqual({ loss: 7.5 });
      const { history } = await one.fit(x, { a: zeros }, { verbose: 0, validationSplit: 0.5 });
      expect(history).toEqual({ loss: [2.5], val_loss: [12.5] });
      expect(await one.trainOnBatch(x, { a: zeros })).toEqual({ loss: 7.5 });
      expect(await one.evaluate([{ x: [[1]], y: { a: [[0]] } }][Symbol.iterator]())).toEqual({ loss: 1 });
      await expect(one.evaluate(x, [null, zeros])).rejects.toThrow('y must have an array for "a"');
      await expect(one.evaluate(x, null)).rejects.toThrow("labels are needed. Expected x and y, received x alone.");
    }
  });

  it("need labels where they have metrics", async () => {
    const one = identity({ loss: ["mse", null], metrics: [[], ["mae"]] }, "a", "b");
    expect(await one.evaluate(x, [zeros, zeros])).toEqual({ loss: 7.5, b_mae: 2.5 });
    await expect(one.evaluate(x, { a: zeros })).rejects.toThrow('y must have an array for "b"');
  });

  it("alone let a model predict and be profiled, but not train", async () => {
    const none = "there is no loss. Expected a loss for at least one output, received none.";
    for (const options of [{}, { loss: null }]) {
      const one = identity(options);
      expect((await (await one.predict(x)).data()).length).toBe(4);
      expect((await profile(one, x, { repeats: 1, print: false })).instructions.length).toBeGreaterThan(0);
      await expect(one.fit(x, zeros, { verbose: 0 })).rejects.toThrow(none);
      await expect(one.fit(x, null, { verbose: 0 })).rejects.toThrow(none);
      await expect(one.evaluate(x, zeros)).rejects.toThrow(none);
      await expect(one.trainOnBatch(x, zeros)).rejects.toThrow(none);
    }
    const bare = sequential([dense(1, { inputShape: [1] })]);
    bare.compile();
    expect((await bare.predict(x)).shape).toEqual([4, 1]);
  });

  it("train on penalties alone, as in Keras", async () => {
    const one = sequential([
      dense(1, { inputShape: [1], kernelInitializer: "ones", kernelRegularizer: (w) => max(mul(w, w)) }),
    ]);
    one.compile({ optimizer: still(), backend });
    expect(await one.evaluate(x, null)).toEqual({ loss: 1 });
  });
});

describe("aliases of Keras", () => {
  it("stand for accuracy and losses under the name that was given", async () => {
    const one = identity({ loss: "MSE", metrics: ["acc", "bce", "MAE", "kld"] });
    expect(Object.keys(await one.evaluate([[0.5]], [[1]]))).toEqual(["loss", "acc", "bce", "MAE", "kld"]);
    expect((await one.evaluate([[0.75]], [[1]])).acc).toBe(1);
  });
});
