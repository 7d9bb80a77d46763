import type { HostArray } from "../data/array.ts";
import { checkNumber, valueError } from "../errors.ts";
import type { NumericArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import type { BatchShape } from "../nn/layer.ts";
import type { Labels } from "../nn/loss.ts";
import { isNumericView } from "../tensor/nested.ts";
import type { Columns } from "./batch.ts";

/**
 * The weight of each class in the loss, by its number: a record, a Map, or a list. Classes that are not named have
 * weight 1.
 */
export type ClassWeight = Readonly<Record<number, number>> | ReadonlyMap<number, number> | NumericArray;

/** What the labels mean. */
export interface ClassContext {
  /** What the loss says of its labels. */
  readonly labels: Labels | undefined;
  /** The shape of the model's output. */
  readonly output: BatchShape;
}

/**
 * Columns with a weight for each label: one per sample or, where labels have several steps, one per step [batch,
 * …steps]. (Keras refuses the latter.) Class numbers are the labels of losses that say so, else the place of the
 * largest value along the axis of the classes, or the rounded label where that axis has 1.
 * @throws ValueError with several outputs, with sample weights at once, where a class does not exist, or where a weight
 * is not a finite number ≥ 0.
 */
export function withClassWeights(
  label: string,
  given: ClassWeight,
  columns: Columns,
  { labels, output }: ClassContext,
): Columns {
  const [y] = columns.y;
  if (!y || columns.y.length !== 1) {
    throw valueError(label, {
      rule: "classWeight is for models of one output",
      expected: "1 output",
      received: columns.y.length,
      advice: "Use sampleWeight.",
    });
  }
  if (columns.weights.some((weights) => weights !== undefined)) {
    throw valueError(label, {
      rule: "classWeight and sampleWeight exclude each other",
      expected: "one of them",
      received: "both",
    });
  }
  const axis = labels?.axis ?? -1;
  const found = classesOf(y, labels?.kind === "class" && y.shape.length < output.length ? undefined : axis);
  const weights = weightsOf(
    label,
    given,
    labels?.kind === "class" ? output.at(axis) : found.count,
    labels?.ignoreClass,
  );
  return {
    ...columns,
    weights: [{ data: Float32Array.from(found.classes, (number) => weights.get(number) ?? 1), shape: found.shape }],
  };
}

/** The weights by class. */
function weightsOf(
  label: string,
  given: ClassWeight,
  count: number | null | undefined,
  ignored: number | undefined,
): Map<number, number> {
  const isList = Array.isArray(given) || isNumericView(given);
  const isRecord =
    typeof given === "object" && given !== null && [Object.prototype, null].includes(Object.getPrototypeOf(given));
  if (!(given instanceof Map || isList || isRecord)) {
    throw valueError(label, {
      rule: "classWeight has a weight for each class",
      expected: "such as { 0: 1, 1: 5 }, or a Map",
      received: given,
    });
  }
  const entries = given instanceof Map ? [...given] : Object.entries(given);
  return new Map(
    entries.map(([name, weight]: readonly [unknown, unknown]) => {
      const number = typeof name === "string" && name.trim() === "" ? Number.NaN : Number(name);
      const exists =
        Number.isInteger(number) &&
        (typeof count !== "number" || (number >= 0 && number < count) || number === ignored);
      if (!exists) {
        throw valueError(label, {
          rule: "classWeight names a class that does not exist",
          expected: typeof count === "number" ? `whole numbers from 0 to ${count - 1}` : "whole numbers",
          received: typeof name === "string" ? JSON.stringify(name) : name,
        });
      }
      return [
        number,
        checkNumber(
          label,
          `the weight of class ${number}`,
          weight,
          "a finite number ≥ 0",
          (w) => w >= 0 && Number.isFinite(Math.fround(w)),
        ),
      ];
    }),
  );
}

interface Classes {
  readonly classes: ArrayLike<number>;
  readonly shape: readonly number[];
  /** How many there are, where labels have a place for each. */
  readonly count: number | undefined;
}

/** The class of each label: the place of the largest value along `axis` or, without one, the label itself. */
function classesOf({ data, shape }: HostArray, axis: number | undefined): Classes {
  const at = axis === undefined ? -1 : axis < 0 ? shape.length + axis : axis;
  // The first axis counts the samples.
  if (at < 1 || at >= shape.length) return { classes: Float64Array.from(data, Math.round), shape, count: undefined };
  const count = shape[at] as number;
  const rest = shape.filter((_, index) => index !== at);
  if (count === 1) return { classes: Float64Array.from(data, Math.round), shape: rest, count: undefined };
  const inner = sizeOf(shape.slice(at + 1));
  const classes = Float64Array.from({ length: data.length / count }, (_, index) => {
    const first = Math.floor(index / inner) * inner * count + (index % inner);
    let best = 0;
    for (let place = 1; place < count; place++)
      if ((data[first + place * inner] as number) > (data[first + best * inner] as number)) best = place;
    return best;
  });
  return { classes, shape: rest, count };
}
