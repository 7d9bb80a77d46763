// Trains the networks of the native race on the default and on the relaxed build in turn. Runs in Node and in pages.
import { type Backend, wasm } from "../../src/index.ts";
import { races } from "../native/networks.ts";
import { lossesApart, Training, tolerance } from "../native/training.ts";
import { median } from "../options.ts";
import { loopOf } from "../roofline-loop.ts";
import { sampled, undisturbed } from "../undisturbed.ts";

/** One network in one engine. A ratio above 1 means that the relaxed build is faster. */
export interface Row {
  readonly race: string;
  /** Milliseconds of a step, medians: default, relaxed. */
  readonly ms: readonly [number, number];
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  readonly rounds: number;
  /** Rounds that were left out, since something else slowed the machine down. */
  readonly dropped: number;
}

/** Rounds that count, and the most. */
const [wanted, most] = [11, 60];
/** Calls of the multiply-add loop beside a sample: some milliseconds, which clocks of browsers can measure. */
const repeats = 100;

/**
 * All rows, on one thread.
 * @param loop the multiply-add loop, compiled.
 * @throws Error where the engine has no relaxed SIMD, or losses disagree.
 */
export async function compareBuilds(loop: BufferSource, filter: string): Promise<Row[]> {
  const runLoop = loopOf(new WebAssembly.Module(loop));
  const witness = () => {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) runLoop();
    return performance.now() - start;
  };
  const sample = (side: Training, steps: number) => sampled(witness, async () => (await side.fit()).ms / steps);
  const backends = [await wasm({ threads: 1 }), await wasm({ threads: 1, deterministic: false })] as const;
  if (backends[1].build !== "relaxed") throw new Error("bench/builds: this engine has no relaxed SIMD.");

  const rows: Row[] = [];
  for (const race of races.filter(({ name }) => name.includes(filter))) {
    const [plain, relaxed] = backends.map((backend: Backend) => new Training(race, backend)) as [Training, Training];
    const both = async () => [await plain.fit(), await relaxed.fit()] as const;
    const apart = lossesApart([await both(), await both()]);
    if (!(apart <= tolerance)) throw new Error(`bench/builds: the losses of ${race.name} are apart by ${apart}.`);
    const { kept, dropped } = await undisturbed(
      async () => [await sample(plain, race.steps), await sample(relaxed, race.steps)] as const,
      { wanted, most },
    );
    rows.push({
      race: race.name,
      ms: [median(kept.map(([one]) => one.value)), median(kept.map(([, other]) => other.value))],
      ratio: median(kept.map(([one, other]) => one.value / other.value)),
      rounds: kept.length,
      dropped,
    });
    await plain.model.dispose();
    await relaxed.model.dispose();
  }
  return rows;
}
