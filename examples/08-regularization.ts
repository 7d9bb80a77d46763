/**
 * l1, l2 and both on the kernels: how large the weights get, how many are as good as zero, and how far training and
 * validation part, on few images. The settings that all layers share stand in one place: a partial is plain TypeScript.
 *
 *     npx tsx examples/08-regularization.ts [--short]
 *
 * Printed by a full run (seed 42; the first 3 000 training images, batches of 32, 30 epochs, adam at 0.001; all 10 000
 * test images validate):
 *
 *     none: training 97.97 %, validation 83.18 %, gap 14.79 %; weights' root mean square 0.0844, 1.0 % below 0.001
 *     l1 1e-4: training 92.47 %, validation 81.91 %, gap 10.56 %; weights' root mean square 0.0420, 32.7 % below 0.001
 *     l2 1e-3: training 93.30 %, validation 82.37 %, gap 10.93 %; weights' root mean square 0.0338, 5.0 % below 0.001
 *     l1l2 5e-5, 5e-4: training 93.13 %, validation 82.30 %, gap 10.83 %; weights' root mean square 0.0355, 24.9 %
 *     below 0.001
 *
 * The penalties make weights small (l2) or nearly zero (l1) and narrow the gap by a quarter, here from the side of
 * training alone: after 30 epochs at a constant rate none of them is better on the test images (one seed).
 */
import { adam, dense, flatten, l1, l1l2, l2, type Penalty, sequential } from "aretejs";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

const penalties: Record<string, Penalty | undefined> = {
  none: undefined,
  "l1 1e-4": l1(1e-4),
  "l2 1e-3": l2(1e-3),
  "l1l2 5e-5, 5e-4": l1l2({ l1: 5e-5, l2: 5e-4 }),
};

export interface RegularizationFigures {
  training: number;
  validation: number;
  /** Root mean square of the kernels' weights, and the share below 0.001. */
  size: number;
  nearZero: number;
}

export async function run(options: ExampleOptions): Promise<Record<string, RegularizationFigures>> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 640 : 3_000 }),
    choose(images.test, short ? { take: 300 } : {}),
  ];
  const figures: Record<string, RegularizationFigures> = {};
  for (const [name, kernelRegularizer] of Object.entries(penalties)) {
    const shared = {
      activation: "elu",
      kernelInitializer: "heNormal",
      ...(kernelRegularizer && { kernelRegularizer }),
    } as const;
    const dense_ = (units: number) => dense(units, shared);
    const model = sequential(
      [flatten({ inputShape: [28, 28] }), dense_(200), dense_(100), dense(10, { ...shared, activation: "softmax" })],
      { seed: 42 },
    );
    model.compile({
      optimizer: adam({ learningRate: 1e-3 }),
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    await model.fit(train.x, train.y, { epochs: short ? 8 : 30, verbose: 0 });
    const [onTraining, onTest] = [await model.evaluate(train.x, train.y), await model.evaluate(test.x, test.y)];
    const kernels = (await model.getWeights())
      .filter(({ shape }) => shape.length === 2)
      .flatMap(({ data }) => Array.from(data as ArrayLike<number>));
    figures[name] = {
      training: onTraining.accuracy as number,
      validation: onTest.accuracy as number,
      size: Math.sqrt(kernels.reduce((sum, w) => sum + w * w, 0) / kernels.length),
      nearZero: kernels.filter((w) => Math.abs(w) < 1e-3).length / kernels.length,
    };
    const { training, validation, size, nearZero } = figures[name] as RegularizationFigures;
    log(
      `${name}: training ${percent(training)}, validation ${percent(validation)}, gap ${percent(training - validation)}; ` +
        `weights' root mean square ${size.toFixed(4)}, ${percent(nearZero, 1)} below 0.001`,
    );
  }
  return figures;
}

await runAsScript(import.meta.url, run);
