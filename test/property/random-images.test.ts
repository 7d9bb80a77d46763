import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { affineTransform, type FillMode } from "../../src/tensor/ops/sampling.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const backend = js();
const fast = await wasm();
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const shape = [64, 4, 5, 2];
/** All pixels differ. */
const images = tensor(
  Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919) % 2560) / 10),
  shape,
);
const size = sizeOf(shape.slice(1));
const pixels = Array.from((images.attrs as { data: Float64Array }).data);

async function pass(
  layer: Layer,
  { x = images, training = true, seed = 1, step = 0, on = backend as typeof backend | typeof fast } = {},
): Promise<number[]> {
  const y = layer.apply(x, new Recording(layer, { training, key: tensor(randomKey(seed, step)) }));
  return Array.from((await evaluate([y], on))[0] as Float32Array);
}

const samplesOf = (list: readonly number[]) =>
  Array.from({ length: list.length / size }, (_, i) => list.slice(i * size, (i + 1) * size));
const originals = samplesOf(pixels.map(Math.fround));
const at = (sample: readonly number[], row: number, column: number, channel: number) =>
  sample[(row * 5 + column) * 2 + channel] as number;

const random: [string, () => Layer][] = [
  ["randomFlip", () => layers.randomFlip()],
  ["randomFlip with a seed of its own", () => layers.randomFlip("horizontal", { seed: 7 })],
  ["randomTranslation", () => layers.randomTranslation(0.3, 0.3)],
  ["randomRotation", () => layers.randomRotation(0.2)],
  ["randomZoom", () => layers.randomZoom(0.3, { widthFactor: [-0.2, 0.4] })],
  ["randomContrast", () => layers.randomContrast(0.5)],
  ["randomBrightness", () => layers.randomBrightness(0.3)],
  ["randomCrop", () => layers.randomCrop(2, 3)],
];

describe("random images", () => {
  for (const [name, make] of random) {
    it(`${name}: differs at each step, repeats under one seed, is the same on wasm, and does nothing outside training`, async () => {
      const layer = make();
      const first = await pass(layer);
      expect(await pass(make())).toEqual(first);
      // A crop has few places to choose from.
      const others = await Promise.all([1, 2, 3, 4, 5].map((step) => pass(layer, { step })));
      expect(others.some((other) => String(other) !== String(first))).toBe(true);
      const there = await pass(layer, { on: fast });
      there.forEach((value, index) => {
        expect(Math.abs(value - (first[index] as number))).toBeLessThan(0.02);
      });
      const resting = await pass(layer, { training: false });
      expect(resting).toEqual(name === "randomCrop" ? await pass(layers.centerCrop(2, 3)) : pixels.map(Math.fround));
    });
  }

  it("differ from sample to sample", async () => {
    const same = tensor(
      pixels.map((_, i) => pixels[i % size] as number),
      shape,
    );
    for (const [name, make] of random.slice(0, -1)) {
      const samples = new Set(samplesOf(await pass(make(), { x: same })).map(String));
      expect(samples.size, name).toBeGreaterThan(name.startsWith("randomFlip") ? 1 : 60);
    }
  });

  it("randomFlip mirrors about half of the samples, whole ones, in both directions at once", async () => {
    for (const [mode, vertical, horizontal] of [
      ["horizontal", false, true],
      ["vertical", true, false],
      ["horizontalAndVertical", true, true],
    ] as const) {
      const samples = samplesOf(await pass(layers.randomFlip(mode)));
      let count = 0;
      samples.forEach((sample, index) => {
        const original = originals[index] as number[];
        const flipped = original.map((_, i) => {
          const [row, column, channel] = [Math.floor(i / 10), Math.floor(i / 2) % 5, i % 2];
          return at(original, vertical ? 3 - row : row, horizontal ? 4 - column : column, channel);
        });
        const isFlipped = String(sample) === String(flipped);
        if (!isFlipped) expect(sample).toEqual(original);
        count += Number(isFlipped);
      });
      expect(count).toBeGreaterThan(16);
      expect(count).toBeLessThan(48);
    }
  });

  it("randomContrast and randomBrightness change all pixels of a sample alike, within their ranges", async () => {
    const contrasts = samplesOf(await pass(layers.randomContrast([0.25, 0.5], { valueRange: [-1e4, 1e4] }))).map(
      (sample, index) => {
        const original = originals[index] as number[];
        const factors = sample.map((value, i) => {
          const channel = original.filter((_, j) => j % 2 === i % 2);
          const center = channel.reduce((a, b) => a + b) / channel.length;
          return (value - center) / ((original[i] as number) - center);
        });
        for (const factor of factors) expect(factor).toBeCloseTo(factors[0] as number, 2);
        return factors[0] as number;
      },
    );
    expect(Math.min(...contrasts)).toBeGreaterThan(0.749);
    expect(Math.min(...contrasts)).toBeLessThan(0.85);
    expect(Math.max(...contrasts)).toBeLessThan(1.501);
    expect(Math.max(...contrasts)).toBeGreaterThan(1.4);
    const shifts = samplesOf(await pass(layers.randomBrightness(0.3, { valueRange: [-1000, 1000] }))).map(
      (sample, index) => {
        const differences = sample.map((value, i) => value - ((originals[index] as number[])[i] as number));
        for (const difference of differences) expect(difference).toBeCloseTo(differences[0] as number, 2);
        return differences[0] as number;
      },
    );
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThan(600.1);
    expect(Math.min(...shifts)).toBeLessThan(-400);
    expect(Math.max(...shifts)).toBeGreaterThan(400);
    expect(Math.max(...(await pass(layers.randomBrightness([0.9, 0.9]))))).toBe(255);
  });

  it("randomCrop takes a window of the input, the same of all samples, anywhere", async () => {
    const seen = new Set<string>();
    for (let step = 0; step < 40; step++) {
      const crop = await pass(layers.randomCrop(2, 4), { step });
      const [row, column] = [0, 1, 2]
        .flatMap((r) => [0, 1].map((c) => [r, c] as const))
        .find(([r, c]) => crop[0] === at(originals[0] as number[], r, c, 0)) ?? [-1, -1];
      seen.add(`${row},${column}`);
      crop.forEach((value, i) => {
        const [sample, y, x, channel] = [Math.floor(i / 16), Math.floor(i / 8) % 2, Math.floor(i / 2) % 4, i % 2];
        expect(value).toBe(at(originals[sample] as number[], row + y, column + x, channel));
      });
    }
    expect([...seen].sort()).toEqual(["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]);
  });
});

describe("affineTransform", () => {
  it("has the gradients of its definition, in the images and the maps", () =>
    fc.assert(
      fc.asyncProperty(
        seeds,
        fc.constantFrom<FillMode>("reflect", "wrap", "constant", "nearest"),
        async (seed, fillMode) => {
          const small = tensor(
            Float64Array.from({ length: 2 * 3 * 4 * 2 }, (_, i) => Math.sin(i + seed)),
            [2, 3, 4, 2],
          );
          // Off the places of the pixels, where the interpolation bends.
          const maps = tensor(
            Float64Array.from(
              { length: 12 },
              (_, i) => ([1, 0, 0.3, 0, 1, -0.4][i % 6] as number) + 0.05 * Math.sin(i * 5 + seed),
            ),
            [2, 6],
          );
          await checkGradients(
            (x, m) => affineTransform(x as Tensor, m as Tensor, { fillMode, fillValue: 0.5 }),
            [small, maps],
            { h: 1e-6, tolerance: 1e-5 },
          );
        },
      ),
      { numRuns: 8 },
    ));

  it("names what does not fit", () => {
    expect(() => affineTransform(images, tensor([[1, 0, 0, 0, 1, 0]]))).toThrow(
      "affineTransform: takes images and a map for each. Expected [batch, height, width, channels] and [batch, 6], received [64, 4, 5, 2] and [1, 6].",
    );
    expect(() => layers.randomRotation(0.1, { fillMode: "mirror" as "wrap" })).toThrow(
      "randomRotation: unknown fillMode. Expected one of constant,nearest,wrap,reflect",
    );
  });
});
