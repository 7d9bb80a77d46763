import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as augmentation from "../../src/augmentation-entry.ts";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { symmetricBeta } from "../../src/data/beta.ts";
import { HostRandom } from "../../src/data/rng.ts";
import { conv2d, dataset, dense, flatten, sequential } from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";
import { augmentationFactories } from "../../src/io/keras/augmentation-layers.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { Recording } from "../../src/nn/recording.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const { cutMix, mixUp } = augmentation;
const reference = js();
const fast = await wasm();
const shape = [12, 5, 6, 3];
const size = 5 * 6 * 3;
const pixels = Float64Array.from({ length: 12 * size }, (_, i) => 5 + (((i * 7919) % 2560) / 2560) * 245);
const images = tensor(pixels, shape);

function pass(layer: Layer, x: Tensor, { training = true, seed = 1, step = 0 } = {}): Tensor {
  return layer.apply(x, new Recording(layer, { training, key: tensor(randomKey(seed, step)) }));
}
const numbers = async (y: Tensor, on: typeof reference | typeof fast = reference) =>
  Array.from((await evaluate([y], on))[0] as Float32Array);

const layers: Readonly<Record<string, () => Layer>> = {
  randomColorDegeneration: () => augmentation.randomColorDegeneration(0.8),
  randomColorJitter: () =>
    augmentation.randomColorJitter({
      brightnessFactor: 0.1,
      contrastFactor: 0.2,
      saturationFactor: [0.3, 0.6],
      hueFactor: 0.2,
    }),
  randomErasing: () => augmentation.randomErasing({ scale: [0.2, 0.4] }),
  randomGaussianBlur: () => augmentation.randomGaussianBlur({ sigma: [0.3, 0.9] }),
  randomGrayscale: () => augmentation.randomGrayscale(0.5),
  randomHue: () => augmentation.randomHue(0.4),
  randomInvert: () => augmentation.randomInvert(1),
  randomPosterization: () => augmentation.randomPosterization([1, 5]),
  randomSaturation: () => augmentation.randomSaturation([0.2, 0.6]),
  randomSharpness: () => augmentation.randomSharpness(0.9),
  randomShear: () => augmentation.randomShear({ xFactor: 0.3, yFactor: 0.2 }),
  solarization: () => augmentation.solarization({ additionFactor: 0.2, thresholdFactor: [0.2, 0.8] }),
};

describe("random layers of aretejs/augmentation", () => {
  it.each(Object.entries(layers))(
    "%s differs at each step and from image to image, repeats under one seed, is the same on wasm, and rests",
    async (name, make) => {
      const layer = make();
      const first = await numbers(pass(layer, images));
      expect(await numbers(pass(make(), images))).toEqual(first);
      expect(await numbers(pass(layer, images, { step: 1 }))).not.toEqual(first);
      const there = await numbers(pass(layer, images), fast);
      there.forEach((value, at) => {
        expect(Math.abs(value - (first[at] as number))).toBeLessThan(0.05);
      });
      expect(await numbers(pass(layer, images, { training: false }))).toEqual([...pixels].map(Math.fround));
      const same = tensor(
        pixels.map((_, at) => pixels[at % size] as number),
        shape,
      );
      const results = await numbers(pass(layer, same));
      const kinds = new Set(Array.from({ length: 12 }, (_, at) => String(results.slice(at * size, (at + 1) * size))));
      // A blur is drawn for the batch.
      expect(kinds.size).toBeGreaterThan(1);
      expect(Math.min(...first), name).toBeGreaterThanOrEqual(-1e-3);
      expect(Math.max(...first), name).toBeLessThanOrEqual(255.001);
    },
  );

  it("have the derivatives that central differences give, in float64", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(...Object.keys(layers)),
        async (seed, name) => {
          // Rounding has none.
          if (name === "randomPosterization") return;
          const few = tensor(
            Float64Array.from({ length: 2 * 4 * 4 * 3 }, (_, i) => 60 + ((i * 7919 + seed) % 97) + 0.37 * Math.sin(i)),
            [2, 4, 4, 3],
          );
          const layer = (layers[name] as () => Layer)();
          await checkGradients((x) => pass(layer, x as Tensor, { seed }), [few], { h: 1e-5, tolerance: 1e-5 });
        },
      ),
      { numRuns: 12 },
    ));

  it("are saved and read with their options, all kinds", async () => {
    const all = [...Object.values(layers).map((make) => make()), augmentation.autoContrast({ valueRange: [0, 1] })];
    expect(all.map(({ kind }) => kind).sort()).toEqual(Object.keys(augmentationFactories).sort());
    const functions = Object.keys(augmentation).filter((name) => name !== "cutMix" && name !== "mixUp");
    expect(functions.sort()).toEqual(Object.keys(augmentationFactories).sort());
    const model = sequential([conv2d(3, 1, { inputShape: [5, 6, 3] }), ...all, flatten(), dense(2)], { seed: 1 });
    let bytes = new Uint8Array();
    const write = (given: Uint8Array) => {
      bytes = new Uint8Array(given);
    };
    await saveModel(model, { read: () => bytes, write });
    const copy = await loadModel(bytes);
    const configs = (net: typeof model) => net.layers.slice(1, -2).map((layer) => layer.getConfig());
    expect(configs(copy)).toEqual(configs(model));
  });

  it("randomShear takes [−f, f], which files of Keras have and Keras refuses, for f", () => {
    expect(augmentation.randomShear({ xFactor: [-0.1, 0.1] }).getConfig()).toMatchObject({ xFactor: 0.1, yFactor: 0 });
  });

  it.each([
    [() => augmentation.randomHue(1.5), "randomHue: factor is out of range"],
    [() => augmentation.randomHue(-0.1), "randomHue: factor is out of range"],
    [() => augmentation.randomHue(0.1, { valueRange: [1, 0] }), "randomHue: valueRange"],
    [() => augmentation.randomSaturation(-0.1), "randomSaturation: factor is out of range"],
    [() => augmentation.randomGrayscale(2), "randomGrayscale: factor is out of range"],
    [() => augmentation.randomPosterization(2.5), "whole numbers from 1 to 8"],
    [() => augmentation.randomPosterization(9), "factor is out of range"],
    [() => augmentation.randomGaussianBlur({ kernelSize: 4 }), "kernelSize is odd"],
    [() => augmentation.randomGaussianBlur({ sigma: 2 }), "sigma is out of range"],
    [() => augmentation.randomShear({ xFactor: 2 }), "xFactor is out of range"],
    [() => augmentation.randomErasing({ fillValue: [1, 2] }), "one for each of 3 channels"],
    [() => augmentation.randomErasing({ scale: 1.5 }), "scale is out of range"],
    [() => augmentation.randomColorJitter({ hueFactor: 2 }), "hueFactor is out of range"],
    [() => augmentation.solarization({ thresholdFactor: -1 }), "thresholdFactor is out of range"],
    [() => pass(augmentation.randomHue(0.1), tensor(new Float32Array(8), [1, 2, 2, 2])), "takes colours"],
    [() => pass(augmentation.autoContrast(), tensor([1, 2, 3])), "another number of axes"],
    [() => mixUp({ alpha: 0 }), "mixUp: alpha is positive"],
    [() => cutMix({ factor: [0.5, 0.2] }), "cutMix: factor is out of range"],
    [() => mixUp({ numClasses: 1 }), "numClasses"],
    [() => mixUp()({ x: [[1]], y: [0] }), "labels are vectors, or class numbers with numClasses"],
    [() => mixUp()({ x: [[1]], y: [[0]], sampleWeight: [1] } as never), "received sampleWeight besides"],
    [() => mixUp()([[[1]]] as never), "takes batches of samples and labels"],
    [() => mixUp()({ x: [[1], [2]], y: [[0]] }), "number of rows"],
    [() => cutMix()({ x: [[1]], y: [[0]] }), "cutMix: takes images"],
  ])("refuse what means nothing %#", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe("mixUp and cutMix", () => {
  const y = Int32Array.from({ length: 12 }, (_, at) => at % 4);
  const x = { data: Float32Array.from(pixels), shape };

  it("draw anew for each batch and epoch, and the same for one seed", async () => {
    for (const mixer of [mixUp({ numClasses: 4, seed: 3 }), cutMix({ numClasses: 4, seed: 3 })]) {
      const set = dataset({ x, y }).batch(6).map(mixer);
      const read = async (epoch: number) => {
        const found: string[] = [];
        for await (const batch of set.epoch(epoch)) found.push(String([...batch.x.data, ...batch.y.data]));
        return found;
      };
      const [first, again, second] = [await read(0), await read(0), await read(1)];
      expect(again).toEqual(first);
      expect(new Set([...first, ...second]).size).toBe(4);
    }
  });

  it("give labels that add up to 1, and pixels of the images in their proportions", () => {
    const mixed = mixUp({ numClasses: 4 })({ x, y });
    const cut = cutMix({ numClasses: 4, factor: [0.8, 1] })([x, y]);
    for (const { y: labels } of [mixed, cut]) {
      const values = Array.from(labels.data, Number);
      for (let row = 0; row < 12; row++)
        expect(values.slice(row * 4, row * 4 + 4).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const known = new Set(Float32Array.from(pixels));
    expect([...(cut.x.data as Float32Array)].every((value) => known.has(value))).toBe(true);
    expect([...(cut.x.data as Float32Array)]).not.toEqual([...Float32Array.from(pixels)]);
  });

  it("draw from the beta distribution", () => {
    for (const [alpha, variance] of [
      [0.2, 0.25 / 1.4],
      [1, 1 / 12],
      [4, 0.25 / 9],
    ] as const) {
      const random = new HostRandom(5, 9, 0);
      const drawn = Array.from({ length: 4000 }, () => symmetricBeta(random, alpha));
      const mean = drawn.reduce((a, b) => a + b) / 4000;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
      expect(drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000 / variance).toBeCloseTo(1, 1);
    }
    const random = new HostRandom(5, 9, 0);
    const extreme = Array.from({ length: 100 }, () => symmetricBeta(random, 1e-6));
    expect(extreme.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it("train a model", async () => {
    const net = sequential([flatten({ inputShape: shape.slice(1) }), dense(4, { activation: "softmax" })], { seed: 1 });
    net.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
    const train = dataset({ x, y }).shuffle({ seed: 1 }).batch(6);
    const { history } = await net.fit(train.map(cutMix({ numClasses: 4 })), { epochs: 2, verbose: 0 });
    expect(history.loss?.length).toBe(2);
  });
});
