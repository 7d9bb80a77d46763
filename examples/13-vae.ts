/**
 * A variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114), trained by a step of one's own: its loss compares
 * nothing with labels, and random numbers are drawn in the middle of it.
 *
 *     npx tsx examples/13-vae.ts [--short]
 *
 * Printed by a full run (seed 42; 20 000 training images, batches of 64, 5 epochs, adam at 0.001):
 *
 *     epoch 1: loss 306.82, of which divergence 13.87
 *     epoch 5: loss 251.26, of which divergence 13.49
 */
import {
  adam,
  dataset,
  dense,
  flatten,
  losses,
  type Model,
  ops,
  reshape,
  sequential,
  type Tensor,
  trainStep,
} from "aretejs";
import { choose, type ExampleOptions, imagesOf, runAsScript } from "./shared.ts";

const CODE = 8;

export interface VaeFigures {
  /** Mean loss per image of each epoch. */
  loss: number[];
  /** How far the codes are from a standard normal distribution, in the last epoch. */
  divergence: number;
  /** Images that the decoder makes of random codes, [count, 28, 28]. */
  drawn: Float32Array;
}

/** [28, 28] → the mean and the logarithm of the variance of a normal distribution of codes. */
const encoding = (): Model =>
  sequential([flatten({ inputShape: [28, 28] }), dense(256, { activation: "relu" }), dense(2 * CODE)], { seed: 1 });

/** A code → [28, 28]. */
const decoding = (): Model =>
  sequential(
    [
      dense(256, { activation: "relu", inputShape: [CODE] }),
      dense(28 * 28, { activation: "sigmoid" }),
      reshape([28, 28]),
    ],
    { seed: 2 },
  );

export async function run(options: ExampleOptions): Promise<VaeFigures> {
  const { short = false, log = () => {} } = options;
  const { x } = choose((await imagesOf(options)).train, { take: short ? 1024 : 20_000 });
  const [encoder, decoder] = [encoding(), decoding()];

  const step = trainStep({
    variables: [encoder, decoder],
    optimizer: adam(1e-3),
    seed: 42,
    loss: (images: Tensor, ctx) => {
      const [mean, logVariance] = ops.split(encoder.apply(images, ctx), 2, -1) as [Tensor, Tensor];
      const noise = ops.randomNormal(mean.shape, ctx.random());
      const code = ops.add(mean, ops.mul(noise, ops.exp(ops.mul(logVariance, 0.5))));
      const pixels = losses.binaryCrossentropy().call(flat(images), flat(decoder.apply(code, ctx)));
      const reconstruction = ops.mul(ops.mean(pixels), 28 * 28);
      // The Kullback–Leibler divergence between the distribution of codes and a standard normal one.
      const excess = ops.sub(ops.add(ops.square(mean), ops.exp(logVariance)), ops.add(logVariance, 1));
      const divergence = ops.mul(ops.mean(ops.sum(excess, -1)), 0.5);
      return { loss: ops.add(reconstruction, divergence), divergence };
    },
  });

  const batches = dataset(x).shuffle({ seed: 42 }).batch(64, { dropRemainder: true });
  const figures: VaeFigures = { loss: [], divergence: 0, drawn: new Float32Array() };
  for (let epoch = 1; epoch <= (short ? 4 : 5); epoch++) {
    let [loss, divergence, count] = [0, 0, 0];
    for await (const batch of batches) {
      const logs = await step(batch);
      loss += logs.loss;
      divergence += logs.divergence;
      count++;
    }
    figures.loss.push(loss / count);
    figures.divergence = divergence / count;
    log(`epoch ${epoch}: loss ${(loss / count).toFixed(2)}, of which divergence ${figures.divergence.toFixed(2)}`);
  }

  const codes = ops.randomNormal([4, CODE], { seed: 7 });
  figures.drawn = (await (await decoder.predict(codes)).data()) as Float32Array;
  log(sideBySide(figures.drawn, 4));
  return figures;
}

const flat = (images: Tensor): Tensor => ops.reshape(images, [images.shape[0] ?? 1, 28 * 28]);

/** 28×28 images as text. */
function sideBySide(images: Float32Array, count: number): string {
  const shades = " .:-=+*#%@";
  const row = (image: number, y: number) =>
    Array.from(images.subarray(784 * image + 28 * y, 784 * image + 28 * (y + 1)), (v) =>
      shades.charAt(Math.min(9, Math.floor(v * 10))),
    ).join("");
  const places = Array.from({ length: count }, (_, image) => image);
  return Array.from({ length: 14 }, (_, i) => places.map((image) => row(image, 2 * i)).join("   ")).join("\n");
}

await runAsScript(import.meta.url, run);
