import { beforeAll, describe, expect, it } from "vitest";
import { run as initialization } from "../../examples/01-initialization.ts";
import { run as batchNormalization } from "../../examples/03-batch-normalization.ts";
import { run as transfer } from "../../examples/05-transfer.ts";
import { run as mcDropout } from "../../examples/09-mc-dropout.ts";
import { run as allRecipes } from "../../examples/11-recipes.ts";
import { run as autoencoder } from "../../examples/12-autoencoder.ts";
import { run as charLstm } from "../../examples/12-char-lstm.ts";
import { run as cnn } from "../../examples/12-cnn.ts";
import { run as residual } from "../../examples/12-residual.ts";
import { mnistDigits } from "../../examples/digits.ts";
import type { ImageSets } from "../../examples/fashion-mnist.ts";
import { choose, spread } from "../../examples/shared.ts";

// Each example in short mode, on the digits of a dev dependency: the same on each machine, without a download.
let images: ImageSets;
beforeAll(async () => {
  images = { name: "mnist", ...(await mnistDigits()) };
});

describe("examples", { timeout: 60_000 }, () => {
  it("01: matching initializers keep signal and gradient within a factor of ten, others lose them", async () => {
    const figures = await initialization({ short: true, images });
    const last = (name: string) => figures[name]?.signal.at(-1) as number;
    const first = (name: string) => figures[name]?.gradient[0] as number;
    for (const name of ["heNormal, relu", "lecunNormal, selu"]) {
      for (const scale of [last(name), first(name)]) expect(Math.abs(Math.log10(scale))).toBeLessThan(1);
    }
    expect(last("glorotNormal, relu")).toBeLessThan(0.05);
    expect(first("glorotNormal, sigmoid")).toBeLessThan(1e-6);
    expect(last("randomNormal 0.05, relu")).toBeLessThan(1e-6);
    expect(last("randomNormal 1, relu")).toBeGreaterThan(1e12);
    expect(first("randomNormal 1, tanh")).toBeGreaterThan(1e3);
  });

  it("03: selu trains a deep stack, batch normalization makes sigmoid learn, sigmoid alone stays at chance", async () => {
    const figures = await batchNormalization({ short: true, images });
    const accuracy = (name: keyof typeof figures) => figures[name].accuracy.at(-1) as number;
    expect(accuracy("sigmoid, glorotUniform")).toBeLessThan(0.16);
    expect(accuracy("sigmoid, glorotUniform, batch normalization")).toBeGreaterThan(0.2);
    expect(accuracy("selu, lecunNormal")).toBeGreaterThan(0.25);
  });

  it("05: both models learn two classes", async () => {
    const figures = await transfer({ short: true, images });
    expect(figures.map(({ learningRate }) => learningRate)).toEqual([1e-3, 1e-2, 1e-1]);
    for (const { transferred, fromScratch } of figures.slice(1)) {
      expect(transferred[0]).toBeGreaterThan(0.7);
      expect(fromScratch[0]).toBeGreaterThan(0.7);
    }
  });

  it("09: the spread of an ambiguous image is larger than that of a clear one", async () => {
    const { clear, ambiguous, testAccuracy, mcAccuracy } = await mcDropout({ short: true, images });
    for (const { mean, plain } of [clear, ambiguous]) {
      for (const shares of [mean, plain]) expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 4);
    }
    const spreadOfFirst = ({ mean, stddev }: typeof clear) => stddev[mean.indexOf(Math.max(...mean))] as number;
    expect(spreadOfFirst(clear)).toBeGreaterThan(0);
    expect(spreadOfFirst(ambiguous)).toBeGreaterThan(3 * spreadOfFirst(clear));
    expect(testAccuracy).toBeGreaterThan(0.2);
    expect(mcAccuracy).toBeGreaterThan(0.2);
  });

  it("12: both convolutional networks learn", async () => {
    const figures = await cnn({ short: true, images });
    for (const accuracy of Object.values(figures)) expect(accuracy).toBeGreaterThan(0.5);
  });

  it("12: the residual network learns faster than the same layers without the additions", async () => {
    const { residual: with_, plain } = await residual({ short: true, images });
    expect(with_.accuracy.at(-1)).toBeGreaterThan(plain.accuracy.at(-1) as number);
  });

  it("12: the autoencoder is better than the mean image after 160 steps", async () => {
    const { error, errorOfMean } = await autoencoder({ short: true, images });
    expect(error).toBeLessThan(0.9 * errorOfMean);
  });

  it("12: an LSTM learns letters; a plain recurrent network explodes without clipping and learns with it", async () => {
    const { lstm, sample, plain } = await charLstm({ short: true });
    expect(lstm.at(-1)).toBeLessThan(0.9 * (lstm[0] as number));
    expect(sample).toHaveLength(24);
    expect(plain["no clipping"].lostAt).toBeGreaterThan(1);
    expect(plain["no clipping"].losses.at(-1)).toBeNaN();
    const { lostAt, losses } = plain["globalClipNorm 1"];
    expect(lostAt).toBeUndefined();
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number));
  });

  it("11: both recipes learn", async () => {
    const { standard, selfNormalizing } = await allRecipes({ short: true, images });
    for (const { validation, testAccuracy } of [standard, selfNormalizing]) {
      expect(validation).toHaveLength(1);
      expect(testAccuracy).toBeGreaterThan(0.3);
    }
  });
});

describe("choose", () => {
  const set = { x: { data: Float32Array.from({ length: 10 }, (_, i) => i), shape: [5, 2, 1] }, y: { data: Int32Array.of(3, 1, 7, 3, 1), shape: [5] } };

  it("keeps classes in their order and numbers them by their place", () => {
    const { x, y } = choose(set, { classes: [1, 3], skip: 1, take: 2 });
    expect([...x.data]).toEqual([2, 3, 6, 7]);
    expect(x.shape).toEqual([2, 2, 1]);
    expect([...y.data]).toEqual([0, 1]);
  });

  it("keeps all labels as they are by default", () => {
    expect([...choose(set, {}).y.data]).toEqual([3, 1, 7, 3, 1]);
  });
});

it("spread is mean and standard deviation", () => {
  expect(spread([1, 3])).toEqual({ mean: 2, stddev: 1 });
});
