import { describe, expect, it } from "vitest";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inSequence,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  powerDecay,
  warmup,
} from "../../src/optim/index.ts";

const decay = { initialLearningRate: 0.1, decaySteps: 10 };

describe("schedules check their options, at both ends of every range", () => {
  const refused: [() => unknown, string][] = [
    [
      () => exponentialDecay({ ...decay, decaySteps: 0, decayRate: 0.5 }),
      "exponentialDecay: decaySteps must be a finite number > 0. Expected a finite number > 0, received 0.",
    ],
    [() => exponentialDecay({ ...decay, decayRate: -0.5 }), "exponentialDecay: decayRate must be a finite number ≥ 0"],
    [
      () => inverseTimeDecay({ ...decay, initialLearningRate: -1, decayRate: 1 }),
      "inverseTimeDecay: initialLearningRate must be a finite number ≥ 0",
    ],
    [() => powerDecay({ ...decay, exponent: -1 }), "powerDecay: exponent must be a finite number ≥ 0"],
    [
      () => piecewiseConstantDecay({ boundaries: [1], values: [1] }),
      "piecewiseConstantDecay: there is one value more than boundaries. Expected 2 values, received 1.",
    ],
    [
      () => piecewiseConstantDecay({ boundaries: [2, 2], values: [1, 2, 3] }),
      "piecewiseConstantDecay: boundaries must rise. Expected each larger than the one before, received [2, 2].",
    ],
    [() => polynomialDecay({ ...decay, power: 0 }), "polynomialDecay: power must be a finite number > 0"],
    [() => cosineDecay({ ...decay, alpha: 1.1 }), "cosineDecay: alpha must be a number in [0, 1]"],
    [() => cosineDecay({ ...decay, warmupSteps: 0.5 }), "cosineDecay: warmupSteps must be an integer ≥ 0"],
    [
      () => cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 0 }),
      "cosineDecayRestarts: firstDecaySteps must be a finite number > 0",
    ],
    [
      () => cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 5, tMul: 0.9 }),
      "cosineDecayRestarts: tMul must be a finite number ≥ 1",
    ],
    [() => warmup({ steps: 0, target: 1 }), "warmup: steps must be an integer ≥ 1"],
    [() => inSequence([]), "inSequence: there must be a schedule. Expected at least one part, received none."],
    [() => inSequence([{ schedule: 1 }, { schedule: 2 }]), "inSequence: steps of part 0 must be an integer ≥ 1"],
    [() => oneCycle({ maxLearningRate: 0, steps: 10 }), "oneCycle: maxLearningRate must be a finite number > 0"],
    [() => oneCycle({ maxLearningRate: 1, steps: 1 }), "oneCycle: steps must be an integer ≥ 2"],
    [
      () => oneCycle({ maxLearningRate: 1, steps: 10, warmupShare: 1 }),
      "oneCycle: warmupShare must be a number in (0, 1)",
    ],
    [
      () => oneCycle({ maxLearningRate: 1, steps: 10, minMomentum: 0.96 }),
      "oneCycle: momentum must be in order. Expected minMomentum ≤ maxMomentum (0.95), received 0.96.",
    ],
    [
      () => oneCycle({ maxLearningRate: 1, steps: 10, shape: "round" as never }),
      'oneCycle: unknown shape. Expected "cosine" or "linear", received round.',
    ],
  ];
  it.each(refused)("refuses %s", (make, text) => {
    expect(make).toThrow(text);
  });

  it("takes the ends that are allowed", () => {
    expect(cosineDecay({ ...decay, alpha: 0 })(10)).toBeCloseTo(0, 12);
    expect(cosineDecay({ ...decay, alpha: 1 })(10)).toBeCloseTo(0.1, 12);
    expect(exponentialDecay({ ...decay, initialLearningRate: 0, decayRate: 0 })(5)).toBe(0);
    expect(powerDecay({ ...decay, exponent: 0 })(99)).toBe(0.1);
  });
});

describe("power scheduling", () => {
  it("halves the rate after one decay, a third after two", () => {
    const rate = powerDecay(decay);
    expect([0, 10, 20].map(rate)).toEqual([0.1, 0.05, 0.1 / 3]);
    expect(powerDecay({ ...decay, exponent: 2 })(10)).toBeCloseTo(0.025, 12);
  });
});

describe("composition", () => {
  it("warms up, then begins the next schedule at its step 0", () => {
    const rate = warmup({
      steps: 4,
      target: exponentialDecay({ initialLearningRate: 0.8, decaySteps: 1, decayRate: 0.5 }),
    });
    [0, 0.2, 0.4, 0.6, 0.8, 0.4, 0.2].forEach((value, step) => {
      expect(rate(step)).toBeCloseTo(value, 12);
    });
    expect(warmup({ steps: 2, from: 0.5, target: 1 })(1)).toBe(0.75);
  });

  it("runs schedules one after the other; the last goes on", () => {
    const rate = inSequence([
      { schedule: 1, steps: 2 },
      { schedule: (step) => 2 + step, steps: 2 },
      { schedule: (step) => 10 * step },
    ]);
    expect([0, 1, 2, 3, 4, 5, 6].map(rate)).toEqual([1, 1, 2, 3, 0, 10, 20]);
  });
});

describe("1cycle", () => {
  it("takes the rate up and down and momentum the other way", () => {
    const { learningRate, momentum } = oneCycle({ maxLearningRate: 1, steps: 100 });
    expect(learningRate(0)).toBeCloseTo(0.04, 12);
    expect(learningRate(29)).toBeCloseTo(1, 12);
    expect(learningRate(99)).toBeCloseTo(4e-6, 12);
    expect(learningRate(1000)).toBeCloseTo(4e-6, 12);
    expect([momentum(0), momentum(29), momentum(99)].map((m) => m.toFixed(6))).toEqual([
      "0.950000",
      "0.850000",
      "0.950000",
    ]);
    for (let step = 1; step < 100; step++) {
      expect(Math.sign(learningRate(step) - learningRate(step - 1))).toBe(step <= 29 ? 1 : -1);
    }
  });

  it("goes along straight lines where asked to", () => {
    const { learningRate } = oneCycle({
      maxLearningRate: 1,
      steps: 21,
      warmupShare: 0.5,
      divideBy: 10,
      shape: "linear",
    });
    expect(learningRate(9.5)).toBeCloseTo(1, 12);
    expect(learningRate(4.75)).toBeCloseTo(0.55, 12);
  });
});
