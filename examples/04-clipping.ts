/**
 * Gradient clipping. What the three kinds make of a gradient, and a net that is deep because it uses one layer 30 times, as recurrent nets do: without
 * clipping its loss leaps and it learns nothing, with clipping it learns.
 *
 *     npx tsx examples/04-clipping.ts [--short]
 *
 * Printed by a full run (seed 42; the first 10 000 training images, batches of 32, 5 epochs, momentum at rate 0.05; all 10 000 test images):
 *
 *     @@FIGURES@@
 */
import { dense, evaluate, flatten, input, lambdaCallback, type Model, model, ops, sgd, Variable } from "../src/index.ts";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

const STEPS = 30;
const kinds = { none: {}, "clipValue 0.01": { clipValue: 0.01 }, "clipNorm 0.5": { clipNorm: 0.5 }, "globalClipNorm 0.5": { globalClipNorm: 0.5 } } as const;

export interface ClippingFigures {
  /** What a step of plain descent at rate 1 takes of the gradient [0.9, 100], by kind of clipping at 1. */
  steps: Record<string, number[]>;
  /** The largest loss of an epoch, and test accuracy. */
  training: Record<keyof typeof kinds, { worstLoss: number; testAccuracy: number }>;
}

/** One hidden layer applied again and again: the gradient is multiplied by its kernel each time. */
function network(): Model {
  const images = input([28, 28]);
  const shared = dense(64, { activation: "relu", kernelInitializer: "heNormal", name: "shared" });
  let x = dense(64, { activation: "relu", kernelInitializer: "heNormal" }).apply(flatten().apply(images));
  for (let step = 0; step < STEPS; step++) x = shared.apply(x);
  return model({ inputs: images, outputs: dense(10, { activation: "softmax" }).apply(x), seed: 42 });
}

export async function run(options: ExampleOptions): Promise<ClippingFigures> {
  const { short = false, log = () => {} } = options;
  const steps: ClippingFigures["steps"] = {};
  for (const [name, clip] of Object.entries({ none: {}, clipValue: { clipValue: 1 }, clipNorm: { clipNorm: 1 } })) {
    steps[name] = await stepOf(clip);
    log(`the gradient [0.9, 100] after ${name === "none" ? "no clipping" : `${name} 1`}: [${steps[name].map((x) => x.toPrecision(5)).join(", ")}]`);
  }

  const images = await imagesOf(options);
  const [train, test] = [choose(images.train, { take: short ? 960 : 10_000 }), choose(images.test, short ? { take: 200 } : {})];
  const figures = async (name: keyof typeof kinds) => {
    const net = network();
    net.compile({ optimizer: sgd({ learningRate: 0.05, momentum: 0.9, ...kinds[name] }), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
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

/** What plain descent at rate 1 subtracts from a variable whose gradient is [0.9, 100]. */
async function stepOf(clip: { clipValue?: number; clipNorm?: number }): Promise<number[]> {
  const w = new Variable([2], { initial: 0, name: "w" });
  const gradient = ops.tensor([0.9, 100]);
  const updates = sgd({ learningRate: 1, ...clip }).apply([[w, gradient]]);
  const [, next] = updates.find(([variable]) => variable === w) as (typeof updates)[number];
  return Array.from((await evaluate([ops.neg(next)]))[0] as ArrayLike<number>);
}

await runAsScript(import.meta.url, run);
