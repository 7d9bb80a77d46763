import type { HostArray } from "../data/array.ts";
import { checkNumber, valueError } from "../errors.ts";
import type { Columns } from "./batch.ts";

/** What each class counts for in the loss; classes that are not named count 1. */
export type ClassWeight = Readonly<Record<number, number>>;

/**
 * Columns with the weights of their samples' classes. Classes are the labels themselves, or the place of the largest value in one-hot labels.
 * @throws ValueError with several outputs, with sample weights at once, or where a weight is not a finite number ≥ 0.
 */
export function withClassWeights(label: string, classWeight: ClassWeight, columns: Columns): Columns {
  const [y] = columns.y;
  if (!y || columns.y.length !== 1) {
    throw valueError(label, { rule: "classWeight is for models of one output", expected: "1 output", received: columns.y.length, advice: "Use sampleWeight." });
  }
  if (columns.weights.some((weights) => weights !== undefined)) {
    throw valueError(label, { rule: "classWeight and sampleWeight exclude each other", expected: "one of them", received: "both" });
  }
  for (const [name, weight] of Object.entries(classWeight)) checkNumber(label, `the weight of class ${name}`, weight, "a finite number ≥ 0", (w) => w >= 0);
  const data = Float32Array.from({ length: columns.rows }, (_, row) => classWeight[classOf(y, row)] ?? 1);
  return { ...columns, weights: [{ data, shape: [columns.rows] }] };
}

function classOf({ data, shape }: HostArray, row: number): number {
  const classes = shape.length > 1 ? (shape.at(-1) as number) : 1;
  if (classes === 1) return Math.round(data[row] as number);
  let best = 0;
  for (let at = 1; at < classes; at++) if ((data[row * classes + at] as number) > (data[row * classes + best] as number)) best = at;
  return best;
}
