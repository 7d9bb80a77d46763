import { describe, expect, it } from "vitest";
import { chart } from "../../bench/peers/chart.ts";
import { type Contest, hold as holdWith, relativeDistance } from "../../bench/peers/contest.ts";
import { undisturbed } from "../../bench/undisturbed.ts";

/** With a witness of a machine that is always quiet, or of one that is as busy as these times say. */
const hold = (it: Contest, times: readonly number[] = []) => {
  let sample = 0;
  return holdWith(it, { witness: { sample: async (run) => ({ value: await run(), witness: times[sample++] ?? 1 }) } });
};

/** Ours does a thousand units in a run of the same length: whatever the machine does meanwhile, it is faster. */
function contest(distance: number, disposed: string[] = []): Contest {
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
  return {
    suite: "test",
    case: "waiting",
    peerName: "sloth",
    agreement: { measure: "the distance", limit: 1e-3 },
    rounds: 3,
    isSlow: true,
    prepare: async () => ({
      ours: { run: wait, units: 1000 },
      peer: { run: wait, units: 1 },
      distance: async () => distance,
      dispose: () => disposed.push("disposed"),
    }),
  };
}

describe("the race", () => {
  it("gives medians per unit and a ratio that is above 1 where ours is better", async () => {
    const disposed: string[] = [];
    const { result, distance, rounds } = await hold(contest(1e-4, disposed));
    expect(Object.keys(result)).toEqual(["suite", "case", "ours", "peer", "peerName", "unit", "ratio"]);
    expect(result).toMatchObject({ suite: "test", case: "waiting", peerName: "sloth", unit: "ms" });
    expect(result.ratio).toBeGreaterThan(1);
    expect(result.peer).toBeGreaterThan(result.ours);
    expect([distance, rounds, disposed]).toEqual([1e-4, 3, ["disposed"]]);
  });

  it("leaves rounds out in which the multiply-add loop was slow, and fails where too few are left", async () => {
    const { rounds, dropped } = await hold(contest(0), [1.05, 1.2, 2, 1, 1]);
    expect([rounds, dropped]).toEqual([3, 2]);
    const busy = [1, ...Array.from({ length: 17 }, () => 1.2)];
    await expect(hold(contest(0), busy)).rejects.toThrow(
      'other work slowed the machine down in 5 of 5 rounds of test "waiting" and sloth.',
    );
  });

  it("judges every round by the least time of all of them", async () => {
    const witnesses = [1.05, 1.02, 0.94, 1, 1.1];
    let taken = 0;
    const take = async () => [{ value: taken, witness: witnesses[taken++] as number }] as const;
    const { kept, dropped } = await undisturbed(take, { wanted: 3, most: 9 });
    expect(kept.map(([{ value }]) => value)).toEqual([1, 2, 3]);
    expect(dropped).toBe(1);
  });

  it("tells rates where the work is known", async () => {
    const { result } = await hold({ ...contest(0), flops: 1e9 });
    expect(result.unit).toBe("GFLOP/s");
    expect(result.ratio).toBeGreaterThan(1);
    expect(result.ours).toBeGreaterThan(result.peer);
  });

  it("does not time what disagrees, a distance that is no number included", async () => {
    for (const distance of [2e-3, Number.NaN]) {
      const disposed: string[] = [];
      await expect(hold(contest(distance, disposed))).rejects.toThrow(
        `bench/peers: test "waiting" and sloth disagree: the distance is ${distance}, at most 0.001 is allowed.`,
      );
      expect(disposed).toEqual(["disposed"]);
    }
  });

  it("measures distances relative to the size of the second", () => {
    expect(relativeDistance([3, 4], [3, 4])).toBe(0);
    expect(relativeDistance([3, 4 + 0.5], [3, 4])).toBeCloseTo(0.1);
    expect(relativeDistance([3], [3, 4])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeDistance([Number.NaN, 4], [3, 4])).toBeNaN();
  });
});

describe("a chart", () => {
  const lengths = (svg: string) =>
    [...svg.matchAll(/<rect x="\d+" [^>]*width="([\d.]+)" height="12"/g)].map(([, width]) => Number(width));
  const groups = [
    {
      label: "a < b & c",
      bars: [
        { name: "aretejs", value: 10 },
        { name: "jax-js", value: 1000 },
      ],
    },
  ];

  it("draws bars as long as values are large, or as their logarithms", () => {
    const [short, long] = lengths(chart({ title: "t", unit: "ms", groups })) as [number, number];
    expect(long / short).toBeCloseTo(100, 0);
    const [less, more] = lengths(chart({ title: "t", unit: "ms", groups, isLogarithmic: true })) as [number, number];
    // The axis begins below the least value, so that it has a length, too.
    expect(more).toBeGreaterThan(less);
    expect(less).toBeGreaterThan(2);
  });

  it("escapes what would be markup", () => {
    expect(chart({ title: "t", unit: "ms", groups })).toContain("a &lt; b &amp; c");
  });
});
