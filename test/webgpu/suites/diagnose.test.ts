// What is wrong with a model is found on a GPU as on WASM, and nothing of it changes the model.
import { describe, expect, it } from "vitest";
import {
  type Backend,
  type Diagnosis,
  dense,
  diagnose,
  diagnoseTraining,
  flatten,
  type Layer,
  type Model,
  sequential,
  sgd,
  terminateOnNaN,
} from "../../../src/index.ts";
import { constant } from "../../../src/nn/initializers.ts";
import { backend, images, reference, weightsOf } from "./support.ts";

const { x, labels } = images(64);

function compiled(layers: readonly Layer[], on: Backend, learningRate = 0.05): Model {
  const model = sequential(layers, { seed: 6 });
  model.compile({ optimizer: sgd({ learningRate }), loss: "sparseCategoricalCrossentropy", backend: on });
  return model;
}

const healthy = () => [
  flatten({ inputShape: [12, 12, 1] }),
  dense(16, { activation: "tanh" }),
  dense(4, { activation: "softmax" }),
];

const models: Readonly<Record<string, { layers: () => Layer[]; finds: string | undefined }>> = {
  healthy: { layers: healthy, finds: undefined },
  "with equal units": {
    layers: () => [
      flatten({ inputShape: [12, 12, 1] }),
      dense(16, { activation: "tanh", kernelInitializer: "zeros" }),
      dense(4, { activation: "softmax", kernelInitializer: "zeros" }),
    ],
    finds: "symmetricUnits",
  },
  "with dead units": {
    layers: () => [
      flatten({ inputShape: [12, 12, 1] }),
      dense(16, { activation: "relu", biasInitializer: "ones" }),
      dense(16, { activation: "relu", biasInitializer: constant(-1000) }),
      dense(4, { activation: "softmax" }),
    ],
    finds: "deadUnits",
  },
};

/** The measures of a diagnosis as one list. */
const measured = ({ loss, gradientNorm, layers, variables }: Diagnosis): number[] => [
  loss as number,
  gradientNorm as number,
  ...layers.flatMap((layer) => numbersIn(layer)),
  ...variables.flatMap((variable) => numbersIn(variable)),
];
const numbersIn = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];

/** Each within a thousandth; what is not finite (the ratio of an update to weights of 0) is equal. */
function expectNear(actual: readonly number[], wanted: readonly number[]): void {
  const isNear = (value: number, other: number) =>
    Object.is(value, other) || Math.abs(value - other) <= 1e-3 * Math.abs(other) + 1e-5;
  expect(actual).toHaveLength(wanted.length);
  expect(actual.filter((value, index) => !isNear(value, wanted[index] as number))).toEqual([]);
}

describe("diagnose", () => {
  for (const [name, { layers, finds }] of Object.entries(models)) {
    it(`of a model ${name} finds what it finds on wasm`, async () => {
      const [ours, theirs] = [compiled(layers(), backend), compiled(layers(), reference)];
      const before = await weightsOf(ours);
      const [found, wanted] = [await diagnose(ours, x, labels), await diagnose(theirs, x, labels)];
      expect(found.findings.map(({ kind, layer }) => [kind, layer])).toEqual(
        wanted.findings.map(({ kind, layer }) => [kind, layer]),
      );
      if (finds) expect(found.findings.map(({ kind }) => kind)).toContain(finds);
      expectNear(measured(found), measured(wanted));
      expect(await weightsOf(ours)).toEqual(before);
    });
  }
});

describe("diagnoseTraining", () => {
  it("follows a run, which goes as without it, to the bit", async () => {
    const [watched, plain] = [compiled(healthy(), backend), compiled(healthy(), backend)];
    const theirs = compiled(healthy(), reference);
    const options = { epochs: 2, batchSize: 32, verbose: 0 } as const;
    const [watch, other] = [diagnoseTraining({ print: false }), diagnoseTraining({ print: false })];
    await watched.fit(x, labels, { ...options, callbacks: [watch] });
    await plain.fit(x, labels, options);
    await theirs.fit(x, labels, { ...options, callbacks: [other] });
    expect(await weightsOf(watched)).toEqual(await weightsOf(plain));
    const [found, wanted] = [watch.result as Diagnosis, other.result as Diagnosis];
    expect(found.findings.map(({ kind }) => kind)).toEqual(wanted.findings.map(({ kind }) => kind));
    expectNear(measured(found), measured(wanted));
  });

  it("and terminateOnNaN name where numbers were not finite first", async () => {
    for (const on of [backend, reference]) {
      const model = compiled(healthy(), on);
      const broken = { data: x.data.slice(), shape: x.shape };
      broken.data[40 * 144 + 3] = Number.NaN;
      const watch = diagnoseTraining({ print: false });
      const stop = terminateOnNaN();
      await model.fit(broken, labels, {
        epochs: 2,
        batchSize: 16,
        verbose: 0,
        checkData: false,
        shuffle: false,
        callbacks: [watch, stop],
      });
      expect((watch.result as Diagnosis).findings[0]?.kind).toBe("notFinite");
      expect(model.optimizer.iterations).toBe(3);
      expect(stop.found).toBeDefined();
    }
  });
});
