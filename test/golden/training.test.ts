import { describe, expect, it } from "vitest";
import { sliceRows, toHostArray } from "../../src/data/array.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  type BatchNormalizationOptions,
  batchNormalization,
  type DenseOptions,
  dense,
} from "../../src/nn/layers/index.ts";
import type { Loss } from "../../src/nn/loss.ts";
import * as losses from "../../src/nn/losses.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { l1, l1l2, l2, type Penalty } from "../../src/regularize/penalties.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Callback } from "../../src/train/callback.ts";
import type { Model } from "../../src/train/model.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { sequential } from "../../src/train/sequential.ts";
import type { Logs } from "../../src/train/step-runner.ts";
import { backend, expectClose, type GoldenTensor, golden, load } from "./nn-support.ts";
import { optimizerOf } from "./optim-support.ts";

interface Named {
  name: string;
  config: Record<string, number>;
}

interface Base {
  note: string;
  net: { layer: string; config: Record<string, unknown> }[];
  optimizer: { name: string; config: object };
  loss: { name: string; config: object };
  weights: GoldenTensor[];
  x: GoldenTensor;
  y: GoldenTensor;
}

interface StepsCase extends Base {
  kind: "steps";
  batchSize: number;
  expected: { losses: number[]; weights: GoldenTensor[] };
}

interface FitCase extends Base {
  kind: "fit";
  metrics: "accuracy"[];
  weightedMetrics: "accuracy"[];
  fit: FitOptions;
  sampleWeight: GoldenTensor | null;
  validation: { x: GoldenTensor; y: GoldenTensor } | null;
  expected: {
    history: Record<string, number[]>;
    batchLogs: Logs[];
    evaluate: Logs;
    predict: GoldenTensor;
    weights: GoldenTensor[];
  };
}

const penalties: Record<string, (config: Record<string, number>) => Penalty> = {
  l1: (config) => l1(config.l1),
  l2: (config) => l2(config.l2),
  l1l2: (config) => l1l2(config),
};

function layerOf({ layer, config }: Base["net"][number], isFirst: boolean): Layer {
  const { units, kernelConstraint, ...rest } = config as { units: number; kernelConstraint?: Named };
  const options: Record<string, unknown> = { ...rest, ...(isFirst && { inputShape: [6] }) };
  for (const role of ["kernelRegularizer", "activityRegularizer"]) {
    const penalty = config[role] as Named | undefined;
    if (penalty) options[role] = penalties[penalty.name]?.(penalty.config);
  }
  if (kernelConstraint) options.kernelConstraint = maxNorm(kernelConstraint.config.maxValue);
  return layer === "dense"
    ? dense(units, options as DenseOptions)
    : batchNormalization(options as BatchNormalizationOptions);
}

function modelOf({ net, weights }: Base): Model {
  const model = sequential(net.map((layer, index) => layerOf(layer, index === 0)));
  model.setWeights(weights.map((weight) => load(weight)));
  return model;
}

const lossOf = ({ loss }: Base): Loss =>
  (losses[loss.name as "meanSquaredError"] as (config: object) => Loss)(loss.config);

const labelsOf = (y: GoldenTensor, { loss }: Base): Tensor =>
  load(y, loss.name.startsWith("sparse") ? "int32" : "float32");

async function expectWeights(model: Model, expected: readonly GoldenTensor[], tolerance: number): Promise<void> {
  const weights = await model.getWeights();
  expect(weights.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [index, weight] of expected.entries())
    expectClose(weights[index]?.data ?? [], weight, tolerance, model.variables[index]?.name);
}

function expectLogs(actual: Logs, expected: Logs, what: string): void {
  expect(Object.keys(actual).sort(), what).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    expectClose([actual[name] as number], value, 2e-5, `${what} ${name}`);
}

const all = golden<StepsCase | FitCase>("training");

describe("train steps end where Keras's end", () => {
  it.each(all.filter((c) => c.kind === "steps").map((c) => [c.note, c] as const))("%s", async (_, c) => {
    const model = modelOf(c);
    model.compile({ optimizer: optimizerOf(c.optimizer.name, c.optimizer.config), loss: lossOf(c), backend });
    const [x, y] = [toHostArray("x", load(c.x)), toHostArray("y", labelsOf(c.y, c))];
    for (const [step, expected] of c.expected.losses.entries()) {
      const [start, end] = [step * c.batchSize, (step + 1) * c.batchSize];
      const { loss } = await model.trainOnBatch(sliceRows(x, start, end), sliceRows(y, start, end));
      expectClose([loss as number], expected, 2e-5, `loss of step ${step}`);
    }
    await expectWeights(model, c.expected.weights, 1e-4);
  });
});

describe("fit says what Keras's fit says", () => {
  it.each(all.filter((c) => c.kind === "fit").map((c) => [c.note, c] as const))("%s", async (_, c) => {
    const model = modelOf(c);
    const { metrics, weightedMetrics, validation } = c;
    model.compile({
      optimizer: optimizerOf(c.optimizer.name, c.optimizer.config),
      loss: lossOf(c),
      metrics,
      weightedMetrics,
      backend,
    });
    const batchLogs: Logs[] = [];
    const recorder: Callback = { onTrainBatchEnd: (_batch, logs) => void batchLogs.push(logs) };
    const [x, y] = [load(c.x), labelsOf(c.y, c)];
    const { history } = await model.fit(x, y, {
      ...c.fit,
      shuffle: false,
      verbose: 0,
      callbacks: [recorder],
      ...(validation && { validationData: [load(validation.x), labelsOf(validation.y, c)] }),
      ...(c.sampleWeight && { sampleWeight: load(c.sampleWeight) }),
    });
    expect(Object.keys(history).sort()).toEqual(Object.keys(c.expected.history).sort());
    for (const [name, series] of Object.entries(c.expected.history))
      expectClose(history[name] ?? [], { shape: [series.length], data: series }, 2e-5, name);
    expect(batchLogs.length).toBe(c.expected.batchLogs.length);
    for (const [batch, logs] of c.expected.batchLogs.entries())
      expectLogs(batchLogs[batch] as Logs, logs, `batch ${batch}`);
    expectLogs(await model.evaluate(x, y, { batchSize: 8 }), c.expected.evaluate, "evaluate");
    const predicted = await model.predict(sliceRows(toHostArray("x", x), 0, 5));
    expectClose(await predicted.data(), c.expected.predict, 2e-5, "predict");
    await expectWeights(model, c.expected.weights, 1e-4);
  });
});
