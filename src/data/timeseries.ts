// Windows of time series.
import { checkCount, checkSeed } from "../checks.ts";
import { shapeError, valueError } from "../errors.ts";
import { sizeOf } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { type ArrayInput, emptyLike, gatherRows, type HostArray, rowsOf, toHostArray } from "./array.ts";
import { type Dataset, dataset } from "./dataset.ts";

/** Options of {@link timeseriesDataset}. */
export interface TimeseriesOptions {
  /** Steps in a window, ≥ 1. */
  sequenceLength: number;
  /** Steps between the beginnings of two windows. Default 1. */
  sequenceStride?: number;
  /** Steps between two values of a window. Default 1. */
  samplingRate?: number;
  /** Default 128. */
  batchSize?: number;
  /** Another order of the windows in every epoch. Default false. */
  shuffle?: boolean;
  /** Of the orders. Default 0. */
  seed?: number;
  /** The first step to use. Default 0. */
  startIndex?: number;
  /** Behind the last step to use. Default: the number of steps. */
  endIndex?: number;
}

/** A batch of windows, and of their targets. */
export interface TimeseriesBatch {
  readonly x: HostArray;
  readonly y: HostArray;
}

/**
 * Batches of windows of a series [steps, …]: x [batch, sequenceLength, …], and y [batch, …] where targets are given.
 * Window i begins at step startIndex + i·sequenceStride, and its target is that of the same step: to predict d steps
 * behind a window, give targets shifted by sequenceLength·samplingRate − 1 + d. Windows are copied as they are read.
 * @param targets one for each step, or null.
 * @throws ValueError on options out of range, or where there is no window; ShapeError on a scalar.
 * @example
 * const past = 24;   // predict the next hour's value from those of a day
 * const data = timeseriesDataset(values, values.slice(past), { sequenceLength: past, batchSize: 32 });
 * await model.fit(data, { epochs: 10 });
 * @see Keras 3 `utils.timeseries_dataset_from_array`.
 */
export function timeseriesDataset(
  data: ArrayInput,
  targets: null,
  options: TimeseriesOptions,
): Dataset<{ x: HostArray }>;
export function timeseriesDataset(
  data: ArrayInput,
  targets: ArrayInput,
  options: TimeseriesOptions,
): Dataset<TimeseriesBatch>;
export function timeseriesDataset(
  data: ArrayInput,
  targets: ArrayInput | null,
  options: TimeseriesOptions,
): Dataset<{ x: HostArray; y?: HostArray }> {
  const owner = "timeseriesDataset";
  const checked = checkOptions(owner, options, {
    sequenceLength: "number!",
    sequenceStride: "number",
    samplingRate: "number",
    batchSize: "number",
    shuffle: "boolean",
    seed: "number",
    startIndex: "number",
    endIndex: "number",
  });
  const { sequenceLength, sequenceStride = 1, samplingRate = 1, batchSize = 128, shuffle = false, seed = 0 } = checked;
  for (const [what, count] of Object.entries({ sequenceLength, sequenceStride, samplingRate, batchSize }))
    checkCount(owner, what, count, 1);
  checkSeed(owner, seed);
  const series = toHostArray("data", data);
  const steps = rowsOf("data", series);
  const { startIndex = 0, endIndex = steps } = checked;
  checkCount(owner, "startIndex", startIndex, 0);
  checkCount(owner, "endIndex", endIndex, startIndex + 1);
  if (endIndex > steps)
    throw valueError(owner, {
      rule: "endIndex is behind the series",
      expected: `at most ${steps}`,
      received: endIndex,
    });
  const labels = targets === null ? undefined : toHostArray("targets", targets);
  const room = endIndex - startIndex - (sequenceLength - 1) * samplingRate;
  const count = Math.min(room, labels ? rowsOf("targets", labels) - startIndex : room);
  if (count < 1) {
    throw shapeError(owner, {
      rule: "the series is shorter than a window",
      expected: `at least ${(sequenceLength - 1) * samplingRate + 1} steps, and a target`,
      received: `${endIndex - startIndex} steps${labels ? `, ${Math.max(0, rowsOf("targets", labels) - startIndex)} targets` : ""}`,
    });
  }
  const length = Math.ceil(count / sequenceStride);
  const starts = Int32Array.from({ length }, (_, window) => startIndex + window * sequenceStride);
  const windows = dataset({ at: starts });
  const ordered = shuffle ? windows.shuffle({ seed }) : windows;
  return ordered.batch(batchSize).map(({ at }) => ({
    x: gatherWindows(series, at.data as Int32Array, sequenceLength, samplingRate),
    ...(labels && { y: gatherRows(labels, at.data as Int32Array) }),
  }));
}

function gatherWindows({ data, shape }: HostArray, starts: Int32Array, length: number, rate: number): HostArray {
  const inner = shape.slice(1);
  const size = sizeOf(inner);
  const out = emptyLike(data, starts.length * length * size);
  let to = 0;
  for (const start of starts) {
    for (let step = 0; step < length; step++) {
      const from = (start + step * rate) * size;
      out.set(data.subarray(from, from + size), to);
      to += size;
    }
  }
  return { data: out, shape: [starts.length, length, ...inner] };
}
