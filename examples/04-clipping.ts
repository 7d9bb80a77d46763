/**
 * Gradient clipping. What two kinds make of one gradient; and a net that is deep because it applies the same weights 28
 * times, as recurrent nets do. Its gradient is multiplied by those weights each time: without clipping it explodes, and
 * the net stays at chance; with clipping it learns.
 *
 *     npx tsx examples/04-clipping.ts [--short]
 *
 * Printed by a full run (seed 42; the first 10 000 training images, batches of 32, 5 epochs, momentum at rate 0.01; all
 * 10 000 test images):
 *
 *     the gradient [0.9, 100] after no clipping: [0.90000, 100.00]
 *     the gradient [0.9, 100] after clipValue 1: [0.90000, 1.0000]
 *     the gradient [0.9, 100] after clipNorm 1: [0.0089996, 0.99996]
 *     none: test accuracy 10.00 %, largest running loss 8.73e+24
 *     clipValue 0.01: test accuracy 70.72 %, largest running loss 10.3
 *     clipNorm 0.5: test accuracy 79.99 %, largest running loss 10.3
 *     globalClipNorm 0.5: test accuracy 80.96 %, largest running loss 10.3
 */
import {
  activation,
  addLayer,
  dense,
  flatten,
  input,
  lambda,
  lambdaCallback,
  type Model,
  model,
  ops,
  type SymbolicTensor,
  sequential,
  sgd,
} from "aretejs";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

const kinds = {
  none: {},
  "clipValue 0.01": { clipValue: 0.01 },
  "clipNorm 0.5": { clipNorm: 0.5 },
  "globalClipNorm 0.5": { globalClipNorm: 0.5 },
} as const;

export interface ClippingFigures {
  /** What a step of plain descent at rate 1 takes of the gradient [0.9, 100], by kind of clipping at 1. */
  steps: Record<string, number[]>;
  /** The largest loss of an epoch, and test accuracy. */
  training: Record<keyof typeof kinds, { worstLoss: number; testAccuracy: number }>;
}

/**
 * A recurrent net written out: it reads an image row by row, and each new state is relu(row·W + state·U), where U
 * begins as the identity.
 */
function network(): Model {
  const images = input([28, 28]);
  const fromRow = dense(64);
  const fromState = dense(64, { useBias: false, kernelInitializer: "identity" });
  let state: SymbolicTensor | undefined;
  for (let row = 0; row < 28; row++) {
    const pixels = flatten().apply(lambda((x) => ops.slice(x, [0, row, 0], [-1, 1, -1])).apply(images));
    const seen = fromRow.apply(pixels);
    state = activation("relu").apply(state ? addLayer().apply([seen, fromState.apply(state)]) : seen);
  }
  return model({
    inputs: images,
    outputs: dense(10, { activation: "softmax" }).apply(state as SymbolicTensor),
    seed: 42,
  });
}

export async function run(options: ExampleOptions): Promise<ClippingFigures> {
  const { short = false, log = () => {} } = options;
  const steps: ClippingFigures["steps"] = {};
  for (const [name, clip] of Object.entries({ none: {}, clipValue: { clipValue: 1 }, clipNorm: { clipNorm: 1 } })) {
    steps[name] = await stepOf(clip);
    log(
      `the gradient [0.9, 100] after ${name === "none" ? "no clipping" : `${name} 1`}: [${steps[name].map((x) => x.toPrecision(5)).join(", ")}]`,
    );
  }

  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 960 : 10_000 }),
    choose(images.test, short ? { take: 200 } : {}),
  ];
  const figures = async (name: keyof typeof kinds) => {
    const net = network();
    net.compile({
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9, ...kinds[name] }),
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    let worstLoss = 0;
    const watch = lambdaCallback({
      onTrainBatchEnd: (_, { loss }) => {
        worstLoss = Math.max(worstLoss, Number.isFinite(loss) ? (loss as number) : Number.POSITIVE_INFINITY);
      },
    });
    await net.fit(train.x, train.y, { epochs: short ? 2 : 5, callbacks: [watch], verbose: 0 });
    const { accuracy } = await net.evaluate(test.x, test.y);
    log(`${name}: test accuracy ${percent(accuracy as number)}, largest running loss ${worstLoss.toPrecision(3)}`);
    return { worstLoss, testAccuracy: accuracy as number };
  };
  return {
    steps,
    training: {
      none: await figures("none"),
      "clipValue 0.01": await figures("clipValue 0.01"),
      "clipNorm 0.5": await figures("clipNorm 0.5"),
      "globalClipNorm 0.5": await figures("globalClipNorm 0.5"),
    },
  };
}

/**
 * What plain descent at rate 1 takes off two weights whose gradient is [0.9, 100]: the loss is x·w itself, so its
 * gradient is x.
 */
async function stepOf(clip: { clipValue?: number; clipNorm?: number }): Promise<number[]> {
  const net = sequential([dense(1, { useBias: false, kernelInitializer: "zeros", inputShape: [2] })]);
  net.compile({ optimizer: sgd({ learningRate: 1, ...clip }), loss: (_, prediction) => prediction });
  await net.trainOnBatch([[0.9, 100]], [[0]]);
  const [kernel] = await net.getWeights();
  return Array.from(kernel?.data ?? [], (w) => -w);
}

await runAsScript(import.meta.url, run);
