import { describe, expect, it } from "vitest";
import { bind } from "../../src/backends/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Loss } from "../../src/nn/loss.ts";
import * as losses from "../../src/nn/losses.ts";
import type { Metric } from "../../src/nn/metric.ts";
import { lossMetric } from "../../src/nn/metrics/mean.ts";
import { metricOf } from "../../src/nn/metrics/names.ts";
import * as all from "../../src/nn/metrics.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  backend,
  expectClose,
  type GoldenTensor,
  type GoldenValue,
  golden,
  load,
  titleOf,
  values,
} from "./nn-support.ts";

interface MetricCase {
  metric: string;
  config: Record<string, unknown>;
  batches: {
    yTrue: GoldenTensor;
    yPred: GoldenTensor;
    sampleWeight: GoldenTensor | null;
    result: GoldenTensor | GoldenValue;
  }[];
}

interface AccuracyCase {
  identifier: "accuracy";
  yTrueShape: number[];
  yPredShape: number[];
  resolvesTo: string;
}

const cases = golden<MetricCase | AccuracyCase>("metrics");
const tolerance = 3e-6;

/** Names that differ from Keras's: "accuracy" chooses by shapes, a loss's name stands for its mean. */
const ours: Record<string, string> = {
  accuracy: "exactAccuracy",
  logCoshError: "logCosh",
  cosineSimilarity: "cosineSimilarity",
};
const words: Record<string, string> = {
  variance_weighted_average: "varianceWeightedAverage",
  uniform_average: "uniformAverage",
};

function make(name: string, given: Record<string, unknown>): Metric {
  const config = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, words[String(value)] ?? value]));
  const kind = ours[name] ?? name;
  const { specificity, sensitivity, recall, precision, ...rest } = config;
  const least = specificity ?? sensitivity ?? recall ?? precision;
  if (least !== undefined)
    return (all as unknown as Record<string, (least: unknown, options: object) => Metric>)[kind]?.(
      least,
      rest,
    ) as Metric;
  if (kind in all) return (all as unknown as Record<string, (options: object) => Metric>)[kind]?.(config) as Metric;
  return lossMetric((losses as unknown as Record<string, (options: object) => Loss>)[kind]?.(config) as Loss);
}

describe("metrics agree with Keras 3", () => {
  for (const one of cases) {
    if (!("metric" in one)) continue;
    it(titleOf(one.metric, one.config), async () => {
      const metric = make(one.metric, one.config);
      for (const pass of ["first pass", "after reset"]) {
        for (const [index, { yTrue, yPred, sampleWeight, result }] of one.batches.entries()) {
          const updates = metric.update(load(yTrue), load(yPred), sampleWeight ? load(sampleWeight) : undefined);
          await run(updates);
          expectClose((await values(metric.result()))[0] as number[], result, tolerance, `${pass}, batch ${index}`);
        }
        metric.reset();
      }
    });
  }
});

describe('"accuracy" resolves as in Keras 3', () => {
  for (const one of cases) {
    if (!("identifier" in one)) continue;
    it(`labels [${one.yTrueShape}], predictions [${one.yPredShape}]: ${one.resolvesTo}`, async () => {
      const accuracy = await metricOf("accuracy");
      const [chosen, expected] = [accuracy({ yTrue: one.yTrueShape, yPred: one.yPredShape }), make(one.resolvesTo, {})];
      expect(chosen.name).toBe("accuracy");
      // The same numbers on data that tell the kinds of accuracy apart.
      const pattern = (shape: number[], step: number) =>
        load({ shape, data: Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * step) % 7) % 2) });
      const [yTrue, yPred] = [pattern(one.yTrueShape, 3), pattern(one.yPredShape, 5)];
      for (const metric of [chosen, expected]) await run(metric.update(yTrue, yPred));
      const [a, b] = await values(chosen.result(), expected.result());
      expect(a).toEqual(b);
    });
  }
});

async function run(updates: Awaited<ReturnType<Metric["update"]>>): Promise<void> {
  const executable = await bind(compile({ outputs: {}, updates: updates as [never, Tensor][] }), backend);
  executable.run();
  executable.dispose();
}
