import { describe, expect, it } from "vitest";
import { perAxis, windowGeometry } from "../../src/tensor/ops/window.ts";

const one = (
  n: number,
  size: number,
  stride: number,
  padding: "valid" | "same" | "causal" | readonly (readonly [number, number])[],
  dilation = 1,
) => {
  const { outputs, low, high } = windowGeometry("pool", [n], {
    size: [size],
    strides: [stride],
    dilations: [dilation],
    padding,
  });
  return [outputs[0], low[0], high[0]];
};

describe("windowGeometry", () => {
  it("valid drops what does not fill a window", () => {
    expect(one(7, 2, 2, "valid")).toEqual([3, 0, 0]);
    expect(one(7, 3, 1, "valid")).toEqual([5, 0, 0]);
    expect(one(7, 3, 1, "valid", 3)).toEqual([1, 0, 0]);
    expect(one(5, 5, 9, "valid")).toEqual([1, 0, 0]);
  });

  it("same gives ⌈n / stride⌉ and the odd element after the input", () => {
    expect(one(7, 2, 2, "same")).toEqual([4, 0, 1]);
    expect(one(6, 3, 2, "same")).toEqual([3, 0, 1]);
    expect(one(7, 3, 2, "same")).toEqual([4, 1, 1]);
    expect(one(7, 4, 1, "same", 2)).toEqual([7, 3, 3]);
    expect(one(5, 1, 3, "same")).toEqual([2, 0, 0]);
    expect(one(2, 5, 1, "same")).toEqual([2, 2, 2]);
  });

  it("causal looks back only", () => {
    expect(one(7, 3, 1, "causal")).toEqual([7, 2, 0]);
    expect(one(7, 3, 2, "causal", 2)).toEqual([4, 4, 0]);
  });

  it("takes pairs", () => {
    expect(one(7, 3, 2, [[1, 2]])).toEqual([4, 1, 2]);
    expect(one(1, 3, 1, [[2, 0]])).toEqual([1, 2, 0]);
  });

  it("keeps axes apart", () => {
    expect(windowGeometry("conv", [5, 8], { size: [3, 2], strides: [1, 2], padding: "same" })).toEqual({
      size: [3, 2],
      strides: [1, 2],
      dilations: [1, 1],
      outputs: [5, 4],
      low: [1, 0],
      high: [1, 0],
    });
  });

  it("names both shapes where a window is larger than its input", () => {
    expect(() => windowGeometry("conv2d", [2, 9], { size: [3, 3], strides: [1, 1], padding: "valid" })).toThrow(
      'conv2d: a window may not be larger than the padded input. Expected a window within [2, 9], received [3, 3] (input [2, 9], window [3, 3], padding "valid"). Use padding "same" or a smaller window.',
    );
    expect(() => windowGeometry("conv1d", [4], { size: [3], strides: [1], dilations: [2], padding: [[0, 0]] })).toThrow(
      "received [3] at dilation [2]",
    );
    expect(one(3, 3, 1, "valid")).toEqual([1, 0, 0]);
  });

  it("refuses sizes that kernels cannot count to: their places are numbers of 32 bits", () => {
    const most = 2 ** 28;
    const make = (change: object) => () =>
      windowGeometry("pool", [5, 4], { size: [2, 2], strides: [1, 1], padding: "same", ...change });
    for (const large of [2 ** 31, 2 ** 32 + 1, 2 ** 53]) {
      expect(make({ strides: [1, large] })).toThrow(
        `Expected 2 integers ≥ 1, at most ${most}, received [1, ${large}] (spatial axes [5, 4]).`,
      );
      expect(make({ dilations: [1, large] })).toThrow(`dilations must be whole numbers`);
      expect(make({ size: [1, large] })).toThrow(`window sizes must be whole numbers`);
      expect(() => perAxis("pool", "strides", large, 2)).toThrow(
        `Expected an integer ≥ 1, or 2 of them, at most ${most}, received ${large}.`,
      );
    }
    expect(make({ dilations: [1, most] })).toThrow(
      `pool: windows and padding must be of a usable size. Expected at most ${most} steps`,
    );
    expect(
      make({
        padding: [
          [0, 2 ** 40],
          [0, 0],
        ],
      }),
    ).toThrow("windows and padding must be of a usable size");
    expect(make({ strides: [1, most] })().outputs).toEqual([5, 1]);
  });

  it("refuses strides, sizes, dilations and paddings that mean nothing", () => {
    const make = (change: object) => () =>
      windowGeometry("pool", [4, 4], { size: [2, 2], strides: [1, 1], padding: "valid", ...change });
    expect(make({ strides: [1, 0] })).toThrow(
      "pool: strides must be whole numbers, one for each spatial axis. Expected 2 integers ≥ 1, received [1, 0] (spatial axes [4, 4]).",
    );
    expect(make({ size: [2] })).toThrow("window sizes must be whole numbers");
    expect(make({ size: [0, 1] })).toThrow("window sizes must be whole numbers");
    expect(make({ dilations: [1, 0] })).toThrow("dilations must be whole numbers");
    expect(make({ dilations: [1, 1.5] })).toThrow("dilations must be whole numbers");
    expect(make({ padding: "full" })).toThrow(
      'pool: unknown padding. Expected "valid", "same", "causal" or a pair of integers ≥ 0 for each spatial axis, received full.',
    );
    expect(make({ padding: [[0, 0]] })).toThrow("unknown padding");
    expect(
      make({
        padding: [
          [0, -1],
          [0, 0],
        ],
      }),
    ).toThrow("unknown padding");
    expect(
      make({
        padding: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      }),
    ).toThrow("one pair for each spatial axis. Expected 2 pairs");
    expect(make({})).not.toThrow();
  });
});

describe("perAxis", () => {
  it("takes a number for all or one for each", () => {
    expect(perAxis("pool", "poolSize", 2, 3)).toEqual([2, 2, 2]);
    expect(perAxis("pool", "poolSize", [2, 3], 2)).toEqual([2, 3]);
    expect(() => perAxis("pool", "poolSize", [2, 3], 3)).toThrow(
      "pool: poolSize must be whole numbers. Expected an integer ≥ 1, or 3 of them, received [2, 3].",
    );
    expect(() => perAxis("pool", "poolSize", 0, 1)).toThrow(
      "pool: poolSize must be whole numbers. Expected an integer ≥ 1, received 0.",
    );
    expect(() => perAxis("pool", "poolSize", 1.5, 2)).toThrow("poolSize");
  });
});
