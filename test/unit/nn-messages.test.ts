import { describe, expect, it } from "vitest";
import { activationOf } from "../../src/nn/activation-names.ts";
import {
  celu,
  elu,
  glu,
  hardShrink,
  leakyRelu,
  relu,
  softShrink,
  squareplus,
  threshold,
} from "../../src/nn/activations.ts";
import * as initializers from "../../src/nn/initializers.ts";
import { input } from "../../src/nn/input.ts";
import { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { computeLoss } from "../../src/nn/loss.ts";
import { checkLoss } from "../../src/nn/losses/names.ts";
import * as losses from "../../src/nn/losses.ts";
import { checkMetric } from "../../src/nn/metrics/names.ts";
import * as metrics from "../../src/nn/metrics.ts";
import { Recording } from "../../src/nn/recording.ts";
import { maxNorm, minMaxNorm } from "../../src/regularize/constraints.ts";
import { l1, l1l2, l2, orthogonalPenalty } from "../../src/regularize/penalties.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const x = tensor([1, 2]);
const tiny = Number.MIN_VALUE;

/** What takes a number, its range, numbers at and inside the ends, and numbers beyond them. */
const ranges: [string, (value: number) => unknown, string, number[], number[]][] = [
  ["dropout rate", (v) => layers.dropout(v), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  ["spatialDropout2d rate", (v) => layers.spatialDropout2d(v), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  ["alphaDropout rate", (v) => layers.alphaDropout(v), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  ["gaussianDropout rate", (v) => layers.gaussianDropout(v), "a number in [0, 1)", [0, 0.9999], [-tiny, 1]],
  [
    "gaussianNoise stddev",
    (v) => layers.gaussianNoise(v),
    "a finite number ≥ 0",
    [0, 1e9],
    [-tiny, Number.POSITIVE_INFINITY],
  ],
  [
    "activityRegularization l1",
    (v) => layers.activityRegularization({ l1: v }),
    "a finite number ≥ 0",
    [0, 1e9],
    [-tiny],
  ],
  [
    "batchNormalization momentum",
    (v) => layers.batchNormalization({ momentum: v }),
    "a number in [0, 1]",
    [0, 1],
    [-tiny, 1.0001],
  ],
  [
    "batchNormalization epsilon",
    (v) => layers.batchNormalization({ epsilon: v }),
    "a finite number > 0",
    [tiny, 1e9],
    [0, -1],
  ],
  [
    "batchNormalization renormMomentum",
    (v) => layers.batchNormalization({ renormMomentum: v }),
    "a number in [0, 1]",
    [0, 1],
    [-tiny, 1.0001],
  ],
  [
    "spectralNormalization powerIterations",
    (v) => layers.spectralNormalization(layers.dense(1), { powerIterations: v }),
    "an integer in [1, 1000]",
    [1, 1000],
    [0, 1.5, 1001],
  ],
  [
    "layerNormalization epsilon",
    (v) => layers.layerNormalization({ epsilon: v }),
    "a finite number > 0",
    [tiny, 1e9],
    [0, -1],
  ],
  [
    "rmsNormalization epsilon",
    (v) => layers.rmsNormalization({ epsilon: v }),
    "a finite number > 0",
    [tiny, 1e9],
    [0, -1],
  ],
  [
    "groupNormalization groups",
    (v) => layers.groupNormalization({ groups: v }),
    "an integer ≥ 1, or −1",
    [-1, 1, 32],
    [0, -2, 1.5],
  ],
  ["dense units", (v) => layers.dense(v), "an integer ≥ 1", [1, 4096], [0, -1, 1.5]],
  ["embedding inputDim", (v) => layers.embedding(v, 2), "an integer ≥ 1", [1, 9], [0, 1.5]],
  ["embedding outputDim", (v) => layers.embedding(2, v), "an integer ≥ 1", [1, 9], [0, 1.5]],
  ["masking maskValue", (v) => layers.masking({ maskValue: v }), "a finite number", [-1, 0], [Number.NaN]],
  ["repeatVector n", (v) => layers.repeatVector(v), "an integer ≥ 1", [1, 9], [0, 1.5]],
  ["relu maxValue", (v) => layers.reluLayer({ maxValue: v }), "a finite number ≥ 0", [0, 6], [-tiny]],
  [
    "leakyRelu negativeSlope",
    (v) => layers.leakyReluLayer({ negativeSlope: v }),
    "a finite number ≥ 0",
    [0, 1],
    [-tiny],
  ],
  ["relu negativeSlope", (v) => relu(x, { negativeSlope: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["relu threshold", (v) => relu(x, { threshold: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["leakyRelu negativeSlope", (v) => leakyRelu(x, { negativeSlope: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["elu alpha", (v) => elu(x, { alpha: v }), "a finite number", [-1, 1], [Number.NaN, Number.POSITIVE_INFINITY]],
  ["celu alpha", (v) => celu(x, { alpha: v }), "a finite number > 0", [tiny, 2], [0, -1]],
  ["squareplus b", (v) => squareplus(x, { b: v }), "a finite number ≥ 0", [0, 4], [-tiny]],
  ["hardShrink threshold", (v) => hardShrink(x, { threshold: v }), "a finite number ≥ 0", [0, 4], [-tiny]],
  ["softShrink threshold", (v) => softShrink(x, { threshold: v }), "a finite number ≥ 0", [0, 4], [-tiny]],
  [
    "threshold threshold",
    (v) => threshold(x, { threshold: v, defaultValue: 0 }),
    "a finite number",
    [-1, 1],
    [Number.NaN],
  ],
  ["l1 l1", (v) => l1(v), "a finite number ≥ 0", [0, 1], [-tiny, Number.POSITIVE_INFINITY]],
  ["l2 l2", (v) => l2(v), "a finite number ≥ 0", [0, 1], [-tiny, Number.NaN]],
  ["l1l2 l2", (v) => l1l2({ l2: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["orthogonalPenalty factor", (v) => orthogonalPenalty({ factor: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["maxNorm maxValue", (v) => maxNorm(v), "a finite number ≥ 0", [0, 2], [-tiny]],
  ["minMaxNorm minValue", (v) => minMaxNorm({ minValue: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["minMaxNorm rate", (v) => minMaxNorm({ rate: v }), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  [
    "heNormal seed",
    (v) => initializers.heNormal({ seed: v }),
    "a whole number within ±2^53",
    [0, -5, 2 ** 53 - 1],
    [0.5, 2 ** 53],
  ],
  ["randomNormal stddev", (v) => initializers.randomNormal({ stddev: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  [
    "randomUniform maxValue",
    (v) => initializers.randomUniform({ maxValue: v }),
    "a finite number ≥ minValue (-0.05)",
    [-0.05, 1],
    [-0.06],
  ],
  [
    "varianceScaling scale",
    (v) => initializers.varianceScaling({ scale: v }),
    "a finite number > 0",
    [tiny, 2],
    [0, -1],
  ],
  ["constant value", (v) => initializers.constant({ value: v }), "a finite number", [-1, 0], [Number.NaN]],
  ["huber delta", (v) => losses.huber({ delta: v }), "a finite number > 0", [tiny, 2], [0, -1]],
  [
    "binaryCrossentropy labelSmoothing",
    (v) => losses.binaryCrossentropy({ labelSmoothing: v }),
    "a number in [0, 1)",
    [0, 0.999],
    [-tiny, 1],
  ],
  [
    "categoricalCrossentropy labelSmoothing",
    (v) => losses.categoricalCrossentropy({ labelSmoothing: v }),
    "a number in [0, 1)",
    [0, 0.999],
    [-tiny, 1],
  ],
  [
    "binaryFocalCrossentropy alpha",
    (v) => losses.binaryFocalCrossentropy({ alpha: v }),
    "a number in [0, 1]",
    [0, 1],
    [-tiny, 1.0001],
  ],
  [
    "categoricalFocalCrossentropy gamma",
    (v) => losses.categoricalFocalCrossentropy({ gamma: v }),
    "a finite number ≥ 0",
    [0, 5],
    [-tiny],
  ],
  [
    "categoricalGeneralizedCrossEntropy q",
    (v) => losses.categoricalGeneralizedCrossEntropy({ q: v }),
    "a number in (0, 1)",
    [tiny, 0.999],
    [0, 1],
  ],
  [
    "sparseCategoricalCrossentropy ignoreClass",
    (v) => losses.sparseCategoricalCrossentropy({ ignoreClass: v }),
    "a whole number",
    [-1, 255],
    [0.5],
  ],
  ["tversky alpha", (v) => losses.tversky({ alpha: v }), "a finite number ≥ 0", [0, 1], [-tiny]],
  ["circle margin", (v) => losses.circle({ margin: v }), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  ["circle gamma", (v) => losses.circle({ gamma: v }), "a finite number > 0", [tiny, 256], [0]],
  [
    "binaryAccuracy threshold",
    (v) => metrics.binaryAccuracy({ threshold: v }),
    "a number in [0, 1]",
    [0, 1],
    [-tiny, 1.0001],
  ],
  ["topKCategoricalAccuracy k", (v) => metrics.topKCategoricalAccuracy({ k: v }), "an integer ≥ 1", [1, 5], [0, 1.5]],
  [
    "precision a threshold",
    (v) => metrics.precision({ thresholds: [0.5, v] }),
    "a number in [0, 1]",
    [0, 1],
    [-tiny, 1.0001],
  ],
  ["recall topK", (v) => metrics.recall({ topK: v }), "an integer ≥ 1", [1, 5], [0, 1.5]],
  ["precision classId", (v) => metrics.precision({ classId: v }), "an integer ≥ 0", [0, 5], [-1, 1.5]],
  ["precisionAtRecall recall", (v) => metrics.precisionAtRecall(v), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  [
    "sensitivityAtSpecificity numThresholds",
    (v) => metrics.sensitivityAtSpecificity(0.5, { numThresholds: v }),
    "an integer in [1, 1000000]",
    [1, 1e6],
    [0, 1e6 + 1],
  ],
  ["auc numThresholds", (v) => metrics.auc({ numThresholds: v }), "an integer in [2, 1000000]", [2, 1e6], [1, 1e6 + 1]],
  ["f1Score threshold", (v) => metrics.f1Score({ threshold: v }), "a number in (0, 1]", [tiny, 1], [0, 1.0001]],
  ["fBetaScore beta", (v) => metrics.fBetaScore({ beta: v }), "a finite number > 0", [tiny, 2], [0]],
  ["meanIou numClasses", (v) => metrics.meanIou({ numClasses: v }), "an integer ≥ 1", [1, 20], [-1, 1.5]],
  ["binaryIou threshold", (v) => metrics.binaryIou({ threshold: v }), "a number in [0, 1]", [0, 1], [-tiny, 1.0001]],
  ["r2Score numRegressors", (v) => metrics.r2Score({ numRegressors: v }), "an integer ≥ 0", [0, 3], [-1, 1.5]],
];

describe("both ends of every range", () => {
  for (const [name, make, range, good, bad] of ranges) {
    it(name, () => {
      for (const value of good) make(value);
      for (const value of [...bad, Number.NaN]) {
        expect(() => make(value), `${value}`).toThrow(`Expected ${range}, received ${value}`);
      }
      // The message begins with the name of what was called.
      const [owner, ...what] = name.split(" ");
      expect(() => make(Number.NaN)).toThrow(new RegExp(`^${owner}.*${what.join(" ")}`));
    });
  }
});

describe("unknown names", () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      "activation",
      () => layers.dense(3, { activation: "rellu" as never, name: "d" }),
      /^dense "d": unknown activation\. .* received "rellu"\. Did you mean "relu"/,
    ],
    [
      "initializer",
      () => builtDense({ kernelInitializer: "heNorml" }),
      /unknown initializer\. .* received "heNorml"\. Did you mean "heNormal"/,
    ],
    ["loss", () => checkLoss("meanSquareError" as never, "loss"), /unknown loss\. .* Did you mean "meanSquaredError"/],
    ["metric", () => checkMetric("accurracy" as never, "metric"), /unknown metric\. .* Did you mean "accuracy"/],
    [
      "reduction",
      () => losses.meanSquaredError({ reduction: "avg" as never }),
      /meanSquaredError: unknown reduction\. Expected one of sumOverBatchSize, sum, /,
    ],
    [
      "mode of varianceScaling",
      () => initializers.varianceScaling({ mode: "fanin" as never }),
      /unknown mode\. .* Did you mean "fanIn"/,
    ],
    [
      "mode of orthogonalPenalty",
      () => orthogonalPenalty({ mode: "row" as never }),
      /Expected "rows" or "columns", received row/,
    ],
    ["curve", () => metrics.auc({ curve: "roc" as never }), /auc: unknown curve\. .* Did you mean "ROC"/],
    ["average", () => metrics.f1Score({ average: "makro" as never }), /unknown average/],
    ["not even a name", () => activationOf(3 as never), /an activation is a name or a function of a tensor/],
    ["no loss", () => checkLoss(undefined as never, "loss"), /a loss is a name, a loss or a function/],
    ["no metric", () => checkMetric(3 as never, "metric"), /a metric is a name, a metric, a loss or a function/],
  ];
  for (const [name, make, message] of cases) it(name, () => expect(make).toThrow(message));
});

function builtDense(options: object): void {
  layers.dense(3, options).ensureBuilt([null, 4]);
}

function call(layer: Layer, ...shapes: number[][]): unknown {
  const inputs = shapes.map((shape, i) => placeholder(`x${i}`, shape));
  layer.ensureBuilt(shapes.length === 1 ? (shapes[0] as number[]) : shapes);
  return layer.apply(
    inputs.length === 1 ? (inputs[0] as Tensor) : inputs,
    new Recording(layer, { training: true, key: tensor(randomKey(1)) }),
  );
}

describe("shapes that do not fit", () => {
  const labels = (...shape: number[]) => placeholder("yTrue", shape);
  const mse = losses.meanSquaredError();
  const cases: [string, () => unknown, RegExp | string][] = [
    [
      "dense",
      () => {
        const layer = layers.dense(100, { name: "dense_1" });
        layer.ensureBuilt([null, 784]);
        call(layer, [2, 512]);
      },
      "dense \"dense_1\": the input's last axis must be the kernel's first. Expected 784, received 512 (input [2, 512], kernel [784, 100]). Check inputShape.",
    ],
    ["dense on a vector", () => call(layers.dense(3), [4]), /Expected 4, received rank 1/],
    [
      "dense without features",
      () => layers.dense(3).ensureBuilt([null, null]),
      /the input's last axis must be known\. .* Give inputShape\./,
    ],
    [
      "inputShape with the batch",
      () => layers.dense(3, { inputShape: [0, 3] }),
      /inputShape is the shape of one sample/,
    ],
    [
      "batchNormalization",
      () => {
        const layer = layers.batchNormalization();
        layer.ensureBuilt([null, 3]);
        call(layer, [2, 4]);
      },
      /axis 1 of the input must have the extent that the layer was built for\. Expected 3, received 4/,
    ],
    [
      "batchNormalization axis",
      () => layers.batchNormalization({ axis: 2 }).ensureBuilt([null, 3]),
      /axis must be within the rank/,
    ],
    [
      "groupNormalization",
      () => call(layers.groupNormalization({ groups: 3 }), [2, 4]),
      /groups must divide the features\. Expected a divisor of 4, received 3/,
    ],
    [
      "reshape",
      () => call(layers.reshape([3, 3]), [2, 8]),
      /the number of elements per sample must stay\. Expected 8 elements, received \[3, 3\]/,
    ],
    ["reshape with two −1", () => layers.reshape([-1, -1]), /at most one −1/],
    ["permute", () => layers.permute([1, 3]), /dims names each axis once, from 1/],
    ["permute of another rank", () => call(layers.permute([2, 1]), [2, 3]), /Expected rank 3, received rank 2/],
    ["repeatVector", () => call(layers.repeatVector(2), [2, 3, 4]), /Expected rank 2, received rank 3/],
    [
      "prelu sharing the batch",
      () => layers.prelu({ sharedAxes: [0] }).ensureBuilt([null, 3]),
      /sharedAxes count from 1/,
    ],
    [
      "dropout noiseShape",
      () => call(layers.dropout(0.5, { noiseShape: [null, 2] }), [2, 3]),
      /noiseShape has 1 or the input's extent for each axis\. Expected \[2, 3\], received \[null, 2\]/,
    ],
    ["concatenate of one", () => call(layers.concatenate(), [2, 3]), /merges several inputs/],
    [
      "concatenate",
      () => call(layers.concatenate(), [2, 3], [3, 3]),
      /inputs must agree but for axis 1\. Expected \[2, null\], received \[3, 3\]/,
    ],
    ["glu", () => glu(tensor([1, 2, 3])), /Expected an even extent at axis 0, received 3/],
    [
      "identity",
      () => initializers.identity()([3], { seed: 1, stream: 0 }),
      /only matrices have an identity\. Expected rank 2, received \[3\]/,
    ],
    ["orthogonal", () => initializers.orthogonal()([3], { seed: 1, stream: 0 }), /Expected rank ≥ 2, received \[3\]/],
    ["orthogonalPenalty", () => orthogonalPenalty()(tensor([1, 2])), /the weight must be a matrix/],
    [
      "loss",
      () => mse.call(labels(4, 3), labels(4, 2)),
      /meanSquaredError: labels must have the shape of the predictions\. Expected \[4, 2\], received \[4, 3\]/,
    ],
    [
      "class numbers to a categorical loss",
      () => losses.categoricalCrossentropy().call(labels(4), labels(4, 3)),
      /Labels that are class numbers need a sparse loss/,
    ],
    [
      "one-hot labels to a sparse loss",
      () => losses.sparseCategoricalCrossentropy().call(labels(4, 3), labels(4, 3)),
      /One-hot labels go with categoricalCrossentropy/,
    ],
    [
      "sampleWeight",
      () => computeLoss(mse, labels(4, 3), labels(4, 3), labels(5)),
      /meanSquaredError: sampleWeight has a weight per sample, or per value of the loss\. Expected \[4\], received \[5\]/,
    ],
    ["circle", () => losses.circle().call(labels(4, 3), labels(4, 3)), /labels are class numbers \[batch\]/],
    [
      "ctc",
      () => losses.ctc().call(labels(4), labels(4, 3)),
      /labels \[batch, length\], logits \[batch, steps, classes\]/,
    ],
    [
      "iou classes",
      () => metrics.iou({ numClasses: 2, targetClassIds: [2] }),
      /targetClassIds are class numbers\. Expected integers in \[0, 1\], received \[2\]/,
    ],
    ["f1Score", () => metrics.f1Score().update(labels(4), labels(4)), /labels have two axes/],
    [
      "minMaxNorm",
      () => minMaxNorm({ minValue: 2, maxValue: 1 }),
      /the bounds must be in order\. Expected minValue ≤ maxValue \(1\), received 2/,
    ],
    ["input", () => input([0]), /shape is the shape of one sample/],
    [
      "input dtype",
      () => input([1], { dtype: "float64" as never }),
      /unknown dtype\. Expected "float32", "int32" or "string", received float64/,
    ],
    ["lambda", () => layers.lambda(3 as never), /lambda: fn is of the wrong kind/],
  ];
  for (const [name, make, message] of cases) it(name, () => expect(make).toThrow(message));
});

describe("layers of the user's own", () => {
  it("that are not listed in sublayers have no random stream", () => {
    const inner = layers.dropout(0.5, { name: "inner" });
    class Outer extends Layer {
      constructor() {
        super("outer", { name: "outer" });
      }

      override call(t: Tensor, ctx: Recording): Tensor {
        return inner.apply(t, ctx);
      }
    }
    expect(() => call(new Outer(), [2, 3])).toThrow(
      'dropout "inner": a random layer must be part of the model that is recorded. Expected a layer of outer "outer", received dropout "inner". A layer that holds others lists them in sublayers.',
    );
  });

  it("of several outputs are applied with applyAll", () => {
    class Halves extends Layer {
      override call(t: Tensor): Tensor[] {
        return [t, t];
      }
    }
    const layer = new Halves("halves", { name: "halves" });
    const start = input([2]);
    expect(layer.applyAll(start)).toHaveLength(2);
    expect(() => layer.apply(start)).toThrow(
      'halves "halves": apply is for layers of one output. Expected 1 output, received 2. Use applyAll, which gives a list.',
    );
  });

  it("are told when an initializer gives another shape", () => {
    const layer = layers.dense(2, { name: "d", kernelInitializer: () => tensor([1, 2]) });
    layer.ensureBuilt([null, 2]);
    expect(() => layer.initialize(1)).toThrow(
      'variable "d/kernel": the initial tensor must have the variable\'s shape. Expected [2, 2], received [2].',
    );
  });
});

describe("the stft initializer", () => {
  const source = { seed: 1, stream: 0 };

  it("is for kernels of one channel and windows of their length", () => {
    for (const shape of [
      [8, 2, 5],
      [8, 1, 1],
      [8, 5],
    ]) {
      expect(() => initializers.stft()(shape, source)).toThrow(
        "stft: is for kernels of one channel. Expected [frame, 1, frequencies ≥ 2], received [8",
      );
    }
    expect(() => initializers.stft({ window: [1, 2] })([3, 1, 4], source)).toThrow(
      "stft: the window has a value per sample of the frame. Expected 3, received 2.",
    );
  });

  it("names the nearest of unknown names", () => {
    expect(() => initializers.stft({ window: "han" as never })).toThrow(/stft: unknown window.*Did you mean "hann"/);
    expect(() => initializers.stft({ side: "imaginary" as never })).toThrow(/stft: unknown side/);
  });
});
