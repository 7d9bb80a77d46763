// What is known of a model's outputs: the loss, the activation at the end, the labels of a few batches.
import { sizeOf } from "../../ir/shape.ts";
import type { Loss } from "../../nn/loss.ts";
import { log } from "../../tensor/portable.ts";
import type { HeldBatch } from "./held-batches.ts";

/** One output with its loss and labels. */
export interface OutputFacts {
  /** Its name among the model's outputs. */
  readonly name: string;
  readonly loss: Loss;
  /** Name of the activation that it ends with; undefined for none. */
  readonly activation: string | undefined;
  /** Shape of predictions, with the samples of the first batch. */
  readonly shape: readonly number[];
  /** Shape of labels, likewise. */
  readonly labelShape: readonly number[];
  /** Labels of all batches. */
  readonly labels: Float64Array;
}

/** All labels of an output, one after the other. */
export function labelsOf(batches: readonly HeldBatch[], output: number): Float64Array {
  const parts = batches.flatMap(({ y }) => (y[output] ? [y[output]] : []));
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** What a loss is about. */
export type LossFamily = "sparse" | "oneHot" | "binary" | "regression" | "other";

const families: Readonly<Record<string, LossFamily>> = {
  sparseCategoricalCrossentropy: "sparse",
  categoricalCrossentropy: "oneHot",
  categoricalFocalCrossentropy: "oneHot",
  categoricalGeneralizedCrossEntropy: "oneHot",
  binaryCrossentropy: "binary",
  binaryFocalCrossentropy: "binary",
  meanSquaredError: "regression",
  meanAbsoluteError: "regression",
  huber: "regression",
  logCosh: "regression",
};

export const familyOf = ({ kind }: Loss): LossFamily => families[kind ?? ""] ?? "other";

/** Whether a loss takes logits. */
export const takesLogits = ({ config }: Loss): boolean => (config as { fromLogits?: boolean })?.fromLogits === true;

/** Labels as classes, with how many samples each has; undefined where they are no classes. */
export function classCounts({ loss, labels, labelShape }: OutputFacts): Map<number, number> | undefined {
  const family = familyOf(loss);
  const counts = new Map<number, number>();
  const count = (label: number) => counts.set(label, (counts.get(label) ?? 0) + 1);
  if (family === "sparse" || (family === "binary" && labels.every((label) => label === 0 || label === 1))) {
    if (family === "binary" && sizeOf(labelShape.slice(1)) > 1) return undefined;
    for (const label of labels) count(label);
    return counts;
  }
  const classes = labelShape.at(-1) ?? 1;
  if (family !== "oneHot" || classes < 2) return undefined;
  for (let row = 0; row + classes <= labels.length; row += classes) {
    const values = labels.subarray(row, row + classes);
    count(values.indexOf(Math.max(...values)));
  }
  return counts;
}

/**
 * The loss of a model that knows nothing of its inputs: uniform probabilities, or, for regression, the mean of the
 * labels. Undefined where that is not known.
 */
export function lossOfChance(facts: OutputFacts): number | undefined {
  const { loss, labels, shape } = facts;
  const family = familyOf(loss);
  if (loss.reduction !== "sumOverBatchSize" || labels.length === 0) return undefined;
  if (loss.kind === "sparseCategoricalCrossentropy" || loss.kind === "categoricalCrossentropy")
    return log(Math.max(2, shape.at(-1) ?? 2));
  if (loss.kind === "binaryCrossentropy") return log(2);
  if (family !== "regression") return undefined;
  const { mean, stddev } = spreadOf(labels);
  if (loss.kind === "meanSquaredError") return stddev * stddev;
  return labels.reduce((sum, label) => sum + Math.abs(label - mean), 0) / labels.length;
}

/** Mean, deviation and range of numbers. */
export function spreadOf(values: ArrayLike<number>): { mean: number; stddev: number; min: number; max: number } {
  let [sum, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const away = (values[i] as number) - mean;
    squares += away * away;
  }
  return { mean, stddev: Math.sqrt(squares / values.length), min, max };
}
