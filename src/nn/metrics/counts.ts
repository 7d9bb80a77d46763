// Counts of true and false positives and negatives at thresholds.
import { shapeError } from "../../errors.ts";
import { formatShape, sizeOf } from "../../ir/shape.ts";
import { cumsum } from "../../tensor/ops/cumsum.ts";
import {
  add,
  ceil,
  clip,
  equal,
  greater,
  less,
  maximum,
  mul,
  notEqual,
  sub,
  where,
} from "../../tensor/ops/elementwise.ts";
import { range } from "../../tensor/ops/indexing.ts";
import { slice } from "../../tensor/ops/joining.ts";
import { tensor } from "../../tensor/ops/leaf.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { broadcastTo, expandDims, reshape, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pair } from "../loss.ts";
import { histogram } from "./batch-sums.ts";

/** Confusion counts at each threshold: [thresholds], or [thresholds, labels] where labels are kept apart. */
export interface Counts {
  readonly truePositives: Tensor;
  readonly falsePositives: Tensor;
  readonly trueNegatives: Tensor;
  readonly falseNegatives: Tensor;
}

/** How predictions are counted. */
export interface CountOptions {
  /** In ascending order. */
  readonly thresholds: readonly number[];
  /**
   * Whether thresholds are i/(n − 1), but for the first and the last, which may lie a little outside [0, 1]. Buckets
   * then take the place of comparisons.
   */
  readonly isEven?: boolean;
  /** Only the k highest predictions of each sample can be positive. */
  readonly topK?: number | undefined;
  /** Only this class counts. */
  readonly classId?: number | undefined;
  /** Count each label by itself. */
  readonly multiLabel?: boolean | undefined;
  /** What each label counts for, where they are counted together. */
  readonly labelWeights?: readonly number[] | undefined;
}

/** Weighted confusion counts of one batch. Labels count as positive where they are not 0. */
export function countsOf(
  name: string,
  yTrue: Tensor,
  yPred: Tensor,
  sampleWeight: Tensor | undefined,
  options: CountOptions,
): Counts {
  let [labels, predictions] = pair(name, yTrue, yPred);
  let weights = sampleWeight && broadcastTo(reshape(sampleWeight, sampleShape(sampleWeight, labels)), labels.shape);
  if (options.labelWeights && !options.multiLabel) {
    const spread = broadcastTo(tensor(Float32Array.from(options.labelWeights)), labels.shape);
    weights = weights ? mul(weights, spread) : spread;
  }
  if (options.topK !== undefined) predictions = keepTop(predictions, options.topK);
  const { classId } = options;
  if (classId !== undefined)
    [labels, predictions, weights] = [
      only(name, labels, classId),
      only(name, predictions, classId),
      weights && only(name, weights, classId),
    ];
  const width = options.multiLabel ? (labels.shape.at(-1) as number) : 1;
  const flat = (x: Tensor) => reshape(x, [sizeOf(x.shape) / width, width]);
  const positive = flat(notEqual(labels, 0));
  const weight = weights && flat(weights);
  const yes = weight ? mul(positive, weight) : positive;
  const no = weight ? mul(sub(1, positive), weight) : sub(1, positive);
  const divide = options.isEven ? divideByBucket : divideByComparison;
  const [ofPositives, ofNegatives] = [yes, no].map((mass) =>
    divide(flat(predictions), mass, options.thresholds, !weight),
  ) as [Divided, Divided];
  const shaped = (x: Tensor) =>
    reshape(x, options.multiLabel ? [options.thresholds.length, width] : [options.thresholds.length]);
  return {
    truePositives: shaped(ofPositives.above),
    falsePositives: shaped(ofNegatives.above),
    trueNegatives: shaped(ofNegatives.below),
    falseNegatives: shaped(ofPositives.below),
  };
}

/**
 * Total weight of the predictions above each threshold and of all others, [thresholds, labels]. Both are summed
 * directly: subtracting from the total would lose the digits of a small one.
 */
interface Divided {
  readonly above: Tensor;
  readonly below: Tensor;
}

/** Divides a mass [n, labels] by comparing all predictions with all thresholds. */
function divideByComparison(predictions: Tensor, mass: Tensor, thresholds: readonly number[]): Divided {
  const isAbove = greater(transpose(predictions), tensor(Float32Array.from(thresholds), [thresholds.length, 1, 1]));
  const total = (which: Tensor) => sum(mul(which, transpose(mass)), -1);
  return { above: total(isAbove), below: total(sub(1, isAbove)) };
}

/**
 * The same for even thresholds: each prediction falls into the bucket between two of them, and buckets are added up
 * from either end.
 */
function divideByBucket(predictions: Tensor, mass: Tensor, thresholds: readonly number[], isWhole: boolean): Divided {
  const [count, width] = [thresholds.length, mass.shape[1] as number];
  const bucket = ceil(mul(clip(predictions, 0, 1), count - 1));
  // A first threshold below 0 lies under predictions of exactly 0.
  const index = (thresholds[0] as number) < 0 ? maximum(bucket, 1) : bucket;
  const buckets = reshape(histogram(add(mul(index, width), range(width)), mass, (count + 1) * width, isWhole), [
    count + 1,
    width,
  ]);
  const upTo = (sums: Tensor) => slice(sums, [0, 0], [count, width]);
  return { above: upTo(cumsum(buckets, 0, { reverse: true, exclusive: true })), below: upTo(cumsum(buckets, 0)) };
}

/** The k highest predictions of each sample as they are (the first of equals), all others far below every threshold. */
function keepTop(predictions: Tensor, k: number): Tensor {
  const classes = predictions.shape.at(-1) as number;
  const [self, other] = [expandDims(predictions, -1), expandDims(predictions, -2)];
  const isEarlier = less(range(classes), expandDims(range(classes), -1));
  const rank = sum(add(greater(other, self), mul(equal(other, self), isEarlier)), -1);
  return where(less(rank, k), predictions, -1e10);
}

function only(name: string, x: Tensor, classId: number): Tensor {
  const classes = x.shape.at(-1) as number;
  if (x.rank < 2 || classId >= classes) {
    throw shapeError(name, {
      rule: "classId names one of the classes",
      expected: `[batch, more than ${classId}]`,
      received: formatShape(x.shape),
    });
  }
  return slice(x, [...new Array<number>(x.rank - 1).fill(0), classId], [...x.shape.slice(0, -1), 1]);
}

/** [batch] as [batch, 1, …]. */
function sampleShape(weight: Tensor, labels: Tensor): number[] {
  return [...weight.shape, ...new Array<number>(Math.max(0, labels.rank - weight.rank)).fill(1)];
}
