/**
 * The pictures of docs/deep-networks.md, from runs on Fashion-MNIST (those of examples/, and two of their own): writes
 * docs/figures/*.svg. Equal seeds give equal pictures.
 *
 *     npx tsx site/figures.ts [NAME …]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run as initialization } from "../examples/01-initialization.ts";
import { run as normalization } from "../examples/03-batch-normalization.ts";
import { run as optimizers } from "../examples/06-optimizers.ts";
import { choose, imagesOf } from "../examples/shared.ts";
import {
  adam,
  cosineDecay,
  dense,
  dropout,
  exponentialDecay,
  flatten,
  type History,
  type Layer,
  l2,
  oneCycle,
  piecewiseConstantDecay,
  sequential,
  warmup,
} from "../src/index.ts";
import type { Axes } from "../src/plot/axes.ts";
import { plotHistory } from "../src/plot/index.ts";
import { panelFigure } from "../src/plot/panels.ts";

const folder = fileURLToPath(new URL("../docs/figures/", import.meta.url));
const width = 640;

/** Lines by their names on one pair of axes. */
function plotLines(
  title: string,
  lines: Readonly<Record<string, readonly number[]>>,
  axes: Pick<Axes, "x" | "y"> & { start?: number; step?: number },
): string {
  const { x, y, start = 1, step = 1 } = axes;
  const drawn = Object.entries(lines).map(([name, values], colour) => ({
    name,
    legend: name,
    x: values.map((_, at) => start + at * step),
    y: values,
    colour,
  }));
  const description = Object.keys(lines).join(", ");
  return panelFigure("plotLines", { width, height: 260 }, { title, description, panels: [{ x, y, lines: drawn }] }).svg;
}

/** The same names, with a part of each value. */
const mapValues = <T, R>(all: Readonly<Record<string, T>>, partOf: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, partOf(value)]));

/** The chosen entries, under other names. */
const pick = <T>(all: Readonly<Record<string, T>>, names: Readonly<Record<string, string>>): Record<string, T> =>
  Object.fromEntries(Object.entries(names).map(([name, shown]) => [shown, all[name] as T]));

const figures: Record<string, () => Promise<string>> = {
  async initialization() {
    const gradients = mapValues(await initialization({}), ({ gradient }) => gradient);
    const shown = pick(gradients, {
      "glorotNormal, sigmoid": "Glorot, sigmoid",
      "glorotNormal, tanh": "Glorot, tanh",
      "glorotNormal, relu": "Glorot, relu",
      "heNormal, relu": "He, relu",
      "lecunNormal, selu": "LeCun, selu",
      "randomNormal 1, tanh": "normal with deviation 1, tanh",
    });
    return plotLines("Gradient at each of 20 layers, before training", shown, {
      x: { name: "layer", isWhole: true },
      y: { name: "standard deviation", isLog: true },
    });
  },

  async normalization() {
    const shown = mapValues(await normalization({}), ({ accuracy }) => accuracy);
    return plotLines("20 hidden layers: training accuracy", shown, {
      x: { name: "epoch", isWhole: true },
      y: { name: "accuracy" },
    });
  },

  async optimizers() {
    const losses = mapValues(await optimizers({}), ({ loss }) => loss);
    const shown = pick(losses, {
      sgd: "sgd",
      nesterov: "sgd, Nesterov momentum",
      rmsprop: "rmsprop",
      adam: "adam",
      muon: "muon",
    });
    return plotLines("Training loss of a network of two hidden layers", shown, {
      x: { name: "epoch" },
      y: { name: "running loss" },
      start: 0.05,
      step: 0.05,
    });
  },

  async schedules() {
    const steps = Array.from({ length: 101 }, (_, step) => step * 10);
    const schedules = {
      exponentialDecay: exponentialDecay({ initialLearningRate: 1, decaySteps: 300, decayRate: 0.5 }),
      piecewiseConstantDecay: piecewiseConstantDecay({ boundaries: [400, 750], values: [1, 0.3, 0.1] }),
      "warmup, then cosineDecay": warmup({
        steps: 100,
        target: cosineDecay({ initialLearningRate: 1, decaySteps: 900 }),
      }),
      oneCycle: oneCycle({ maxLearningRate: 1, steps: 1000 }).learningRate,
    };
    const shown = mapValues(schedules, (schedule) => steps.map((step) => schedule(step)));
    return plotLines("Learning rates over 1000 steps", shown, {
      x: { name: "step" },
      y: { name: "learning rate" },
      start: 0,
      step: 10,
    });
  },

  async regularization() {
    const { train, test } = await imagesOf({});
    const [some, validation] = [choose(train, { take: 3_000 }), choose(test, { take: 3_000 })];
    const histories: Record<string, History> = {};
    const layers = (penalty: boolean, drop: boolean): Layer[] => [
      flatten({ inputShape: [28, 28] }),
      ...[200, 100].flatMap((units) => [
        dense(units, {
          activation: "elu",
          kernelInitializer: "heNormal",
          ...(penalty && { kernelRegularizer: l2(1e-3) }),
        }),
        ...(drop ? [dropout(0.4)] : []),
      ]),
      dense(10, { activation: "softmax" }),
    ];
    for (const [name, list] of Object.entries({
      none: layers(false, false),
      "l2(1e-3)": layers(true, false),
      "dropout(0.4)": layers(false, true),
    })) {
      const model = sequential(list, { seed: 42 });
      model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
      histories[name] = await model.fit(some.x, some.y, {
        epochs: 30,
        verbose: 0,
        validationData: [validation.x, validation.y],
      });
    }
    return plotHistory(histories, {
      width,
      metrics: ["accuracy"],
      height: 260,
      title: "3000 images: accuracy in training and validation",
    }).svg;
  },
};

mkdirSync(folder, { recursive: true });
const asked = process.argv.slice(2);
for (const [name, make] of Object.entries(figures)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  writeFileSync(`${folder}${name}.svg`, `${await make()}\n`);
  console.log(`docs/figures/${name}.svg`);
}
