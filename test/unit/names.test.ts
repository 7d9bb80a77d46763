import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { Names } from "../../src/name-registry.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { type LossName, lossNames, lossOf } from "../../src/nn/losses/names.ts";
import * as lossesOnDemand from "../../src/nn/losses/on-demand.ts";
import * as usualLosses from "../../src/nn/losses/usual.ts";
import { type MetricName, metricNames, metricOf } from "../../src/nn/metrics/names.ts";
import * as metricsOnDemand from "../../src/nn/metrics/on-demand.ts";
import * as optimizersOnDemand from "../../src/optim/on-demand.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";
import type { Model } from "../../src/train/model.ts";
import type { CompileModelOptions } from "../../src/train/options.ts";
import { sequential } from "../../src/train/sequential.ts";

const x = [
  [1, 0],
  [0, 1],
];
const y = [[1], [0]];

function compiled(options: CompileModelOptions): Model {
  const model = sequential([dense(1, { inputShape: [2], activation: "sigmoid" })], { seed: 1 });
  model.compile({ backend: js(), ...options });
  return model;
}

describe("names", () => {
  it("load what is rare once it is asked for, and know it before", async () => {
    let loads = 0;
    const names = new Names<() => number>("number", { one: () => 1 }, ["two"], async () => {
      loads++;
      return { two: () => 2 };
    });
    expect(names.check("test", "one")?.()).toBe(1);
    expect(names.check("test", "two")).toBeUndefined();
    expect((await names.find("one"))()).toBe(1);
    expect(loads).toBe(0);
    expect((await names.find("two"))()).toBe(2);
    expect(loads).toBe(1);
    expect(() => names.check("test", "tow")).toThrow(
      'test: unknown number. Expected one of two, one, received "tow". Did you mean "two"?',
    );
  });

  it("whose code is loaded on demand are what the modules loaded on demand export", () => {
    const onDemand = ({ known }: { known: object }) =>
      Object.entries(known).flatMap(([name, value]) => (value === undefined ? [name] : []));
    expect(onDemand(lossNames).sort()).toEqual(Object.keys({ ...usualLosses, ...lossesOnDemand }).sort());
    expect(onDemand(metricNames).sort()).toEqual(Object.keys(metricsOnDemand).sort());
    expect(onDemand(optimizerNames).sort()).toEqual(Object.keys(optimizersOnDemand).sort());
  });

  it("of losses all stand for a loss of that name", async () => {
    for (const name of Object.keys(lossNames.known)) expect((await lossOf(name as LossName)).name).toBe(name);
  });

  it("of metrics all stand for a metric of that name, also those of losses", async () => {
    for (const name of ["accuracy", ...Object.keys({ ...lossNames.known, ...metricNames.known })]) {
      expect((await metricOf(name as MetricName))({ yTrue: [2, 1], yPred: [2, 1] }).name).toBe(name);
    }
  });
});

describe("a model compiled with rare names", () => {
  it("trains and is judged by what they stand for", async () => {
    const model = compiled({
      loss: "binaryFocalCrossentropy",
      metrics: ["auc", "hinge"],
      weightedMetrics: ["recall"],
      optimizer: "ftrl",
    });
    const { history } = await model.fit(x, y, { epochs: 2, verbose: 0 });
    expect(Object.keys(history)).toEqual(["loss", "auc", "hinge", "recall"]);
    expect(model.optimizer.kind).toBe("ftrl");
    expect(Object.keys(await model.evaluate(x, y))).toEqual(["loss", "auc", "hinge", "recall"]);
  });

  it("refuses unknown ones at once", () => {
    expect(() => compiled({ loss: "hingee" as never })).toThrow(/unknown loss.*Did you mean "hinge"/);
    expect(() => compiled({ loss: "mse", metrics: ["aucc" as never] })).toThrow(/unknown metric.*Did you mean .*"auc"/);
    expect(() => compiled({ loss: "mse", optimizer: "muonn" as never })).toThrow(
      /unknown optimizer.*Did you mean .*"muon"/,
    );
  });

  it("has a common optimizer at once, and says when a rare one is not there yet", async () => {
    expect(compiled({ loss: "mse", optimizer: "nadam" }).optimizer.kind).toBe("nadam");
    const model = compiled({ loss: "mse", optimizer: "lamb" });
    expect(() => model.optimizer).toThrow(
      'the optimizer "lamb" is loaded by the first fit, evaluate or trainOnBatch. Expected a call of one of these before, received none. Or give lamb()',
    );
    await model.trainOnBatch(x, y);
    expect(model.optimizer.kind).toBe("lamb");
  });
});
