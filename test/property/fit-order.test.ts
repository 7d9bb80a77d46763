import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { datasetFrom } from "../../src/data/dataset.ts";
import type { BatchStream } from "../../src/train/batch-maker.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { recordedModel, samplesOfFit } from "../unit/train-support.ts";

interface Plan {
  samples: number;
  batchSize: number | undefined;
  stepsPerEpoch: number | undefined;
  epochs: number;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  samples: fc.integer({ min: 1, max: 12 }),
  batchSize: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  stepsPerEpoch: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  epochs: fc.integer({ min: 1, max: 6 }),
});

/**
 * [pass over the data, batch of the pass] for each step of each epoch, as Keras's EpochIterator goes through arrays.
 */
function stepsOfKeras({ stepsPerEpoch, epochs }: Plan, batches: number): [pass: number, batch: number][][] {
  let pass = -1;
  let seen = batches;
  return Array.from({ length: epochs }, () => {
    const steps: [number, number][] = [];
    if (stepsPerEpoch === undefined || seen >= batches) {
      pass++;
      seen = 0;
    }
    for (let step = 0; step < (stepsPerEpoch ?? batches) && seen < batches; step++) steps.push([pass, seen++]);
    return steps;
  });
}

const sizeOf = ({ samples, batchSize, stepsPerEpoch }: Plan) =>
  batchSize ?? (stepsPerEpoch ? Math.ceil(samples / stepsPerEpoch) : 32);
const optionsOf = ({ batchSize, stepsPerEpoch, epochs }: Plan, more: FitOptions = {}): FitOptions => ({
  epochs,
  ...(batchSize && { batchSize }),
  ...(stepsPerEpoch && { stepsPerEpoch }),
  ...more,
});

describe("the samples of each step are those of Keras", () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const recorded = recordedModel();

  it("in their order where nothing is shuffled", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const size = sizeOf(plan);
        const rows = Array.from({ length: plan.samples }, (_, row) => row);
        const expected = stepsOfKeras(plan, Math.ceil(plan.samples / size)).map((steps) =>
          steps.map(([, batch]) => rows.slice(batch * size, (batch + 1) * size)),
        );
        expect(await samplesOfFit(plan.samples, optionsOf(plan, { shuffle: false }), recorded)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("in an order of its own for each pass over the data, the same again with the same seed", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 0, max: 1000 }), async (plan, seed) => {
        const steps = stepsOfKeras(plan, Math.ceil(plan.samples / sizeOf(plan)));
        const found = await samplesOfFit(plan.samples, optionsOf(plan, { seed }), recorded);
        expect(found.map((epoch) => epoch.length)).toEqual(steps.map((epoch) => epoch.length));
        const passes: number[][] = [];
        steps.flat().forEach(([pass], step) => {
          passes[pass] = [...(passes[pass] ?? []), ...(found.flat()[step] as number[])];
        });
        for (const pass of passes) expect(new Set(pass).size).toBe(pass.length);
        for (const whole of passes.filter((pass) => pass.length === plan.samples))
          expect([...whole].sort((a, b) => a - b)).toEqual([...whole.keys()]);
        if (plan.samples > 8) expect(new Set(passes.map(String)).size).toBe(passes.length);
        expect(await samplesOfFit(plan.samples, optionsOf(plan, { seed }), recorded)).toEqual(found);
      }),
      { numRuns: 40 },
    );
  });

  it("also from a function that makes batches, which is called again at their end", async () => {
    const plan = { epochs: 5, stepsPerEpoch: 2 };
    const taken: number[] = [];
    function* batches() {
      for (let i = 0; i < 4; i++) {
        taken.push(i);
        yield { x: [[i]], y: [[i]] };
      }
    }
    for (const stream of [datasetFrom(batches), datasetFrom(batches, { size: 4 })] as BatchStream[]) {
      taken.length = 0;
      const { epoch } = await recorded.model.fit(stream, { ...plan, verbose: 0 });
      expect(epoch).toEqual([0, 1, 2, 3, 4]);
      expect(taken).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
    }
  });
});

describe("fit after fit is one run", () => {
  const { samples, ...options } = { samples: 9, batchSize: 2 };

  it("three calls with one epoch, one with three, and one that goes on are alike", async () => {
    const together = await samplesOfFit(samples, { ...options, epochs: 3 });
    const recorded = recordedModel();
    const apart: number[][][] = [];
    for (let i = 0; i < 3; i++) apart.push(...(await samplesOfFit(samples, { ...options, epochs: 1 }, recorded)));
    expect(apart).toEqual(together);
    expect(new Set(together.map(String)).size).toBe(3);
    expect(await samplesOfFit(samples, { ...options, epochs: 3, initialEpoch: 2 })).toEqual(together.slice(2));
    // Where it goes on from, the calls after it do, too.
    const [fourth] = await samplesOfFit(samples, options, recorded);
    const resumed = recordedModel();
    await samplesOfFit(samples, { ...options, epochs: 3, initialEpoch: 2 }, resumed);
    expect(await samplesOfFit(samples, options, resumed)).toEqual([fourth]);
  });

  it("a seed of the call's own says the order, whatever was trained before", async () => {
    const recorded = recordedModel();
    const first = await samplesOfFit(samples, { ...options, seed: 7 }, recorded);
    await samplesOfFit(samples, { ...options, epochs: 2 }, recorded);
    expect(await samplesOfFit(samples, { ...options, seed: 7 }, recorded)).toEqual(first);
    expect(await samplesOfFit(samples, { ...options, seed: 8 }, recorded)).not.toEqual(first);
  });

  it("compile begins a new one", async () => {
    const recorded = recordedModel();
    const first = await samplesOfFit(samples, options, recorded);
    expect(await samplesOfFit(samples, options, recorded)).not.toEqual(first);
    recorded.compile();
    expect(await samplesOfFit(samples, options, recorded)).toEqual(first);
  });
});
