// What `fit` validates with: loaded where it does.
import { checkFraction } from "../checks.ts";
import { sliceRows } from "../data/array.ts";
import { valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { BatchSource, Columns } from "./batch.ts";
import { BatchMaker, type BatchOptions, type BatchStream, type Given, givenOf, isStream } from "./batch-maker.ts";
import type { ArraysGiven } from "./columns.ts";
import type { FitPlan, Validation } from "./epochs.ts";
import { measure } from "./evaluate.ts";
import type { Model } from "./model.ts";
import type { Objective } from "./objective.ts";
import { arrays, type FitOptions, type ValidationData } from "./options.ts";

/**
 * What is trained on, and what is validated on: data of their own, or a part of the data.
 * @param maker of the batches to train with, in this order.
 */
export async function withValidation(
  model: Model,
  objective: Objective,
  maker: BatchMaker,
  data: Given,
  order: BatchOptions,
  options: FitOptions,
): Promise<Pick<FitPlan, "source" | "validation">> {
  const { validationData, validationSplit, checkData = true } = options;
  const batches = {
    batchSize: options.validationBatchSize ?? options.batchSize,
    steps: options.validationSteps,
  };
  if (validationData !== undefined || data.stream) {
    const source = await maker.batches(data, order);
    if (validationData === undefined) return { source, validation: undefined };
    const other = new BatchMaker(model, "validationData", objective, checkData);
    const given = isStream(validationData)
      ? { stream: validationData }
      : givenOf(...validationArrays(other.label, validationData));
    return { source, validation: validating(await other.batches(given, batches), options) };
  }
  const [first, last] = splitColumns(maker.label, await maker.columns(data), validationSplit as number);
  return {
    source: maker.arrayBatches(await maker.weigh(first, order.classWeight), order),
    validation: validating(maker.arrayBatches(last, batches), options),
  };
}

/** Arrays in their order: a list as it is, or a record by its names. */
function validationArrays(
  label: string,
  data: Exclude<ValidationData, BatchStream>,
): readonly [ArraysGiven, ArraysGiven, ArraysGiven?] {
  if (Array.isArray(data)) {
    const list = data as unknown as readonly [ArraysGiven, ArraysGiven, ArraysGiven?];
    if (list.length < 4) return list;
    throw valueError(label, {
      rule: "validationData are samples and labels",
      expected: "[x, y] or { x, y }",
      received: `a list of ${data.length}`,
    });
  }
  const { x, y, sampleWeight } = checkOptions(
    label,
    data as { x: ArraysGiven; y: ArraysGiven; sampleWeight?: ArraysGiven },
    { x: `${arrays}!`, y: `${arrays}!`, sampleWeight: arrays },
  );
  return sampleWeight === undefined ? [x, y] : [x, y, sampleWeight];
}

function validating(source: BatchSource, { validationFreq: freq = 1, validationSteps }: FitOptions): Validation {
  return {
    source,
    isDue: (epoch) => (typeof freq === "number" ? (epoch + 1) % freq === 0 : freq.includes(epoch + 1)),
    measure: (compiled, callbacks) => measure(compiled, source, validationSteps, callbacks),
  };
}

/**
 * The first floor(n·(1 − fraction)) rows to train with, the rest to validate with. Nothing is shuffled before.
 * @throws ValueError where the fraction is not in (0, 1) or one part is empty.
 */
export function splitColumns(label: string, columns: Columns, fraction: number): [Columns, Columns] {
  checkFraction(label, "validationSplit", fraction);
  const first = Math.floor(columns.rows * (1 - fraction));
  if (first === 0 || first === columns.rows) {
    throw valueError(label, {
      rule: "validationSplit leaves no samples on one side",
      expected: "at least one sample to train and one to validate with",
      received: `${first} and ${columns.rows - first}`,
      context: `${columns.rows} samples, validationSplit ${fraction}`,
    });
  }
  const part = (start: number, end: number): Columns => ({
    rows: end - start,
    x: columns.x.map((array) => sliceRows(array, start, end)),
    y: columns.y.map((array) => array && sliceRows(array, start, end)),
    weights: columns.weights.map((array) => array && sliceRows(array, start, end)),
  });
  return [part(0, first), part(first, columns.rows)];
}
