// Data sets that stay on the device: what is written in a step, and that nothing else changes.
import { describe, expect, it } from "vitest";
import { webgpu } from "../../../src/backends/webgpu/index.ts";
import {
  type Backend,
  conv2d,
  dense,
  embedding,
  type FitOptions,
  flatten,
  type Layer,
  lambdaCallback,
  type Model,
  sequential,
} from "../../../src/index.ts";
import { countCalls } from "../host/counting.ts";
import { backend, images, makeDevice, weightsOf } from "./support.ts";

const { x, labels } = images(70);
const batchSize = 32;

/** On the same device, without rows that it keeps: batches are written. */
const writing: Backend = await webgpu({ device: backend.device });
Object.defineProperty(writing, "keepRows", { value: undefined });

const classes = (): Layer[] => [
  conv2d(4, 3, { activation: "relu", inputShape: [12, 12, 1] }),
  flatten(),
  dense(4, { activation: "softmax" }),
];

function compiled(layers: Layer[], on: Backend, loss = "sparseCategoricalCrossentropy"): Model {
  const model = sequential(layers, { seed: 2 });
  model.compile({ optimizer: "adam", loss: loss as "mse", backend: on });
  return model;
}

interface Training {
  readonly layers: () => Layer[];
  readonly loss?: string;
  readonly x: Parameters<Model["fit"]>[0];
  readonly y: Parameters<Model["fit"]>[1];
  readonly options?: FitOptions;
}

async function trained({ layers, loss, x, y, options }: Training, on: Backend) {
  const model = compiled(layers(), on, loss);
  const { history } = await model.fit(x, y, { batchSize, epochs: 3, verbose: 0, ...options });
  return { history, weights: await weightsOf(model) };
}

const bytes = Uint8Array.from(x.data, (value) => Math.min(255, value * 180));
const tokens = { data: Int32Array.from({ length: 70 * 128 }, (_, i) => (i * i) % 20), shape: [70, 128] };
const trainings: Readonly<Record<string, Training>> = {
  "shuffled samples, with a smaller last batch": { layers: classes, x, y: labels },
  "samples in order": { layers: classes, x, y: labels, options: { shuffle: false } },
  "shuffled batches": { layers: classes, x, y: labels, options: { shuffle: "batch" } },
  "a part for validation, and weights of classes": {
    layers: classes,
    x,
    y: labels,
    options: { validationSplit: 0.3, classWeight: { 0: 2, 1: 1, 2: 1, 3: 0.5 } },
  },
  "a few steps in each epoch": { layers: classes, x, y: labels, options: { stepsPerEpoch: 2, epochs: 4 } },
  "epochs without end, until a callback stops them": {
    layers: classes,
    x,
    y: labels,
    options: {
      epochs: 1e9,
      validationSplit: 0.3,
      callbacks: lambdaCallback({
        onEpochEnd: (epoch, _, { model }) => {
          model.stopTraining = epoch === 1;
        },
      }),
    },
  },
  bytes: { layers: classes, x: { data: bytes, shape: x.shape }, y: labels },
  "bytes that are no whole number of words": {
    layers: () => [dense(3, { inputShape: [129] }), dense(1)],
    loss: "mse",
    x: { data: bytes.subarray(0, 129 * 37), shape: [37, 129] },
    y: { data: Float32Array.from({ length: 37 }, (_, i) => i % 3), shape: [37, 1] },
  },
  "numbers of words": {
    layers: () => [embedding(20, 4, { inputShape: [128] }), flatten(), dense(4, { activation: "softmax" })],
    x: tokens,
    y: labels,
  },
  "doubles, as input and as label": {
    layers: () => [dense(9, { inputShape: [144], activation: "tanh" }), dense(144)],
    loss: "mse",
    x: { data: Float64Array.from(x.data), shape: [70, 144] },
    y: { data: Float64Array.from(x.data), shape: [70, 144] },
  },
};

describe("training on rows that the device keeps gives the bits of writing each batch", () => {
  for (const [name, training] of Object.entries(trainings)) {
    it(name, async () => {
      expect(await trained(training, backend)).toEqual(await trained(training, writing));
    });
  }
});

/** A device's limits as a plain object. */
const limitsOf = ({ limits }: GPUDevice): Record<string, number> => {
  const copy: Record<string, number> = {};
  for (const name in limits) copy[name] = limits[name as "maxBufferSize"];
  return copy;
};

/** Bytes that the host writes in an epoch after the first two. */
async function writtenPerEpoch(on: Backend): Promise<number> {
  const model = compiled(classes(), on);
  const fit = (epochs: number) => countCalls(() => model.fit(x, labels, { batchSize, epochs, verbose: 0, seed: 1 }));
  await fit(2);
  return ((await fit(5)).written - (await fit(3)).written) / 2;
}

describe("the host", () => {
  it("writes row numbers in place of rows, and the data once", async () => {
    const [ours, whole] = [await writtenPerEpoch(backend), await writtenPerEpoch(writing)];
    const rows = x.data.byteLength;
    console.log(`written in an epoch of 3 steps: ${ours} bytes; with the batches ${whole}, of which rows ${rows}`);
    // Each step has its row numbers behind a record of 256 bytes.
    expect(ours).toBe(whole - rows + 3 * 256 + 70 * 4);
    const model = compiled(classes(), backend);
    await model.fit(x, labels, { epochs: 1, batchSize, verbose: 0 });
    const { written } = await countCalls(() => model.fit(x, labels, { epochs: 4, batchSize, verbose: 0 }));
    expect(written).toBeLessThan(rows + 4 * ours + 1000);
  });

  it("does not hand over what is read once", async () => {
    const own = await webgpu({ device: backend.device });
    const { keepRows } = own;
    let asked = 0;
    own.keepRows = (...given) => {
      asked++;
      return keepRows?.apply(own, given) as ReturnType<NonNullable<typeof keepRows>>;
    };
    const model = compiled(classes(), own);
    await model.fit(x, labels, { epochs: 1, verbose: 0, validationSplit: 0.3 });
    await model.evaluate(x, labels);
    await model.predict(x);
    await model.fit(x, labels, { epochs: 2, verbose: 0, stepsPerEpoch: 1, batchSize });
    expect(asked).toBe(0);
    await model.fit(x, labels, { epochs: 2, verbose: 0, validationSplit: 0.3, validationFreq: 2 });
    expect(asked).toBe(1);
    own.dispose();
  });

  it("gives the memory back when training ends, also where it fails", async () => {
    const model = compiled(classes(), backend);
    await model.fit(x, labels, { batchSize, epochs: 2, verbose: 0 });
    const fit = (callbacks: FitOptions["callbacks"]) =>
      countCalls(() =>
        model
          .fit(x, labels, {
            batchSize,
            epochs: 3,
            verbose: 0,
            validationSplit: 0.3,
            ...(callbacks && { callbacks }),
          })
          .catch((error: Error) => expect(error.message).toBe("stop")),
      );
    await fit([]);
    for (const callbacks of [[], [lambdaCallback({ onEpochEnd: () => Promise.reject(new Error("stop")) })]]) {
      const { bytes: left, counts } = await fit(callbacks);
      expect(counts.createBuffer).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(0);
    }
  });
});

describe("where rows cannot stay, batches are written", () => {
  it("when they are more than half of the largest buffer", async () => {
    const device = await makeDevice();
    const limits = { ...limitsOf(device), maxBufferSize: 2 ** 16 };
    Object.defineProperty(device, "limits", { value: limits });
    const small = await webgpu({ device });
    expect((await small.keepRows?.(x.data.subarray(0, 2 ** 13), 128, "float32")) !== undefined).toBe(true);
    expect((await small.keepRows?.(x.data, 144, "float32")) === undefined).toBe(true);
    small.trim?.();
    expect((await small.keepRows?.(x.data.subarray(0, 2 ** 13 + 1), 1, "float32")) === undefined).toBe(true);
    small.dispose();
    device.destroy();
  });

  it("when memory is short in the middle of training", async () => {
    const device = await makeDevice();
    const own = await webgpu({ device });
    const training = trainings["shuffled samples, with a smaller last batch"] as Training;
    const given: Training = {
      ...training,
      options: { callbacks: [lambdaCallback({ onEpochEnd: (epoch) => void (epoch === 0 && own.trim?.()) })] },
    };
    expect(await trained(given, own)).toEqual(await trained(training, writing));
    own.dispose();
    device.destroy();
  });
});
