// How often each class is taken for each other one, and what follows from it for each class.
import { checkCount, checkFraction } from "../checks.ts";
import { shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { type ArrayInput, type HostArray, toHostArray } from "./array.ts";

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** Number of classes. Default: the columns of labels or predictions, or the largest class plus 1; at least 2. */
  numClasses?: number;
  /** Above which a probability of one unit, [samples] or [samples, 1], counts as class 1. Default 0.5. */
  threshold?: number;
}

/** What {@link classScores} says of a class. */
export interface ClassScores {
  /** Its name, or its number as text. */
  readonly name: string;
  /** Share of the samples that are predicted as this class and are of it; 0 where none is predicted so. */
  readonly precision: number;
  /** Share of the samples of this class that are predicted as it; 0 where there are none. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Number of samples of this class. */
  readonly support: number;
}

/**
 * Counts of samples by true class (rows) and predicted class (columns), [numClasses][numClasses].
 * @param labels class numbers, [samples] or [samples, 1], or one-hot, [samples, classes].
 * @param predictions what `predict` gives: [samples, classes], of which the largest counts; probabilities of one unit,
 * [samples] or [samples, 1]; or class numbers.
 * @throws ShapeError where samples differ in number; ValueError on what are no classes or probabilities.
 * @example plotConfusionMatrix(confusionMatrix(y, await model.predict(x)), { labels: classNames });
 * @see scikit-learn `confusion_matrix`.
 */
export function confusionMatrix(
  labels: ArrayInput,
  predictions: ArrayInput,
  options: ConfusionMatrixOptions = {},
): number[][] {
  const owner = "confusionMatrix";
  const checked = checkOptions(owner, options, { numClasses: "number", threshold: "number" });
  const threshold = checkFraction(owner, "threshold", checked.threshold ?? 0.5);
  const [truth, answers] = [toHostArray("labels", labels), toHostArray("predictions", predictions)];
  const is = classesOf(owner, "labels", truth, undefined);
  const said = classesOf(owner, "predictions", answers, threshold);
  if (is.length !== said.length) {
    throw shapeError(owner, {
      rule: "labels and predictions have one number of samples",
      expected: is.length,
      received: said.length,
      context: `labels ${formatShape(truth.shape)}, predictions ${formatShape(answers.shape)}`,
    });
  }
  const largest = [...is, ...said].reduce((most, number) => Math.max(most, number), 1);
  const columns = Math.max(largest + 1, truth.shape[1] ?? 0, answers.shape[1] ?? 0);
  const size = checkCount(owner, "numClasses", checked.numClasses ?? columns, columns);
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  is.forEach((label, sample) => {
    const row = counts[label] as number[];
    const column = said[sample] as number;
    row[column] = (row[column] as number) + 1;
  });
  return counts;
}

/** The class of each row. @param threshold for probabilities of one unit; undefined for labels. */
function classesOf(owner: string, what: string, { data, shape }: HostArray, threshold: number | undefined): number[] {
  const [samples = 0, columns = 1] = shape;
  if (shape.length === 0 || shape.length > 2 || columns === 0)
    throw shapeError(owner, {
      rule: `${what} have a row for each sample`,
      expected: "[samples] or [samples, classes]",
      received: formatShape(shape),
    });
  const check = (rule: string, expected: string, holds: (value: number) => boolean) => {
    const wrong = data.findIndex((value) => !holds(value));
    if (wrong < 0) return;
    const context = `sample ${Math.floor(wrong / columns)}`;
    throw valueError(owner, { rule: `${what} are ${rule}`, expected, received: data[wrong], context });
  };
  if (columns > 1) {
    if (threshold === undefined) check("one-hot, or class numbers in one column", "0 or 1", (v) => v === 0 || v === 1);
    else check("finite", "finite numbers", Number.isFinite);
    return Array.from({ length: samples }, (_, row) => {
      const values = Array.from(data.subarray(row * columns, (row + 1) * columns));
      return values.indexOf(Math.max(...values));
    });
  }
  if (threshold === undefined || data.every(Number.isInteger)) {
    check("class numbers", "whole numbers ≥ 0", (value) => Number.isInteger(value) && value >= 0);
    return Array.from(data);
  }
  check("probabilities or class numbers", "numbers from 0 to 1, or all whole", (value) => value >= 0 && value <= 1);
  return Array.from(data, (value) => Number(value > threshold));
}

/**
 * Precision, recall and f1 of each class of a confusion matrix.
 * @param matrix of {@link confusionMatrix}: rows are true classes, columns predicted ones.
 * @param classNames default: the numbers of the classes.
 * @throws ShapeError where the matrix is not square or names do not fit.
 * @example console.table(classScores(confusionMatrix(y, await model.predict(x)), ["cat", "dog"]));
 * @see scikit-learn `classification_report`.
 */
export function classScores(matrix: ArrayInput, classNames?: readonly string[]): ClassScores[] {
  const owner = "classScores";
  const { data, shape } = toHostArray("matrix", matrix);
  const [size = 0, other] = shape;
  if (shape.length !== 2 || size !== other)
    throw shapeError(owner, {
      rule: "the matrix must be square",
      expected: "[classes, classes]",
      received: formatShape(shape),
      advice: "confusionMatrix(labels, predictions) gives one.",
    });
  if (classNames && classNames.length !== size)
    throw shapeError(owner, { rule: "each class has a name", expected: size, received: classNames.length });
  const each = Array.from({ length: size }, (_, index) => index);
  const at = (row: number, column: number) => data[row * size + column] as number;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return each.map((index) => {
    const hits = at(index, index);
    const support = sum(each.map((column) => at(index, column)));
    const said = sum(each.map((row) => at(row, index)));
    return {
      name: classNames?.[index] ?? String(index),
      precision: hits / (said || 1),
      recall: hits / (support || 1),
      f1: (2 * hits) / (support + said || 1),
      support,
    };
  });
}
