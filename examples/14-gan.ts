/**
 * A generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661): two networks, two optimizers, two
 * training steps. The generator makes points of noise; the discriminator learns to tell them from the data, eight
 * clusters on a circle; the generator learns to be taken for data.
 *
 *     npx tsx examples/14-gan.ts [--short]
 *
 * Printed by a full run (4000 steps of 128 points, adam at 0.001 with beta1 0.5):
 *
 *     points near a cluster: 18.9 % before, 94.2 % after; clusters found: 6 of 8
 */
import { activations, adam, dense, type LoopContext, ops, sequential, type Tensor, tensor, trainStep } from "aretejs";
import { type ExampleOptions, runAsScript } from "./shared.ts";

const [NOISE, BATCH, CLUSTERS, DEVIATION] = [8, 128, 8, 0.05];

export interface GanFigures {
  /** Share of 1000 generated points within 0.3 of the centre of a cluster, before and after training. */
  before: number;
  after: number;
  /** How many clusters have at least 2 % of the points. */
  clusters: number;
}

/** The centres of the clusters, [8, 2]. */
const angles = Array.from({ length: CLUSTERS }, (_, i) => (2 * Math.PI * i) / CLUSTERS);
const centres = tensor(angles.map((angle) => [Math.cos(angle), Math.sin(angle)]));

export async function run({ short = false, log = () => {} }: ExampleOptions): Promise<GanFigures> {
  const hidden = { activation: "relu", kernelInitializer: "heNormal" } as const;
  const generator = sequential([dense(64, { ...hidden, inputShape: [NOISE] }), dense(64, hidden), dense(2)], {
    seed: 1,
  });
  const discriminator = sequential([dense(64, { ...hidden, inputShape: [2] }), dense(64, hidden), dense(1)], {
    seed: 2,
  });

  const generate = (ctx: LoopContext): Tensor => generator.apply(ops.randomNormal([BATCH, NOISE], ctx.random()), ctx);
  /** Mean of −log P(the points are taken for what they are said to be). */
  const surprise = (points: Tensor, isData: boolean, ctx: LoopContext): Tensor => {
    const logits = discriminator.apply(points, ctx);
    return ops.mean(activations.softplus(isData ? ops.neg(logits) : logits));
  };

  const discriminate = trainStep({
    variables: discriminator,
    optimizer: adam({ learningRate: 1e-3, beta1: 0.5 }),
    seed: 3,
    loss: (cluster: Tensor, ctx) => {
      const data = ops.add(
        ops.gather(centres, cluster),
        ops.randomNormal([BATCH, 2], { ...ctx.random(), stddev: DEVIATION }),
      );
      return ops.add(surprise(data, true, ctx), surprise(ops.stopGradient(generate(ctx)), false, ctx));
    },
  });
  const deceive = trainStep({
    variables: generator,
    optimizer: adam({ learningRate: 1e-3, beta1: 0.5 }),
    seed: 4,
    loss: (_: object, ctx) => surprise(generate(ctx), true, ctx),
  });

  const noise = ops.randomNormal([1000, NOISE], { seed: 5 });
  const measure = async () => {
    const points = await (await generator.predict(noise)).array<number[][]>();
    return quality(points, await centres.array<number[][]>());
  };
  const before = (await measure()).near;
  const steps = short ? 1600 : 4000;
  for (let step = 1; step <= steps; step++) {
    const { loss } = await discriminate(Int32Array.from({ length: BATCH }, (_, i) => (i + step) % CLUSTERS));
    const { loss: deception } = await deceive({});
    if (step % (steps / 4) === 0)
      log(`step ${step}: discriminator ${loss.toFixed(3)}, generator ${deception.toFixed(3)}`);
  }
  const { near: after, clusters } = await measure();
  log(
    `points near a cluster: ${(100 * before).toFixed(1)} % before, ${(100 * after).toFixed(1)} % after; clusters found: ${clusters} of ${CLUSTERS}`,
  );
  return { before, after, clusters };
}

/** The share of points near a centre, and how many centres have 2 % of the points near them. */
function quality(points: readonly number[][], targets: readonly number[][]): { near: number; clusters: number } {
  const shares = targets.map(
    ([x = 0, y = 0]) => points.filter(([a = 0, b = 0]) => Math.hypot(a - x, b - y) < 0.3).length / points.length,
  );
  return { near: shares.reduce((sum, share) => sum + share), clusters: shares.filter((share) => share >= 0.02).length };
}

await runAsScript(import.meta.url, run);
