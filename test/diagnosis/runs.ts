// Training runs that go wrong, each with what the callback must find.
import { adam, dense, initializers, lambda, type Model, ops, sequential, sgd } from "../../src/index.ts";
import type { FindingKind } from "../../src/train/diagnose/finding.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { clusters, curve, normals, type Samples } from "./data.ts";

export interface IllRun {
  readonly model: Model;
  readonly data: Samples;
  readonly options: FitOptions;
  readonly kind: FindingKind;
  readonly advice: RegExp;
}

const sparse = "sparseCategoricalCrossentropy";

function classifier(seed: number, units: number, optimizer: unknown, activation = "relu", depth = 2): Model {
  const initializer = activation === "relu" ? "heNormal" : "glorotUniform";
  const model = sequential(
    [
      ...Array.from({ length: depth }, (_, index) =>
        dense(units, {
          activation: activation as "relu",
          kernelInitializer: initializer,
          ...(index === 0 && { inputShape: [20] }),
        }),
      ),
      dense(5, { activation: "softmax" }),
    ],
    { seed },
  );
  model.compile({ optimizer: optimizer as "adam", loss: sparse });
  return model;
}

/** Clusters that overlap, with labels of which a third are wrong: what can be learned by heart, not learned. */
function noisy(seed: number, rows: number): Samples {
  const { x, y } = clusters(7, { rows: 1024 });
  const normal = normals(seed);
  const start = (seed * 97) % (1024 - rows);
  const data = Float32Array.from(x.data.subarray(start * 20, (start + rows) * 20), (v) => v + normal());
  const labels = Int32Array.from(y.data.subarray(start, start + rows), (label) =>
    normal() > 0.43 ? Math.floor(Math.abs(normal() * 100)) % 5 : label,
  );
  return { x: { data, shape: [rows, 20] }, y: { data: labels, shape: [rows] } };
}

export const illRuns: Readonly<Record<string, (seed: number) => IllRun>> = {
  "a rate at which the loss diverges": (seed) => {
    const model = sequential(
      [dense(32, { activation: "tanh", inputShape: [8] }), dense(32, { activation: "tanh" }), dense(1)],
      { seed },
    );
    model.compile({ optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }), loss: "meanSquaredError" });
    return {
      model,
      data: curve(seed),
      options: { epochs: 3 },
      kind: "diverging",
      advice: /from 0\.5 to 0\.05.*globalClipNorm/,
    };
  },
  "a loss that goes to NaN by a rate that is too high": (seed) => {
    const model = sequential([dense(16, { inputShape: [8] }), dense(16), dense(1)], { seed });
    model.compile({ optimizer: sgd(2), loss: "meanSquaredError" });
    return { model, data: curve(seed), options: { epochs: 3 }, kind: "diverging", advice: /from 2 to 0\.2/ };
  },
  "the logarithm of 0": (seed) => {
    const model = sequential(
      [dense(16, { activation: "relu", inputShape: [8] }), lambda((x) => ops.log(x), { name: "logarithm" }), dense(1)],
      { seed },
    );
    model.compile({ optimizer: sgd(0.01), loss: "meanSquaredError" });
    return { model, data: curve(seed), options: { epochs: 1 }, kind: "notFinite", advice: /look for log/ };
  },
  "sigmoids that do not learn": (seed) => ({
    model: classifier(seed, 30, sgd(0.01), "sigmoid", 8),
    data: clusters(seed),
    options: { epochs: 8 },
    kind: "vanishingGradients",
    advice: /relu/,
  }),
  "a loss that stays where it is": (seed) => ({
    model: classifier(seed, 30, sgd(1e-7)),
    data: clusters(seed),
    options: { epochs: 8 },
    kind: "noProgress",
    advice: /diagnose\(model, x, y\)/,
  }),
  "wide layers, few samples, wrong labels": (seed) => {
    const valid = noisy(seed + 50, 256);
    return {
      model: classifier(seed, 128, adam(3e-3)),
      data: noisy(seed, 96),
      options: { epochs: 30, validationData: [valid.x, valid.y] },
      kind: "overfitting",
      advice: /earlyStopping.*dropout/,
    };
  },
  "relus that die at once": (seed) => {
    const model = sequential(
      [
        dense(40, { activation: "relu", kernelInitializer: "heNormal", inputShape: [20] }),
        dense(40, {
          activation: "relu",
          kernelInitializer: "heNormal",
          biasInitializer: initializers.constant({ value: -30 }),
        }),
        dense(5, { activation: "softmax" }),
      ],
      { seed },
    );
    model.compile({ optimizer: adam(), loss: sparse });
    return { model, data: clusters(seed), options: { epochs: 3 }, kind: "deadUnits", advice: /leakyRelu/ };
  },
};
