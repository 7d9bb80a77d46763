// Samples of a batch mixed with each other, and their labels with them: for `dataset.map`, behind `batch`.
import { checkCount, checkSeed } from "../checks.ts";
import { shapeError, valueError } from "../errors.ts";
import { formatShape, sizeOf } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { type ArrayInput, type HostArray, rowsOf, toHostArray } from "./array.ts";
import { symmetricBeta, uniform } from "./beta.ts";
import { HostRandom, shuffle } from "./rng.ts";
import { toCategorical } from "./sequences.ts";
import { commonRows } from "./tree.ts";

/** A batch with labels. */
export type LabelledBatch =
  | {
      /** The samples. */
      readonly x: ArrayInput;
      /** Their labels. */
      readonly y: ArrayInput;
    }
  | readonly [x: ArrayInput, y: ArrayInput];

/** Samples and labels that are mixed, in float32. */
export interface MixedBatch {
  readonly x: HostArray;
  readonly y: HostArray;
}

/** Mixes a batch; what it draws depends on the seed, the number of the batch in its epoch, and that of the epoch. */
export type BatchMixer = (batch: LabelledBatch, index?: number, epoch?: number) => MixedBatch;

/** What {@link mixUp} and {@link cutMix} take. */
export interface MixOptions {
  /** Where labels are class numbers: how many classes there are. Default: labels are vectors, as of `toCategorical`. */
  numClasses?: number;
  /** An integer ≥ 0. Default 0. */
  seed?: number;
}

/** Options of {@link mixUp}. */
export interface MixUpOptions extends MixOptions {
  /** Weights are drawn from Beta(alpha, alpha): the larger, the nearer to ½. > 0. Default 0.2. */
  alpha?: number;
}

/** Options of {@link cutMix}. */
export interface CutMixOptions extends MixOptions {
  /**
   * What alpha is drawn from for each batch, within [0, 1]: `[low, high]`, or a number f for [0, f]. The share that an
   * image keeps is drawn from Beta(alpha, alpha). Default 1.
   */
  factor?: number | readonly [low: number, high: number];
}

const mixTable: OptionTable<MixOptions> = { numClasses: "number", seed: "number" };

/** Streams of random numbers: two for each batch of an epoch, behind those of shuffles and splits. */
const FIRST = 3;

/**
 * Mixes each sample of a batch with another one, and its label in the same proportion: w·a + (1 − w)·b.
 * Shapes: x [batch, …]; y [batch, classes], or [batch] class numbers with `numClasses`.
 * @throws ValueError on options out of range, strings, sample weights, or labels that cannot be mixed.
 * @example const train = dataset({ x, y }).shuffle({ seed: 1 }).batch(32).map(mixUp({ numClasses: 10 }));
 * // compile with "categoricalCrossentropy": labels are vectors now
 * @see Zhang et al. 2017, arXiv:1710.09412; Keras 3 `layers.MixUp`.
 */
export function mixUp(options: MixUpOptions = {}): BatchMixer {
  const owner = "mixUp";
  const checked = checkOptions(owner, options, { alpha: "number", ...mixTable } as OptionTable<MixUpOptions>);
  const { alpha = 0.2, seed } = checkMix(owner, checked);
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw valueError(owner, { rule: "alpha is positive", expected: "a finite number > 0", received: alpha });
  return (given, index = 0, epoch = 0) => {
    const batch = readBatch(owner, given, checked);
    const rows = rowsOf("x", batch.x);
    const random = new HostRandom(seed, FIRST + 2 * index, epoch);
    const partners = shuffle(indices(rows), random);
    const weights = Float32Array.from({ length: rows }, () => symmetricBeta(random, alpha));
    return mixRows(batch, partners, weights);
  };
}

/**
 * Puts a patch of another image of the batch into each one, and mixes their labels in proportion to the areas.
 * Shapes: x [batch, height, width, channels]; y [batch, classes], or [batch] class numbers with `numClasses`.
 * @throws ValueError on options out of range, sample weights, or labels that cannot be mixed; ShapeError on another
 * rank.
 * @example const train = dataset({ x, y }).shuffle({ seed: 1 }).batch(32).map(cutMix({ numClasses: 10 }));
 * @see Yun et al. 2019, arXiv:1905.04899; Keras 3 `layers.CutMix`.
 */
export function cutMix(options: CutMixOptions = {}): BatchMixer {
  const owner = "cutMix";
  const checked = checkOptions(owner, options, {
    factor: "number or list",
    ...mixTable,
  } as OptionTable<CutMixOptions>);
  const { factor = 1, seed } = checkMix(owner, checked);
  const [low, high] = typeof factor === "number" ? [0, factor] : factor;
  if (!(low >= 0 && low <= high && high <= 1))
    throw valueError(owner, {
      rule: "factor is out of range",
      expected: "a number or a rising pair of numbers in [0, 1]",
      received: factor,
    });
  return (given, index = 0, epoch = 0) => {
    const batch = readBatch(owner, given, checked);
    const [rows = 0, height = 0, width = 0] = batch.x.shape;
    if (batch.x.shape.length !== 4)
      throw shapeError(owner, {
        rule: "takes images",
        expected: "[batch, height, width, channels]",
        received: formatShape(batch.x.shape),
      });
    const random = new HostRandom(seed, FIRST + 2 * index + 1, epoch);
    const partners = shuffle(indices(rows), random);
    const alpha = low + uniform(random) * (high - low) + 1e-6;
    const patches = Array.from({ length: rows }, (): Patch => {
      const share = Math.sqrt(1 - symmetricBeta(random, alpha));
      const left = uniform(random) * (width - share * width);
      const top = uniform(random) * (height - share * height);
      return [left, top, left + share * width, top + share * height];
    });
    return cutRows(batch, partners, patches);
  };
}

const indices = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

function checkMix<O extends MixOptions>(owner: string, options: O): O & { seed: number } {
  const { numClasses, seed = 0 } = options;
  if (numClasses !== undefined) checkCount(owner, "numClasses", numClasses, 2);
  return { ...options, seed: checkSeed(owner, seed) };
}

/** Samples and labels as float32 arrays. */
function readBatch(owner: string, batch: LabelledBatch, { numClasses }: MixOptions): MixedBatch {
  const isList = Array.isArray(batch);
  const record = (isList ? { x: batch[0], y: batch[1], more: batch[2] } : batch) as Record<string, ArrayInput>;
  const extra = Object.keys(record ?? {}).find((key) => !["x", "y"].includes(key) && record[key] !== undefined);
  if (record?.x === undefined || record.y === undefined || extra !== undefined) {
    throw valueError(owner, {
      rule: "takes batches of samples and labels, which are mixed; sample weights cannot be",
      expected: "{ x, y } or [x, y]",
      received: extra === undefined ? batch : `${extra} besides`,
    });
  }
  const given = toHostArray("y", record.y);
  const y = numClasses === undefined ? given : toCategorical(given, numClasses);
  if (y.shape.length < 2) {
    throw shapeError(owner, {
      rule: "labels are vectors, or class numbers with numClasses",
      expected: "y [batch, classes]",
      received: formatShape(y.shape),
      advice: "Give numClasses, or y as [batch, 1] where it is one number for each sample.",
    });
  }
  const x = toHostArray("x", record.x);
  commonRows(owner, { x, y });
  return { x: inFloats(x), y: inFloats(y) };
}

const inFloats = ({ data, shape }: HostArray): HostArray => ({
  data: Float32Array.from(data as ArrayLike<number>),
  shape,
});

/** w·row + (1 − w)·partner. */
export function mixRows({ x, y }: MixedBatch, partners: ArrayLike<number>, weights: ArrayLike<number>): MixedBatch {
  return { x: blend(x, partners, weights), y: blend(y, partners, weights) };
}

function blend({ data, shape }: HostArray, partners: ArrayLike<number>, weights: ArrayLike<number>): HostArray {
  const size = sizeOf(shape.slice(1));
  const mixed = new Float32Array(data.length);
  // Loops: Float32Array.from with a function took 28 times as long on 32 images of 96 × 96 × 3 (Node 20).
  for (let row = 0, at = 0; row < weights.length; row++) {
    const weight = weights[row] as number;
    const partner = (partners[row] as number) * size;
    for (let i = 0; i < size; i++, at++)
      mixed[at] = weight * (data[at] as number) + (1 - weight) * (data[partner + i] as number);
  }
  return { data: mixed, shape };
}

/** Left, top, right and bottom, in pixels; what they cut through belongs to a patch with its left and upper corner. */
export type Patch = readonly [left: number, top: number, right: number, bottom: number];

/** Images with patches of their partners. */
export function cutRows({ x, y }: MixedBatch, partners: ArrayLike<number>, patches: readonly Patch[]): MixedBatch {
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const data = Float32Array.from(x.data as ArrayLike<number>);
  const size = height * width * channels;
  patches.forEach(([left, top, right, bottom], image) => {
    const [first, end] = [Math.ceil(left), Math.min(Math.ceil(right), width)];
    if (end <= first) return;
    for (let row = Math.ceil(top); row < Math.min(bottom, height); row++) {
      const at = (row * width + first) * channels;
      const from = (partners[image] as number) * size + at;
      data.set((x.data as Float32Array).subarray(from, from + (end - first) * channels), image * size + at);
    }
  });
  const kept = patches.map(([left, top, right, bottom]) => 1 - ((right - left) * (bottom - top)) / (width * height));
  return { x: { data, shape: x.shape }, y: blend(y, partners, kept) };
}
