import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { glu, sparsemax } from "../../src/nn/activations.ts";
import { randomNormal } from "../../src/nn/initializers.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  batchNormalization,
  concatenate,
  dotLayer,
  groupNormalization,
  layerNormalization,
  normalization,
  rmsNormalization,
  softmaxLayer,
  unitNormalization,
} from "../../src/nn/layers/index.ts";
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  cosineSimilarity,
  sparseCategoricalCrossentropy,
} from "../../src/nn/losses.ts";
import type { Metric } from "../../src/nn/metric.ts";
import {
  concordanceCorrelation,
  cosineSimilarity as cosineSimilarityMetric,
  oneHotIou,
  pearsonCorrelation,
} from "../../src/nn/metrics.ts";
import { Recording } from "../../src/nn/recording.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const backend = js();

/** x with an axis moved to another place; the others keep their order. */
function move(x: Tensor, from: number, to: number): Tensor {
  const order = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return ops.transpose(x, order);
}

function used(layer: Layer, inputs: readonly Tensor[]): Tensor {
  const shapes = inputs.map(({ shape }) => [null, ...shape.slice(1)]);
  layer.ensureBuilt(inputs.length === 1 ? (shapes[0] as (number | null)[]) : shapes);
  layer.initialize(1);
  return layer.apply(
    inputs.length === 1 ? (inputs[0] as Tensor) : inputs,
    new Recording(layer, { training: true, key: ops.tensor(ops.randomKey(1)) }),
  );
}

/** What the metric comes to over one batch, in its first state. */
function measured(metric: Metric, y: Tensor, p: Tensor): Tensor[] {
  return metric.update(y, p).map(([, value]) => value);
}

/** What becomes of the axis: it stays, it is dropped, or nothing of it is left to compare by. */
type Fate = "kept" | "dropped" | "gone";

const random = { gammaInitializer: randomNormal({ seed: 3 }), betaInitializer: randomNormal({ seed: 4 }) };
const ofSoftmax = (x: Tensor, axis: number) => ops.softmax(x, axis);

/**
 * Everything that takes an axis, as a function of an even extent along it. `others` is the same tensor in another order
 * of elements.
 */
const cases: [string, Fate, (x: Tensor, axis: number, others: Tensor) => Tensor | readonly Tensor[]][] = [
  ["softmax", "kept", (x, axis) => ops.softmax(x, axis)],
  ["logSoftmax", "kept", (x, axis) => ops.logSoftmax(x, axis)],
  ["sparsemax", "kept", (x, axis) => sparsemax(x, axis)],
  ["glu", "kept", (x, axis) => glu(x, axis)],
  ["cumsum", "kept", (x, axis) => ops.cumsum(x, axis)],
  ["cumsum from the end", "kept", (x, axis) => ops.cumsum(x, axis, { reverse: true, exclusive: true })],
  ["argmax", "dropped", (x, axis) => ops.argmax(x, axis)],
  ["argmin", "dropped", (x, axis) => ops.argmin(x, axis)],
  ["sum", "dropped", (x, axis) => ops.sum(x, axis)],
  ["prod", "dropped", (x, axis) => ops.prod(x, axis)],
  ["max", "dropped", (x, axis) => ops.max(x, axis)],
  ["variance", "dropped", (x, axis) => ops.variance(x, axis)],
  ["norm", "dropped", (x, axis) => ops.norm(x, axis)],
  ["concat", "kept", (x, axis, others) => ops.concat([x, others], axis)],
  ["gather", "kept", (x, axis) => ops.gather(x, ops.tensor(Int32Array.of(1, 0, 1)), axis)],
  ["softmaxLayer", "kept", (x, axis) => used(softmaxLayer({ axis }), [x])],
  ["batchNormalization", "kept", (x, axis) => used(batchNormalization({ axis, ...random }), [x])],
  ["layerNormalization", "kept", (x, axis) => used(layerNormalization({ axis, ...random }), [x])],
  ["groupNormalization", "kept", (x, axis) => used(groupNormalization({ axis, groups: 2, ...random }), [x])],
  ["rmsNormalization", "kept", (x, axis) => used(rmsNormalization({ axis }), [x])],
  ["unitNormalization", "kept", (x, axis) => used(unitNormalization({ axis }), [x])],
  [
    "normalization",
    "kept",
    (x, axis) => used(normalization({ axis, mean: [1, 2, 3, 4], variance: [1, 4, 9, 16] }), [x]),
  ],
  ["concatenate", "kept", (x, axis, others) => used(concatenate({ axis }), [x, others])],
  ["dotLayer", "gone", (x, axis, others) => ops.sum(used(dotLayer(axis), [x, others]))],
  [
    "categoricalCrossentropy",
    "dropped",
    (x, axis, others) =>
      categoricalCrossentropy({ axis, labelSmoothing: 0.1 }).call(ofSoftmax(others, axis), ofSoftmax(x, axis)),
  ],
  [
    "categoricalCrossentropy of logits",
    "dropped",
    (x, axis, others) => categoricalCrossentropy({ axis, fromLogits: true }).call(ofSoftmax(others, axis), x),
  ],
  [
    "categoricalFocalCrossentropy",
    "dropped",
    (x, axis, others) =>
      categoricalFocalCrossentropy({ axis, labelSmoothing: 0.1 }).call(ofSoftmax(others, axis), ofSoftmax(x, axis)),
  ],
  [
    "sparseCategoricalCrossentropy",
    "dropped",
    (x, axis, others) => sparseCategoricalCrossentropy({ axis }).call(ops.argmax(others, axis), ofSoftmax(x, axis)),
  ],
  [
    "sparseCategoricalCrossentropy with labels [.., 1, ..]",
    "dropped",
    (x, axis, others) =>
      sparseCategoricalCrossentropy({ axis, fromLogits: true, ignoreClass: 1 }).call(
        ops.expandDims(ops.argmax(others, axis), axis),
        x,
      ),
  ],
  [
    "binaryCrossentropy",
    "dropped",
    (x, axis, others) => binaryCrossentropy({ axis, labelSmoothing: 0.1 }).call(ops.sigmoid(others), ops.sigmoid(x)),
  ],
  [
    "binaryFocalCrossentropy",
    "dropped",
    (x, axis, others) => binaryFocalCrossentropy({ axis }).call(ops.sigmoid(others), ops.sigmoid(x)),
  ],
  ["cosineSimilarity", "dropped", (x, axis, others) => cosineSimilarity({ axis }).call(others, x)],
  ["cosineSimilarity", "gone", (x, axis, others) => measured(cosineSimilarityMetric({ axis }), others, x).slice(0, 1)],
  ["pearsonCorrelation", "gone", (x, axis, others) => measured(pearsonCorrelation({ axis }), others, x).slice(0, 1)],
  [
    "concordanceCorrelation",
    "gone",
    (x, axis, others) => measured(concordanceCorrelation({ axis }), others, x).slice(0, 1),
  ],
  [
    "oneHotIou",
    "gone",
    (x, axis, others) => measured(oneHotIou({ numClasses: 4, targetClassIds: [1], axis }), others, x),
  ],
];

describe("along any axis is along the last, of a tensor that is turned", () => {
  it.each(cases)("%s", async (_, fate, of) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 1000 }),
        async (axis, isNegative, seed) => {
          const shape = [2, 2, 3, 5];
          shape[axis] = 4;
          const values = (phase: number) =>
            Float32Array.from(
              { length: shape.reduce((a, b) => a * b, 1) },
              (_value, i) => 2 * Math.sin(seed + phase + 12.9898 * i),
            );
          const [x, others] = [ops.tensor(values(0), shape), ops.tensor(values(1), shape)];
          const here = [of(x, isNegative ? axis - 4 : axis, others)].flat();
          const turned = [of(move(x, axis, 3), -1, move(others, axis, 3))].flat();
          const back = turned.map((result) => (fate === "kept" ? move(result, 3, axis) : result));
          const [a, b] = [await evaluate(here, backend), await evaluate(back, backend)];
          expect(here.map((result) => result.shape)).toEqual(back.map((result) => result.shape));
          a.forEach((data, index) => {
            data.forEach((value, i) => {
              expect(Math.abs(value - (b[index]?.[i] as number))).toBeLessThan(2e-5);
            });
          });
        },
      ),
      { numRuns: 4 },
    );
  });
});
