import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wasm } from "../../src/index.ts";
import { saveModel } from "../../src/io/index.ts";
import { median } from "../options.ts";
import { undisturbed } from "../undisturbed.ts";
import type { Witness } from "../witness.ts";
import type { Race } from "./networks.ts";
import { type Files, Rival, type RivalName } from "./rival.ts";
import { lossesApart, Training, tolerance } from "./training.ts";

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
/** This library's side. */
class Ours extends Training {
  /** Writes the untrained model and the data for the rival. */
  async write(folder: string, batch: number): Promise<Files> {
    const [modelFile, xFile, yFile] = ["model.keras", "x.bin", "y.bin"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await saveModel(this.model, modelFile);
    writeFileSync(xFile, this.x.data);
    writeFileSync(yFile, this.y);
    const labels = this.y instanceof Int32Array ? "int32" : "float32";
    return { model: modelFile, x: xFile, y: yFile, shape: this.x.shape, labels, batch };
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
    const both = async () => [await ours.fit(), await rival.fit()] as const;
    const [first, second] = [await both(), await both()];
    const apart = lossesApart([first, second]);
    if (!(apart <= tolerance))
      throw new Error(
        `bench/native: the losses of ${race.name} are apart by ${apart}: ${JSON.stringify([first, second])}.`,
      );

    const { kept, dropped } = await undisturbed(
      async () =>
        [
          await witness.sample(async () => (await ours.fit()).ms),
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
