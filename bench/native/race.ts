import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, wasm } from "../../src/index.ts";
import { saveModel } from "../../src/io/index.ts";
import { median } from "../options.ts";
import { undisturbed, type Witness } from "../witness.ts";
import type { Race } from "./networks.ts";
import { type Epoch, type Files, Rival, type RivalName } from "./rival.ts";

/** Milliseconds of one training step. */
export interface Times {
  readonly median: number;
  readonly best: number;
  /** Milliseconds of the first epoch, compilation included. */
  readonly firstEpoch: number;
}

/** One network, one rival, one number of threads. A ratio above 1 means that ours is faster. */
export interface Outcome {
  readonly race: string;
  readonly rival: RivalName;
  readonly threads: number;
  readonly ours: Times;
  readonly theirs: Times;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  /** How far apart the losses of the first two epochs are, relative to them. */
  readonly apart: number;
  readonly rounds: number;
  /** Rounds that were left out, since something else slowed the machine down. */
  readonly dropped: number;
}

/** Rounds that count, and the fewest that say something. */
const [wanted, fewest] = [9, 3];
/** When the search for undisturbed rounds ends: after this many rounds and milliseconds. Disturbances last seconds. */
const [most, longest] = [27, 45_000];
/** The most that losses may be apart: both add in their own order, and 100 steps carry that on. */
const tolerance = 5e-3;

/** This library's side: the model as a user trains it. */
class Ours {
  readonly model;
  private data: readonly [{ data: Float32Array; shape: readonly number[] }, Int32Array | Float32Array];

  constructor(race: Race, backend: Backend) {
    const { inputShape, classes, batchSize, steps } = race;
    const rows = steps * batchSize;
    const count = rows * inputShape.reduce((size, extent) => size * extent, 1);
    const noise = numbers(1);
    const x = { data: Float32Array.from({ length: count }, noise), shape: [rows, ...inputShape] };
    const choose = numbers(2);
    const y =
      classes > 0
        ? Int32Array.from({ length: rows }, () => Math.floor(((choose() + 1) / 2) * classes))
        : Float32Array.from({ length: rows }, choose);
    this.data = [x, y];
    this.model = race.make();
    this.model.compile({
      optimizer: race.optimizer(),
      loss: classes > 0 ? "sparseCategoricalCrossentropy" : "meanSquaredError",
      backend,
    });
  }

  /** Writes the untrained model and the data for the rival. */
  async write(folder: string, batch: number): Promise<Files> {
    const [x, y] = this.data;
    const [modelFile, xFile, yFile] = ["model.keras", "x.bin", "y.bin"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await saveModel(this.model, modelFile);
    writeFileSync(xFile, x.data);
    writeFileSync(yFile, y);
    const labels = y instanceof Int32Array ? "int32" : "float32";
    return { model: modelFile, x: xFile, y: yFile, shape: x.shape, labels, batch };
  }

  async fit(batchSize: number): Promise<Epoch> {
    const start = performance.now();
    const history = await this.model.fit(...this.data, { batchSize, shuffle: false, verbose: 0 });
    return { ms: performance.now() - start, loss: history.history.loss?.[0] ?? Number.NaN };
  }
}

/**
 * Trains one network on both sides from the same weights, checks that the losses of two epochs agree, and times further
 * epochs in turn.
 * @throws Error where the losses disagree, Keras fails, or the machine is too busy to measure.
 */
export async function hold(race: Race, name: RivalName, threads: number, witness: Witness): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "aretejs-native-"));
  const rival = await Rival.start(name, threads);
  try {
    const ours = new Ours(race, await wasm({ threads }));
    await rival.open(await ours.write(folder, race.batchSize));
    const both = async () => [await ours.fit(race.batchSize), await rival.fit()] as const;
    const [first, second] = [await both(), await both()];
    const apart = Math.max(...[first, second].map(([mine, their]) => Math.abs(mine.loss / their.loss - 1)));
    if (!(apart <= tolerance))
      throw new Error(
        `bench/native: the losses of ${race.name} are apart by ${apart}: ${JSON.stringify([first, second])}.`,
      );

    const { kept, dropped } = await undisturbed(
      async () =>
        [
          await witness.sample(async () => (await ours.fit(race.batchSize)).ms),
          await witness.sample(async () => (await rival.fit()).ms),
        ] as const,
      { wanted, most, longest },
    );
    if (kept.length < fewest)
      throw new Error(
        `bench/native: other work slowed the machine down in ${dropped} of ${dropped + kept.length} rounds. Run it again on a quiet machine.`,
      );
    const times = (side: 0 | 1, firstEpoch: number): Times => {
      const steps = kept.map((round) => round[side].value / race.steps);
      return { median: median(steps), best: Math.min(...steps), firstEpoch };
    };
    return {
      race: race.name,
      rival: name,
      threads,
      ours: times(0, first[0].ms),
      theirs: times(1, first[1].ms),
      ratio: median(kept.map(([mine, their]) => their.value / mine.value)),
      apart,
      rounds: kept.length,
      dropped,
    };
  } finally {
    rival.close();
    rmSync(folder, { recursive: true });
  }
}

/** Numbers in [−1, 1) that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}
