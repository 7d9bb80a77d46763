// Training on arrays that stay on the device: loaded where the backend keeps rows.
import type { Backend, KeptRows } from "../backends/backend.ts";
import type { DType } from "../ir/dtype.ts";
import { ArrayBatches, type RowReader } from "./array-batches.ts";
import { type ArraySpec, type BatchSource, specOf } from "./batch.ts";
import { type FitPlan, runEpochs } from "./epochs.ts";

/** A batch of fewer values is written: that takes the host less time than a copy on the device. */
const leastValues = 4096;

/** Validation data that are not read twice in so many epochs are written. */
const soon = 1000;

/**
 * Runs the epochs with the arrays that are read more than once on the device, so that each is handed over once. What
 * the backend has no room for is written batch by batch.
 */
export async function runKeeping(plan: FitPlan, backend: Backend): Promise<void> {
  const { source, validation, stepsPerEpoch, training } = plan;
  const { epochs, position } = training;
  const rounds = epochs - position.epoch;
  const passes = (source.steps && stepsPerEpoch ? stepsPerEpoch / source.steps : 1) * rounds;
  let validations = 0;
  for (let i = 0; i < Math.min(rounds, soon) && validations < 2; i++)
    if (validation?.isDue(position.epoch + i)) validations++;
  const release: (() => void)[] = [];
  try {
    if (passes > 1) await keep(source, backend, release);
    if (validation && validations > 1) await keep(validation.source, backend, release);
    await runEpochs(plan);
  } finally {
    for (const free of release) free();
  }
}

/** Has the backend keep the arrays of a source. @param release is given what undoes it. */
async function keep(source: BatchSource, backend: Backend, release: (() => void)[]): Promise<void> {
  if (!(source instanceof ArrayBatches)) return;
  const { readers, columns, inputs, options } = source;
  const spec = specOf(columns, 1, inputs);
  /** One array may be several inputs, or input and label at once. */
  const kept = new Map<RowReader["array"]["data"], { readonly dtype: DType; readonly rows: KeptRows | undefined }>();
  for (const part of ["x", "y", "weights"] as const) {
    for (const [index, reader] of readers[part].entries()) {
      if (!reader || reader.size * options.batchSize < leastValues) continue;
      const { dtype } = spec[part][index] as ArraySpec;
      const { data } = reader.array;
      let found = kept.get(data);
      if (found?.dtype !== dtype) {
        const rows = await backend.keepRows?.(data, reader.size, dtype);
        found = { dtype, rows };
        kept.set(data, found);
        release.push(() => rows?.free());
      }
      reader.kept = found.rows;
      release.push(() => {
        reader.kept = undefined;
      });
    }
  }
}
