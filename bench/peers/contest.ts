import { Bench } from "tinybench";

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
}

/**
 * Checks that both sides agree, then times them in turn, round by round. Medians over the rounds; the ratio is the
 * median of the rounds' ratios, so that what slows the machine for a while slows both.
 * @param stage is told what begins.
 * @throws Error where the results disagree.
 */
export async function hold(contest: Contest, stage: (what: string) => void = () => {}): Promise<Measured> {
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
    const times: { ours: number; peer: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const of = `in round ${round + 1} of ${rounds}`;
      stage(`timing ours ${of}`);
      const ours = await time(bout.ours, round === 0, isSlow === "both");
      stage(`timing ${peerName} ${of}`);
      times.push({ ours, peer: await time(bout.peer, round === 0, isSlow !== false) });
    }
    const [ours, peer] = [median(times.map((pair) => pair.ours)), median(times.map((pair) => pair.peer))];
    const inUnit = (ms: number) => (flops === undefined ? ms : flops / ms / 1e6);
    const ratio = median(times.map((pair) => pair.peer / pair.ours));
    const result = {
      suite,
      case: name,
      ours: short(inUnit(ours)),
      peer: short(inUnit(peer)),
      peerName,
      unit: flops === undefined ? "ms" : "GFLOP/s",
      ratio: short(ratio),
    };
    return { result, distance, rounds };
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
