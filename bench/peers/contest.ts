import { Bench } from "tinybench";
import { undisturbed } from "../undisturbed.ts";
import type { Witness } from "../witness.ts";

/** One way of doing the work. */
export interface Side {
  /** Does it `units` times. */
  run(): void | Promise<void>;
  readonly units: number;
}

/** Both sides, ready to run. */
export interface Bout {
  readonly ours: Side;
  readonly peer: Side;
  /** How far apart the results of both are, in the contest's measure of agreement. */
  distance(): Promise<number>;
  dispose(): void;
}

/** A row of the table: the same work in this library and in another. */
export interface Contest {
  readonly suite: string;
  readonly case: string;
  readonly peerName: string;
  /** Multiplications and additions of one unit; rows that have them are told in GFLOP/s, others in ms. */
  readonly flops?: number;
  /** The ratio to reach. */
  readonly goal?: number;
  /** What `distance` measures, and the most that it may be. */
  readonly agreement: { readonly measure: string; readonly limit: number };
  /** Times that both sides are measured in turn. Default 11, and 3 where the rival is slow. */
  readonly rounds?: number;
  /** Whether a round runs the rival once only, since it needs seconds; "both": ours, too. */
  readonly isSlow?: boolean | "both";
  prepare(): Promise<Bout>;
}

/** What a contest came to, as `--json` prints it. A ratio above 1 means that ours is better. */
export interface Result {
  readonly suite: string;
  readonly case: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  readonly ratio: number;
}

/** A result with what the table says beside. */
export interface Measured {
  readonly result: Result;
  readonly distance: number;
  readonly rounds: number;
  /** Rounds that were left out, since something else slowed the machine down. */
  readonly dropped: number;
}

/** The fewest rounds that say something. */
const fewest = 2;

/** How {@link hold} goes about it. */
interface Holding {
  readonly witness?: Pick<Witness, "sample">;
  readonly stage?: (what: string) => void;
}

const withoutWitness: Pick<Witness, "sample"> = { sample: async (run) => ({ value: await run(), witness: 0 }) };

/**
 * Checks that both sides agree, then times them in turn, round by round. Medians over the undisturbed rounds; the ratio
 * is the median of these rounds' ratios.
 * @param witness tells disturbed rounds. Without one all rounds count.
 * @param stage is told what begins.
 * @throws Error where the results disagree, or the machine is too busy to measure.
 */
export async function hold(
  contest: Contest,
  { witness = withoutWitness, stage = () => {} }: Holding = {},
): Promise<Measured> {
  const { suite, case: name, peerName, flops, agreement, isSlow = false, rounds = isSlow ? 3 : 11 } = contest;
  stage("preparing both sides");
  const bout = await contest.prepare();
  try {
    stage("comparing the results of both sides");
    const distance = await bout.distance();
    if (!(distance <= agreement.limit)) {
      throw new Error(
        `bench/peers: ${suite} "${name}" and ${peerName} disagree: ${agreement.measure} is ${distance}, at most ${agreement.limit} is allowed.`,
      );
    }
    let round = 0;
    const { kept, dropped } = await undisturbed(
      async () => {
        const isFirst = round++ === 0;
        stage(`timing ours in round ${round}`);
        const ours = await witness.sample(() => time(bout.ours, isFirst, isSlow === "both"));
        stage(`timing ${peerName} in round ${round}`);
        return [ours, await witness.sample(() => time(bout.peer, isFirst, isSlow !== false))] as const;
      },
      { wanted: rounds, most: isSlow ? rounds + 2 : 3 * rounds },
    );
    if (kept.length < fewest)
      throw new Error(
        `bench/peers: other work slowed the machine down in ${dropped} of ${dropped + kept.length} rounds of ${suite} "${name}" and ${peerName}. Run it again on a quiet machine.`,
      );
    const [ours, peer] = [median(kept.map(([mine]) => mine.value)), median(kept.map(([, their]) => their.value))];
    const inUnit = (ms: number) => (flops === undefined ? ms : flops / ms / 1e6);
    const ratio = median(kept.map(([mine, their]) => their.value / mine.value));
    const result = {
      suite,
      case: name,
      ours: short(inUnit(ours)),
      peer: short(inUnit(peer)),
      peerName,
      unit: flops === undefined ? "ms" : "GFLOP/s",
      ratio: short(ratio),
    };
    return { result, distance, rounds: kept.length, dropped };
  } finally {
    bout.dispose();
  }
}

/** Milliseconds of one unit: the median of as many runs as fit into a twentieth of a second, and of three at least. */
async function time({ run, units }: Side, isFirst: boolean, isSlow: boolean): Promise<number> {
  const bench = new Bench(
    isSlow
      ? { time: 0, iterations: 1, warmup: false }
      : { time: 50, iterations: 3, warmup: isFirst, warmupTime: 50, warmupIterations: 2 },
  );
  bench.add("side", async () => run(), { async: true });
  const [task] = await bench.run();
  if (task?.result.state !== "completed")
    throw task?.result.state === "errored" ? task.result.error : new Error("bench/peers: a task did not complete.");
  return task.result.latency.p50 / units;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Four digits: more is noise. */
const short = (value: number): number => Number(value.toPrecision(4));

/** ‖a − b‖ / ‖b‖. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [apart, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    apart += ((a[i] as number) - (b[i] as number)) ** 2;
    size += (b[i] as number) ** 2;
  }
  return Math.sqrt(apart / size);
}
