/**
 * Activations that do not saturate. First, units that die: relu with a large learning rate, against leakyRelu and elu.
 * Then plain stacks of 30 layers, without normalization: relu and selu with the initializations that suit them train,
 * tanh lags behind, sigmoid stays at chance.
 *
 *     npx tsx examples/02-activations.ts [--short]
 *
 * Printed by a full run (seed 42; the first 10 000 training images; all 10 000 test images):
 *
 *     relu, momentum at rate 0.05: 11.7 % of 300 hidden units dead, test accuracy 75.60 %
 *     leakyRelu, momentum at rate 0.05: 0.0 % of 300 hidden units dead, test accuracy 81.88 %
 *     elu, momentum at rate 0.05: 0.0 % of 300 hidden units dead, test accuracy 75.76 %
 *     30 layers of sigmoid, glorotUniform: test accuracy 10.00 %
 *     30 layers of tanh, glorotUniform: test accuracy 64.93 %
 *     30 layers of relu, heNormal: test accuracy 75.07 %
 *     30 layers of selu, lecunNormal: test accuracy 74.50 %
 *
 * A unit counts as dead when it gives 0 for each of 1 000 test images. leakyRelu and elu have a slope everywhere, so
 * nothing dies. The rate of the first part is large on purpose. One seed each: a point or two between relu and selu, or
 * relu and elu, says nothing.
 */
import { type activations, dense, flatten, type initializers, type Layer, nadam, sequential, sgd } from "aretejs";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

type ActivationName = activations.ActivationName;
type InitializerName = initializers.InitializerName;

const DEPTH = 30;

export interface ActivationFigures {
  /** Share of the hidden units that gave 0 for each image after training; by activation. */
  dead: Record<string, number>;
  /** Test accuracy of the deep stacks. */
  deep: Record<string, number>;
}

export async function run(options: ExampleOptions): Promise<ActivationFigures> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 960 : 10_000 }),
    choose(images.test, short ? { take: 200 } : {}),
  ];
  const probe = choose(images.test, { take: short ? 200 : 1_000 });

  const dead: Record<string, number> = {};
  for (const name of ["relu", "leakyRelu", "elu"] as const) {
    const hidden = Array.from({ length: 3 }, () => dense(100, { activation: name, kernelInitializer: "heNormal" }));
    const model = sequential([flatten({ inputShape: [28, 28] }), ...hidden, dense(10, { activation: "softmax" })], {
      seed: 42,
    });
    model.compile({
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    await model.fit(train.x, train.y, { epochs: short ? 1 : 3, verbose: 0 });
    const { accuracy } = await model.evaluate(test.x, test.y);
    dead[name] = await deadShare(model.layers, hidden, probe.x);
    log(
      `${name}, momentum at rate 0.05: ${percent(dead[name] as number, 1)} of 300 hidden units dead, test accuracy ${percent(accuracy as number)}`,
    );
  }

  const deep: Record<string, number> = {};
  const stacks: [ActivationName, InitializerName][] = [
    ["sigmoid", "glorotUniform"],
    ["tanh", "glorotUniform"],
    ["relu", "heNormal"],
    ["selu", "lecunNormal"],
  ];
  for (const [activation, kernelInitializer] of stacks) {
    const hidden = Array.from({ length: DEPTH }, () => dense(50, { activation, kernelInitializer }));
    const model = sequential([flatten({ inputShape: [28, 28] }), ...hidden, dense(10, { activation: "softmax" })], {
      seed: 42,
    });
    model.compile({
      optimizer: nadam({ learningRate: 1e-3 }),
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    await model.fit(train.x, train.y, { epochs: short ? 1 : 5, verbose: 0 });
    const { accuracy } = await model.evaluate(test.x, test.y);
    deep[activation] = accuracy as number;
    log(`${DEPTH} layers of ${activation}, ${kernelInitializer}: test accuracy ${percent(accuracy as number)}`);
  }
  return { dead, deep };
}

/** The share of the units of `hidden` that give 0 (or less, for elu: never) for all images. */
async function deadShare(
  layers: readonly Layer[],
  hidden: readonly Layer[],
  x: { data: ArrayLike<number>; shape: readonly number[] },
): Promise<number> {
  let [dead, units] = [0, 0];
  for (const layer of hidden) {
    // The same layers up to this one: they share their weights.
    const values = await (await sequential(layers.slice(0, layers.indexOf(layer) + 1)).predict(x as never)).data();
    const width = values.length / (x.shape[0] as number);
    for (let unit = 0; unit < width; unit++) if (values.every((value, i) => i % width !== unit || value === 0)) dead++;
    units += width;
  }
  return dead / units;
}

await runAsScript(import.meta.url, run);
