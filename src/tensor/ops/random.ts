// Random numbers that depend on seed, stream, step and element only.
import { checkNumber, shapeError } from "../../errors.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { defineOp, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { add, erfinv, less, mul } from "./elementwise.ts";
import { concat } from "./joining.ts";
import { tensor } from "./leaf.ts";

/** Uniform numbers in (0, 1); input: the key, int32 [4] of seed (low, high) and step (low, high). */
export const randomOp = /* @__PURE__ */ defineOp<{ shape: Shape; stream: number }>({
  name: "random",
  infer: (_, { shape }) => ({ shape, dtype: "float32" }),
  vjp: () => [null],
  lower: (ctx, [key], output, { stream }) => {
    const result = ctx.allocate(output.shape, "float32");
    ctx.emit({ kind: "random", stream, count: sizeOf(output.shape), key: ctx.contiguous(key as View), output: result });
    return result;
  },
});

/** What every random op takes. */
export interface RandomOptions {
  /**
   * A whole number, or a key tensor int32 [4] (see {@link randomKey}) that may change from run to run; of three words
   * where the step stays below 2^32.
   */
  seed: number | Tensor;
  /** Numbers of different streams are independent under one seed. Default 0. */
  stream?: number;
}

/** The key for a seed at a step, both of up to 53 bits: int32 [4] of seed (low, high) and step (low, high). */
export function randomKey(seed: number, step = 0): Int32Array {
  checkNumber("random", "seed", seed, "a whole number within ±2^53", Number.isSafeInteger);
  return setStep(Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32) | 0, 0, 0), step);
}

/** Writes the step into a key. */
export function setStep(key: Int32Array, step: number): Int32Array {
  key[2] = step;
  key[3] = step / 2 ** 32;
  return key;
}

/** @throws ShapeError where it is no key. */
function wholeKey(key: Tensor): Tensor {
  const [words = 0] = key.shape;
  if (key.rank === 1 && key.dtype === "int32" && words === 3) return concat([key, tensor(new Int32Array(1))]);
  if (key.rank === 1 && key.dtype === "int32" && words === 4) return key;
  throw shapeError("random", {
    rule: "seed is a number or a key",
    expected: "int32 [4]",
    received: `${key.dtype} ${formatShape(key.shape)}`,
  });
}

const randomTable: OptionTable<RandomOptions> = { seed: "number or object!", stream: "number" };

function uniform01(shape: Shape, { seed, stream = 0 }: RandomOptions): Tensor {
  checkShape("random", shape);
  checkNumber(
    "random",
    "stream",
    stream,
    "a whole number in [0, 2^32)",
    (n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32,
  );
  return record(randomOp, [typeof seed === "number" ? tensor(randomKey(seed)) : wholeKey(seed)], { shape, stream });
}

/** Uniform in (low, high), by default (0, 1). Same seed and stream: same numbers, on every backend. */
export function randomUniform(
  shape: Shape,
  options: RandomOptions & {
    /** Least value. Default 0. */
    low?: number;
    /** Values are below it. Default 1. */
    high?: number;
  },
): Tensor {
  const {
    low = 0,
    high = 1,
    ...random
  } = checkOptions("randomUniform", options, { ...randomTable, low: "number", high: "number" });
  const u = uniform01(shape, random);
  return low === 0 && high === 1 ? u : add(mul(u, high - low), low);
}

/** Options of {@link randomNormal} and {@link randomTruncatedNormal}. */
export interface NormalOptions extends RandomOptions {
  /** Default 0. */
  mean?: number;
  /** Standard deviation. Default 1. */
  stddev?: number;
}

/** Normal by the inverse distribution function, restricted to this share of it around the mean. */
function normal(name: string, shape: Shape, given: NormalOptions, share: number): Tensor {
  const options = checkOptions(name, given, { ...randomTable, mean: "number", stddev: "number" });
  const { mean = 0, stddev = 1, ...random } = options;
  const u = randomUniform(shape, { ...random, low: -share, high: share });
  return add(mul(erfinv(u), Math.SQRT2 * stddev), mean);
}

/** Normal with a mean (default 0) and standard deviation (default 1), by the inverse distribution function. */
export function randomNormal(shape: Shape, options: NormalOptions): Tensor {
  return normal("randomNormal", shape, options, 1);
}

/** erf(2/√2): the share of a normal distribution that lies within two standard deviations. */
const withinTwo = 0.9544997361036416;

/** Normal restricted to mean ± 2·stddev (so its own deviation is 0.8796·stddev), as Keras's TruncatedNormal. */
export function randomTruncatedNormal(shape: Shape, options: NormalOptions): Tensor {
  return normal("randomTruncatedNormal", shape, options, withinTwo);
}

/** 1 with probability p, else 0. */
export function randomBernoulli(
  shape: Shape,
  options: RandomOptions & {
    /** Probability of 1, in [0, 1]. */
    p: number;
  },
): Tensor {
  const { p, ...random } = checkOptions("randomBernoulli", options, { ...randomTable, p: "number!" });
  checkNumber("randomBernoulli", "p", p, "a number in [0, 1]", (p) => p >= 0 && p <= 1);
  return less(uniform01(shape, random), p);
}
