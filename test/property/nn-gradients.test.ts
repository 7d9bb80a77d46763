import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import type { Shape } from "../../src/ir/shape.ts";
import { sparsemax } from "../../src/nn/activations.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { computeLoss, type Loss } from "../../src/nn/loss.ts";
import type { LossName } from "../../src/nn/losses.ts";
import * as losses from "../../src/nn/losses.ts";
import { Recording } from "../../src/nn/recording.ts";
import { maxNorm, minMaxNorm, unitNorm } from "../../src/regularize/constraints.ts";
import { l2Normalize } from "../../src/regularize/norm.ts";
import { l1, l1l2, l2, orthogonalPenalty } from "../../src/regularize/penalties.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { sigmoid, square } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey, randomUniform } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { softmax } from "../../src/tensor/ops/softmax.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const backend = js({ precision: "float64" });

/** Numbers of a seed in (low, high), as a constant in float64. */
async function draw(seed: number, shape: Shape, low = -2, high = 2): Promise<Tensor> {
  const [data] = await evaluate([randomUniform(shape, { seed, low, high })], backend);
  return tensor(data as Float64Array, shape);
}

const labels = (seed: number, rows: number, classes: number) =>
  Int32Array.from({ length: rows }, (_, i) => (seed + i * 7) % classes);
const oneHotLabels = (seed: number, rows: number, classes: number) =>
  tensor(
    Float64Array.from({ length: rows * classes }, (_, i) =>
      Number(labels(seed, rows, classes)[Math.floor(i / classes)] === i % classes),
    ),
    [rows, classes],
  );

/** What each loss is tried with: labels, and predictions made of unbounded numbers. */
type Setting = {
  yTrue: (seed: number) => Tensor | Promise<Tensor>;
  yPred: (x: Tensor) => Tensor;
  shape?: Shape;
  options?: object;
};
const regression: Setting = { yTrue: (seed) => draw(seed + 1, [4, 3]), yPred: (x) => x };
const positive: Setting = { yTrue: (seed) => draw(seed + 1, [4, 3], 0.5, 2), yPred: (x) => sigmoid(x) };
const classes: Setting = { yTrue: (seed) => oneHotLabels(seed, 4, 3), yPred: (x) => softmax(x) };
const sparse: Setting = { yTrue: (seed) => tensor(labels(seed, 4, 3)), yPred: (x) => softmax(x) };
const logits: Setting = { yTrue: (seed) => oneHotLabels(seed, 4, 3), yPred: (x) => x };
const odds: Setting = { yTrue: (seed) => oneHotLabels(seed, 4, 3), yPred: (x) => sigmoid(x) };

type LossAlias = "mse" | "mae" | "mape" | "msle" | "bce" | "kld";

/** Typed over the names, so that a loss without a setting does not compile. Aliases need none. */
const settings: Record<Exclude<LossName, LossAlias | Uppercase<LossAlias>>, Setting> = {
  meanSquaredError: regression,
  meanAbsoluteError: regression,
  meanAbsolutePercentageError: positive,
  meanSquaredLogarithmicError: positive,
  huber: { ...regression, options: { delta: 0.7 } },
  logCosh: regression,
  cosineSimilarity: regression,
  categoricalCrossentropy: { ...classes, options: { labelSmoothing: 0.1 } },
  sparseCategoricalCrossentropy: sparse,
  binaryCrossentropy: { ...odds, options: { labelSmoothing: 0.1 } },
  categoricalFocalCrossentropy: classes,
  categoricalGeneralizedCrossEntropy: sparse,
  binaryFocalCrossentropy: odds,
  hinge: logits,
  squaredHinge: logits,
  categoricalHinge: logits,
  klDivergence: { ...classes, yTrue: async (seed) => softmax(await draw(seed + 1, [4, 3])) },
  poisson: positive,
  dice: odds,
  tversky: { ...odds, options: { alpha: 0.3, beta: 0.7 } },
  circle: { yTrue: (seed) => tensor(labels(seed, 4, 2)), yPred: (x) => l2Normalize(x), options: { gamma: 4 } },
  ctc: { yTrue: () => tensor(Int32Array.of(1, 2, 0, 2, 2, 1), [2, 3]), yPred: (x) => x, shape: [2, 6, 4] },
};

function inference(layer: Layer, training = false): Recording {
  return new Recording(layer, { training, key: tensor(randomKey(3)) });
}

describe("gradients of losses", () => {
  for (const [name, setting] of Object.entries(settings)) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const loss = (losses[name as "meanSquaredError"] as (options: object) => Loss)(setting.options ?? {});
          const shape = setting.shape ?? [4, 3];
          const yTrue = await setting.yTrue(seed);
          // Kinks (|e| = 0 and the like) lie at single points, which random numbers miss by more than the step.
          await checkGradients((x) => computeLoss(loss, yTrue, setting.yPred(x)), [await draw(seed, shape)], {
            h: 1e-6,
            tolerance: 1e-5,
          });
        }),
        { numRuns: 8 },
      );
    });
  }
});

/** Layers on inputs that suit them; in training where that differs. */
const layerCases: [string, () => Layer, Shape, boolean?][] = [
  ["dense, elu", () => layers.dense(3, { activation: "elu", kernelInitializer: "heNormal" }), [4, 5]],
  ["dense on [batch, steps, features]", () => layers.dense(3, { activation: "tanh" }), [2, 3, 4]],
  ["prelu", () => layers.prelu({ alphaInitializer: "randomUniform" }), [3, 4]],
  ["softmax over two axes", () => layers.softmaxLayer({ axis: [1, 2] }), [2, 3, 4]],
  ["sparsemax", () => layers.activation("sparsemax"), [3, 5]],
  ["flatten", () => layers.flatten(), [2, 3, 4]],
  ["reshape", () => layers.reshape([6, -1]), [2, 3, 4]],
  ["permute", () => layers.permute([2, 1]), [2, 3, 4]],
  ["repeatVector", () => layers.repeatVector(3), [2, 4]],
  ["dropout", () => layers.dropout(0.4), [4, 5], true],
  ["spatialDropout1d", () => layers.spatialDropout1d(0.4), [3, 4, 5], true],
  ["alphaDropout", () => layers.alphaDropout(0.4), [4, 5], true],
  ["gaussianNoise", () => layers.gaussianNoise(0.4), [4, 5], true],
  ["gaussianDropout", () => layers.gaussianDropout(0.4), [4, 5], true],
  ["batchNormalization in training", () => layers.batchNormalization(), [6, 3], true],
  ["batchNormalization of images in training", () => layers.batchNormalization(), [3, 2, 2, 3], true],
  ["batchNormalization in inference", () => layers.batchNormalization(), [6, 3]],
  // Of one column: the singular vectors are exact after one step, so that holding them still is no difference.
  ["spectralNormalization", () => layers.spectralNormalization(layers.dense(1, { activation: "tanh" })), [4, 5], true],
  ["layerNormalization", () => layers.layerNormalization({ axis: [1, 2] }), [2, 3, 4]],
  ["groupNormalization", () => layers.groupNormalization({ groups: 2 }), [2, 3, 4]],
  ["rmsNormalization", () => layers.rmsNormalization(), [3, 4]],
  ["unitNormalization", () => layers.unitNormalization(), [3, 4]],
  ["maxPooling2d", () => layers.maxPooling2d(3, { strides: 2, padding: "same" }), [1, 4, 5, 2]],
  ["averagePooling1d", () => layers.averagePooling1d(3, { strides: 1, padding: "same" }), [2, 5, 2]],
  ["adaptiveMaxPooling2d", () => layers.adaptiveMaxPooling2d([2, 3]), [1, 3, 5, 2]],
  ["adaptiveAveragePooling1d", () => layers.adaptiveAveragePooling1d(3), [2, 5, 2]],
  [
    "depthwiseConv2d",
    () => layers.depthwiseConv2d(3, { strides: 2, padding: "same", depthMultiplier: 2, activation: "tanh" }),
    [1, 4, 5, 2],
  ],
  ["depthwiseConv1d", () => layers.depthwiseConv1d(2, { dilationRate: 2, activation: "elu" }), [2, 5, 2]],
  ["zeroPadding2d", () => layers.zeroPadding2d([1, 0]), [1, 2, 3, 2]],
  ["cropping1d", () => layers.cropping1d([0, 2]), [2, 4, 2]],
  ["upSampling3d", () => layers.upSampling3d([1, 2, 2]), [1, 2, 2, 2, 1]],
  ["upSampling2d, bilinear", () => layers.upSampling2d(3, { interpolation: "bilinear" }), [1, 2, 3, 2]],
];

describe("gradients through layers, and gradients of gradients", () => {
  for (const [name, make, shape, training = false] of layerCases) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const layer = make();
          layer.ensureBuilt([null, ...shape.slice(1)]);
          layer.initialize(seed);
          // One function of x: the same random streams at every call.
          const f = (x: Tensor) => layer.apply(x, inference(layer, training));
          const x = await draw(seed, shape);
          await checkGradients(f, [x], { h: 1e-6, tolerance: 1e-5 });
          await checkGradients((t) => gradients(sum(square(f(t))), [t])[0] as Tensor, [x], {
            h: 1e-6,
            tolerance: 1e-4,
          });
        }),
        { numRuns: 5 },
      );
    });
  }
});

describe("gradients of penalties and constraints", () => {
  const functions = {
    l1: l1(),
    l2: l2(),
    l1l2: l1l2({ l1: 0.1, l2: 0.2 }),
    rows: orthogonalPenalty(),
    columns: orthogonalPenalty({ mode: "columns" }),
  };
  const rules = {
    maxNorm: maxNorm(0.5),
    unitNorm: unitNorm(),
    minMaxNorm: minMaxNorm({ minValue: 3, maxValue: 4, rate: 0.5 }),
  };
  for (const [name, f] of Object.entries({ ...functions, ...rules })) {
    it(name, () =>
      fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          await checkGradients(f, [await draw(seed, [4, 3])], { h: 1e-6, tolerance: 1e-5 });
        }),
        { numRuns: 8 },
      ),
    );
  }
});

describe("sparsemax is the projection onto the simplex", () => {
  it("rows are not negative, sum to 1, do not change order, and no point of the simplex is nearer", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 8 }), async (seed, n) => {
        const [z, p, q] = (await evaluate(
          [
            await draw(seed, [n], -3, 3),
            sparsemax(await draw(seed, [n], -3, 3)),
            softmax(await draw(seed + 1, [n], -3, 3)),
          ],
          backend,
        )) as [Float64Array, Float64Array, Float64Array];
        expect(Math.min(...p)).toBeGreaterThanOrEqual(0);
        expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        const distance = (x: Float64Array) => x.reduce((total, value, i) => total + (value - (z[i] as number)) ** 2, 0);
        expect(distance(p)).toBeLessThanOrEqual(distance(q) + 1e-12);
        for (let i = 1; i < n; i++)
          if ((z[i] as number) > (z[i - 1] as number)) expect(p[i]).toBeGreaterThanOrEqual(p[i - 1] as number);
      }),
      { numRuns: 50 },
    );
  });
});
