// Intersection over union.
import { checkCount } from "../../checks.ts";
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { checkSize, formatShape, sizeOf } from "../../ir/shape.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import {
  add,
  cast,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  mul,
  notEqual,
  sub,
  where,
} from "../../tensor/ops/elementwise.ts";
import { range } from "../../tensor/ops/indexing.ts";
import { tensor } from "../../tensor/ops/leaf.ts";
import { argmax, sum } from "../../tensor/ops/reduction.ts";
import { broadcastTo, expandDims, ones, reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { described, type Metric, MetricBase, type MetricOptions, metricTable, type VariableUpdate } from "../metric.ts";
import { histogram } from "./batch-sums.ts";

/** Options of the metrics of overlap. */
export interface MeanIouOptions extends MetricOptions {
  /** Number of classes, ≥ 1. */
  numClasses: number;
  /** A label that does not count. Default: none. */
  ignoreClass?: number;
  /** Whether labels are class numbers rather than a score per class. Default true. */
  sparseYTrue?: boolean;
  /** Whether predictions are class numbers rather than a score per class. Default true. */
  sparseYPred?: boolean;
  /** The axis of the scores. Default −1. */
  axis?: number;
}

/** Options of {@link iou}. */
export interface IouOptions extends MeanIouOptions {
  /** The classes whose overlap is averaged. */
  targetClassIds: readonly number[];
}

const oneHotTable: OptionTable<Omit<MeanIouOptions, "sparseYTrue" | "name">> = {
  numClasses: "number!",
  ignoreClass: "number",
  sparseYPred: "boolean",
  axis: "number",
};

/**
 * Intersection over union tp/(tp + fp + fn) per class, averaged over the target classes that occur.
 * @throws ValueError on class numbers out of range.
 * @see Keras 3 `metrics.IoU`.
 */
export function iou(given: IouOptions): Metric {
  const table = { targetClassIds: "list!", sparseYTrue: "boolean", ...oneHotTable, ...metricTable } as const;
  const { name = "iou", ...options } = checkOptions("iou", given, table);
  return described("iou", given, new Overlap(name, "iou", options));
}

/** {@link iou} over all classes. @see Keras 3 `metrics.MeanIoU`. */
export function meanIou(given: MeanIouOptions): Metric {
  const { name = "meanIou", ...options } = checkOptions("meanIou", given, {
    sparseYTrue: "boolean",
    ...oneHotTable,
    ...metricTable,
  });
  return described("meanIou", given, new Overlap(name, "meanIou", withAllClasses(options)));
}

/** {@link iou} for one-hot labels and scores per class. @see Keras 3 `metrics.OneHotIoU`. */
export function oneHotIou(given: Omit<IouOptions, "sparseYTrue">): Metric {
  const { name = "oneHotIou", ...options } = checkOptions("oneHotIou", given, {
    targetClassIds: "list!",
    ...oneHotTable,
    ...metricTable,
  });
  return described(
    "oneHotIou",
    given,
    new Overlap(name, "oneHotIou", { sparseYPred: false, ...options, sparseYTrue: false }),
  );
}

/** {@link meanIou} for one-hot labels and scores per class. @see Keras 3 `metrics.OneHotMeanIoU`. */
export function oneHotMeanIou(given: Omit<MeanIouOptions, "sparseYTrue">): Metric {
  const { name = "oneHotMeanIou", ...options } = checkOptions("oneHotMeanIou", given, {
    ...oneHotTable,
    ...metricTable,
  });
  return described(
    "oneHotMeanIou",
    given,
    new Overlap(name, "oneHotMeanIou", withAllClasses({ sparseYPred: false, ...options, sparseYTrue: false })),
  );
}

/** Options of {@link binaryIou}. */
export interface BinaryIouOptions extends MetricOptions {
  /** Default [0, 1]. */
  targetClassIds?: readonly number[];
  /** Predictions from here on are class 1. Default 0.5. */
  threshold?: number;
}

/** {@link iou} for labels 0 and 1 and probabilities. @see Keras 3 `metrics.BinaryIoU`. */
export function binaryIou(options: BinaryIouOptions = {}): Metric {
  const table = { targetClassIds: "list", threshold: "number", ...metricTable } as const;
  const { name = "binaryIou", targetClassIds = [0, 1], threshold = 0.5 } = checkOptions("binaryIou", options, table);
  checkNumber("binaryIou", "threshold", threshold, "a number in [0, 1]", (t) => t >= 0 && t <= 1);
  return described(
    "binaryIou",
    options,
    new Overlap(name, "binaryIou", { numClasses: 2, targetClassIds }, (yPred) => greaterEqual(yPred, threshold)),
  );
}

function withAllClasses(options: MeanIouOptions): IouOptions {
  const { numClasses } = options;
  // The counts are a matrix of classes.
  checkSize("meanIou", [numClasses, numClasses]);
  return { ...options, targetClassIds: Array.from({ length: options.numClasses }, (_, id) => id) };
}

class Overlap extends MetricBase {
  /** Rows are labels, columns predictions. */
  private readonly confusion;

  constructor(
    name: string,
    private readonly kind: string,
    private readonly options: IouOptions,
    private readonly classify: (yPred: Tensor) => Tensor = (yPred) => yPred,
  ) {
    super(name, "max");
    const { numClasses, targetClassIds } = options;
    checkCount(kind, "numClasses", numClasses, 1);
    if (
      targetClassIds.length === 0 ||
      targetClassIds.some((id) => !Number.isInteger(id) || id < 0 || id >= numClasses)
    ) {
      throw valueError(kind, {
        rule: "targetClassIds are class numbers",
        expected: `integers in [0, ${numClasses - 1}]`,
        received: targetClassIds,
      });
    }
    this.confusion = this.addSum("confusion", [numClasses, numClasses]);
  }

  override fresh(): Overlap {
    return new Overlap(this.name, this.kind, this.options, this.classify);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): readonly VariableUpdate[] {
    const { numClasses, ignoreClass, sparseYTrue = true, sparseYPred = true, axis = -1 } = this.options;
    const labels = flatten(sparseYTrue ? yTrue : argmax(yTrue, axis));
    const guesses = flatten(this.classify(sparseYPred ? yPred : argmax(yPred, axis)));
    if (labels.shape[0] !== guesses.shape[0]) {
      throw shapeError(this.name, {
        rule: "labels and predictions are as many",
        expected: formatShape(yPred.shape),
        received: formatShape(yTrue.shape),
      });
    }
    const inRange = (x: Tensor) => mul(lessEqual(0, x), less(x, numClasses));
    const known = mul(inRange(labels), inRange(guesses));
    const counts = ignoreClass === undefined ? known : mul(known, notEqual(labels, ignoreClass));
    // Out of range is passed over.
    const cell = where(counts, add(mul(labels, numClasses), guesses), -1);
    const weights = sampleWeight ? spread(sampleWeight, labels.shape[0] as number) : ones(labels.shape);
    const batch = histogram(cell, weights, numClasses * numClasses, !sampleWeight);
    return this.confusion.add(reshape(batch, [numClasses, numClasses]));
  }

  override result(): Tensor {
    const { numClasses, targetClassIds } = this.options;
    const identity = equal(expandDims(range(numClasses), 1), range(numClasses));
    const confusion = this.confusion.value;
    const hits = sum(mul(confusion, identity), 0);
    const union = sub(add(sum(confusion, 0), sum(confusion, 1)), hits);
    // How often each class is among the targets.
    const counts = new Float32Array(numClasses);
    for (const id of targetClassIds) counts[id] = (counts[id] as number) + 1;
    const occurs = mul(tensor(counts), greater(union, 1e-9));
    return div(sum(where(occurs, mul(occurs, div(hits, add(union, 1e-7))), 0)), add(sum(occurs), 1e-7));
  }
}

const flatten = (x: Tensor): Tensor => reshape(cast(x, "float32"), [sizeOf(x.shape)]);

/** Weights [n], or [batch] of samples of several values each. */
function spread(sampleWeight: Tensor, count: number): Tensor {
  const weights = reshape(sampleWeight, [sizeOf(sampleWeight.shape), 1]);
  return reshape(broadcastTo(weights, [weights.shape[0] as number, count / (weights.shape[0] as number)]), [count]);
}
