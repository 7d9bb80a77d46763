/**
 * Networks that learn to write, letter by letter, from a poem (Lewis Carroll's, in carroll.txt): an LSTM, its gradients
 * clipped as is usual; and a plain recurrent network whose kernel multiplies what it remembers by 1.5, 50 times over a
 * passage. There gradients explode: without clipping the loss is NaN after a few steps, with clipping the same network
 * learns.
 *
 *     npx tsx examples/12-char-lstm.ts [--short]
 *
 * Printed by a full run (seed 42; passages of 50 letters, one from every second letter, batches of 32):
 *
 *     LSTM, loss per letter by epoch: 3.28 2.73 2.20 1.95 1.75 1.56 1.38 1.20 1.04 0.88 0.74 0.62
 *     it writes:
 *
 *     The brouger uyster Oysters cried,
 *     "Before were clean and beat.
 *
 *     "O Oysters hear,
 *     A comera death,
 *     And some out of breath,
 *     And some of the troth and the Carpenter sood and was spick!"
 *
 *     "It seems a shame," the Walrus said:
 *     "I dear,
 *     "Boof us apt ome, come!
 *     And you rust them,
 *     And you thining the shading of s
 *
 *     plain, no clipping: loss not finite from step 23 on; by epoch NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN
 *     plain, globalClipNorm 1: loss always finite; by epoch 3.38 2.82 2.35 2.09 1.92 1.80 1.68 1.59 1.51 1.43
 *
 * Nothing is held back for a test: the poem is short, and to know it by heart is the point.
 */
import { readFileSync } from "node:fs";
import {
  adam,
  dense,
  embedding,
  initializers,
  lambdaCallback,
  lstm,
  type Model,
  type Recurrent,
  sequential,
  sgd,
  simpleRnn,
} from "aretejs";
import { type ExampleOptions, runAsScript } from "./shared.ts";

const LENGTH = 50;

export interface CharFigures {
  /** Loss of each epoch of the LSTM, in nats per letter. */
  lstm: number[];
  /** What it writes. */
  sample: string;
  /**
   * Losses of the network that explodes, by kind of clipping, and the step after which the loss was not finite;
   * undefined where it always was.
   */
  plain: Record<"no clipping" | "globalClipNorm 1", { losses: number[]; lostAt: number | undefined }>;
}

/** The poem as numbers, with the letters that they stand for. */
function poem(): { letters: string[]; codes: number[] } {
  const text = readFileSync(new URL("carroll.txt", import.meta.url), "utf8");
  const letters = [...new Set(text)].sort();
  return { letters, codes: Array.from(text, (letter) => letters.indexOf(letter)) };
}

/** Passages, and each letter's successor. */
function passages(codes: readonly number[], every: number) {
  const rows = Math.floor((codes.length - LENGTH - 1) / every);
  const take = (shift: number) => ({
    data: Int32Array.from(
      { length: rows * LENGTH },
      (_, i) => codes[Math.floor(i / LENGTH) * every + (i % LENGTH) + shift] as number,
    ),
    shape: [rows, LENGTH],
  });
  return { x: take(0), y: take(1) };
}

const network = (letters: number, memory: Recurrent, time: number): Model =>
  sequential([embedding(letters, 16, { inputShape: [time] }), memory, dense(letters, { activation: "softmax" })], {
    seed: 42,
  });

export async function run({ short = false, log = () => {} }: ExampleOptions): Promise<CharFigures> {
  const { letters, codes } = poem();
  const { x, y } = passages(codes, short ? 12 : 2);
  const units = short ? 32 : 128;

  const net = network(letters.length, lstm(units, { returnSequences: true }), LENGTH);
  net.compile({
    optimizer: adam({ learningRate: short ? 1e-2 : 4e-3, globalClipNorm: 1 }),
    loss: "sparseCategoricalCrossentropy",
  });
  const { history } = await net.fit(x, y, { epochs: short ? 4 : 12, verbose: 0 });
  const losses = history.loss as number[];
  log(`LSTM, loss per letter by epoch: ${numbers(losses)}`);
  const sample = await write(net, letters, "The ", { units, count: short ? 20 : 300, temperature: 0.5 });
  log(`it writes:\n\n${sample}\n`);

  const plain = async (name: keyof CharFigures["plain"], clip: { globalClipNorm?: number }) => {
    const memory = simpleRnn(64, {
      activation: "relu",
      recurrentInitializer: initializers.orthogonal({ gain: 1.5 }),
      returnSequences: true,
    });
    const exploding = network(letters.length, memory, LENGTH);
    exploding.compile({
      optimizer: sgd({ learningRate: 0.1, momentum: 0.9, ...clip }),
      loss: "sparseCategoricalCrossentropy",
    });
    let [steps, lostAt]: [number, number | undefined] = [0, undefined];
    const watch = lambdaCallback({
      onTrainBatchEnd: (_, { loss }) => {
        steps++;
        if (!Number.isFinite(loss)) lostAt ??= steps;
      },
    });
    const { history: result } = await exploding.fit(x, y, { epochs: short ? 3 : 10, verbose: 0, callbacks: [watch] });
    const found = { losses: result.loss as number[], lostAt };
    log(
      `plain, ${name}: ${lostAt === undefined ? "loss always finite" : `loss not finite from step ${lostAt} on`}; by epoch ${numbers(found.losses)}`,
    );
    return found;
  };
  return {
    lstm: losses,
    sample,
    plain: {
      "no clipping": await plain("no clipping", {}),
      "globalClipNorm 1": await plain("globalClipNorm 1", { globalClipNorm: 1 }),
    },
  };
}

/**
 * Lets a network write: a stateful copy with the same weights reads one letter at a time, and each letter is drawn from
 * what it expects.
 */
async function write(
  net: Model,
  letters: readonly string[],
  start: string,
  options: { units: number; count: number; temperature: number },
): Promise<string> {
  const writer = network(letters.length, lstm(options.units, { returnSequences: true, stateful: true }), 1);
  writer.setWeights(await net.getWeights());
  let text = start;
  let seed = 42;
  for (let at = 0; at < start.length + options.count - 1; at++) {
    const chances = await (await writer.predict([[letters.indexOf(text[at] as string)]])).data();
    if (at < start.length - 1) continue;
    const sharp = Array.from(chances, (chance) => chance ** (1 / options.temperature));
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    let left = (seed / 2 ** 32) * sharp.reduce((sum, chance) => sum + chance);
    const drawn = sharp.findIndex((chance) => {
      left -= chance;
      return left <= 0;
    });
    text += letters[Math.max(drawn, 0)];
  }
  return text;
}

const numbers = (values: readonly number[]): string =>
  values.map((value) => (Number.isFinite(value) ? value.toFixed(2) : String(value))).join(" ");

await runAsScript(import.meta.url, run);
