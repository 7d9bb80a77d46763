import { beforeAll, describe, expect, it } from "vitest";
import { run as initialization } from "../../examples/01-initialization.ts";
import { run as activations } from "../../examples/02-activations.ts";
import { run as batchNormalization } from "../../examples/03-batch-normalization.ts";
import { run as clipping } from "../../examples/04-clipping.ts";
import { run as transfer } from "../../examples/05-transfer.ts";
import { run as optimizers } from "../../examples/06-optimizers.ts";
import { run as schedules } from "../../examples/07-schedules.ts";
import { run as regularization } from "../../examples/08-regularization.ts";
import { run as mcDropout } from "../../examples/09-mc-dropout.ts";
import { run as withMaxNorm } from "../../examples/10-max-norm.ts";
import { run as allRecipes } from "../../examples/11-recipes.ts";
import { run as autoencoder } from "../../examples/12-autoencoder.ts";
import { run as charLstm } from "../../examples/12-char-lstm.ts";
import { run as cnn } from "../../examples/12-cnn.ts";
import { run as residual } from "../../examples/12-residual.ts";
import { run as transformer } from "../../examples/12-transformer.ts";
import { run as vae } from "../../examples/13-vae.ts";
import { run as gan } from "../../examples/14-gan.ts";
import { run as dqn } from "../../examples/15-dqn.ts";
import { run as diagnosis } from "../../examples/16-diagnosis.ts";
import { run as table } from "../../examples/17-table.ts";
import { run as augmentation } from "../../examples/18-augmentation.ts";
import { run as text } from "../../examples/19-text.ts";
import { run as convnet } from "../../examples/20-mnist-convnet.ts";
import { run as weather } from "../../examples/21-weather.ts";
import { choose, type ImageSets, spread } from "../../examples/shared.ts";
import { mnistDigits } from "../../scripts/digits.ts";

// Each example in short mode, on the digits of a dev dependency: the same on each machine, without a download.
let images: ImageSets;
beforeAll(async () => {
  images = await mnistDigits();
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

  it("02: units of relu die, those of leakyRelu and elu do not; a deep stack of selu learns sooner than one of sigmoid", async () => {
    const { dead, deep } = await activations({ short: true, images });
    expect(dead.relu).toBeGreaterThan(0);
    expect([dead.leakyRelu, dead.elu]).toEqual([0, 0]);
    expect(deep.sigmoid).toBeLessThan(0.2);
    expect(deep.selu).toBeGreaterThan(0.3);
  });

  it("03: selu trains a deep stack, batch normalization makes sigmoid learn, sigmoid alone stays at chance", async () => {
    const figures = await batchNormalization({ short: true, images });
    const accuracy = (name: keyof typeof figures) => figures[name].accuracy.at(-1) as number;
    expect(accuracy("sigmoid, glorotUniform")).toBeLessThan(0.16);
    expect(accuracy("sigmoid, glorotUniform, batch normalization")).toBeGreaterThan(0.2);
    expect(accuracy("selu, lecunNormal")).toBeGreaterThan(0.25);
  });

  it("04: without clipping the loss explodes, with each kind the net learns", async () => {
    const { steps, training } = await clipping({ short: true, images });
    const rounded = Object.entries(steps).map(([name, step]) => [name, step.map((x) => Number(x.toFixed(4)))]);
    expect(Object.fromEntries(rounded)).toEqual({ none: [0.9, 100], clipValue: [0.9, 1], clipNorm: [0.009, 1] });
    const { none, ...clipped } = training;
    expect(none.worstLoss).toBeGreaterThan(1e3);
    for (const { worstLoss, testAccuracy } of Object.values(clipped)) {
      expect(worstLoss).toBeLessThan(30);
      expect(testAccuracy).toBeGreaterThan(none.testAccuracy + 0.15);
    }
  });

  it("05: both models learn two classes", async () => {
    const figures = await transfer({ short: true, images });
    expect(figures.map(({ stack, learningRate }) => `${stack} ${learningRate}`)).toEqual(
      ["dense", "convolutional"].flatMap((stack) => ["0.001", "0.01", "0.1"].map((rate) => `${stack} ${rate}`)),
    );
    for (const { transferred, fromScratch } of figures.filter(({ learningRate }) => learningRate > 1e-3)) {
      expect(transferred[0]).toBeGreaterThan(0.7);
      expect(fromScratch[0]).toBeGreaterThan(0.7);
    }
  });

  it("06: with each optimizer the loss falls", async () => {
    const figures = await optimizers({ short: true, images });
    expect(Object.keys(figures)).toHaveLength(13);
    for (const [name, { loss }] of Object.entries(figures)) expect(loss.at(-1), name).toBeLessThan(loss[0] as number);
  });

  it("07: the net learns under each schedule, and the range test finds a rate", async () => {
    const figures = await schedules({ short: true, images });
    expect(Object.keys(figures.schedules)).toHaveLength(11);
    for (const [name, accuracy] of Object.entries(figures.schedules)) expect(accuracy, name).toBeGreaterThan(0.3);
    expect(figures.suggestion).toBeGreaterThan(1e-4);
    expect(figures.suggestion).toBeLessThan(1);
    expect(figures.oneCycle["0.02"]?.[0]).toBeGreaterThan(0.3);
  });

  it("08: l2 makes weights small, l1 makes them nearly zero", async () => {
    const { none, "l1 1e-4": l1, "l2 1e-3": l2 } = await regularization({ short: true, images });
    expect(l2?.size).toBeLessThan(none?.size as number);
    expect(l1?.nearZero).toBeGreaterThan(none?.nearZero as number);
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

  it("10: no unit's weights are longer than max-norm allows", async () => {
    const { free, constrained } = await withMaxNorm({ short: true, images });
    expect(constrained.largestNorm).toBeLessThan(2 + 1e-5);
    expect(free.largestNorm).toBeGreaterThan(constrained.largestNorm);
    for (const { testAccuracy } of [free, constrained]) expect(testAccuracy[0]).toBeGreaterThan(0.3);
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

  it("12: the transformer sorts four digits; without attention it cannot", async () => {
    const { withAttention, without } = await transformer({ short: true });
    expect(withAttention.digits).toBeGreaterThan(0.9);
    expect(without.digits).toBeLessThan(0.5);
  });

  it("13: the variational autoencoder's loss falls, and it draws images", async () => {
    const { loss, divergence, drawn } = await vae({ short: true, images });
    expect(loss.at(-1)).toBeLessThan(0.6 * (loss[0] as number));
    expect(divergence).toBeGreaterThan(0);
    expect(drawn).toHaveLength(4 * 28 * 28);
  });

  it("14: the generator learns to make points near the clusters", async () => {
    const { before, after, clusters } = await gan({ short: true });
    expect(after).toBeGreaterThan(before + 0.2);
    expect(clusters).toBeGreaterThan(1);
  });

  it("15: the pole stays up longer than at first", async () => {
    const { training } = await dqn({ short: true });
    const mean = (steps: number[]) => steps.reduce((sum, count) => sum + count, 0) / steps.length;
    expect(mean(training.slice(-10))).toBeGreaterThan(2 * mean(training.slice(0, 30)));
  });

  it("11: both recipes learn", async () => {
    const { standard, selfNormalizing } = await allRecipes({ short: true, images });
    for (const { validation, testAccuracy } of [standard, selfNormalizing]) {
      expect(validation).toHaveLength(1);
      expect(testAccuracy[0]).toBeGreaterThan(0.3);
    }
  });

  it("16: illnesses are named with their layers, and nothing is found in what is cured", async () => {
    const figures = await diagnosis({ short: true, images });
    const found = Object.values(figures).map(({ found: kind, layer }) => `${kind} ${layer ?? ""}`.trim());
    expect(found).toEqual(["vanishingGradients dense", "rateTooHigh", "unscaledInputs dense"]);
    expect(Object.values(figures).flatMap(({ after }) => after)).toEqual([]);
    // Ten steps each are too few to compare one by one. test/diagnosis holds all nine.
    const sum = (of: "ill" | "cured") => Object.values(figures).reduce((total, one) => total + one[of], 0);
    expect(sum("cured")).toBeGreaterThan(1.5 * sum("ill"));
  });

  it("17: the table's model learns, and its file predicts the same from raw rows", async () => {
    const { accuracy, before, after } = await table({ short: true });
    expect(accuracy).toBeGreaterThan(0.8);
    expect(after).toEqual(before);
    expect(after[0]).toBeGreaterThan(after[1] as number);
  });

  it("18: a network with its own layer, loss, metric and callback learns, augmented or not", async () => {
    const figures = await augmentation({ short: true, images });
    for (const { accuracy } of Object.values(figures)) expect(accuracy).toBeGreaterThan(0.2);
  });

  it("19: with class weights more of the rarer class is found", async () => {
    const { weighted, unweighted } = await text({ short: true });
    expect(weighted?.[1]?.[1]).toBeGreaterThan(unweighted?.[1]?.[1] as number);
  });

  it("20: Keras's first example learns", async () => {
    expect((await convnet({ short: true, images })).accuracy).toBeGreaterThan(0.5);
  });

  it("21: the forecast is better than the temperature of the day before", async () => {
    const { network, yesterday } = await weather({ short: true });
    expect(network).toBeLessThan(yesterday);
  });
});

describe("choose", () => {
  const set = {
    x: { data: Float32Array.from({ length: 10 }, (_, i) => i), shape: [5, 2, 1] },
    y: { data: Int32Array.of(3, 1, 7, 3, 1), shape: [5] },
  };

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
