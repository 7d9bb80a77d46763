// Data for `adapt`: an array, or batches of arrays.
import { isHostArray } from "../../data/array.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * The inputs of `data`, batch by batch: of `{ x, … }` and `[x, …]` x, else the batch itself. What is an array, or
 * cannot be iterated over, is one batch; whoever reads it refuses what it cannot read.
 * @param steps batches to read at most.
 */
export async function* adaptBatches(data: unknown, steps = Number.POSITIVE_INFINITY): AsyncGenerator<unknown> {
  const isStream =
    typeof data === "object" && data !== null && (Symbol.iterator in data || Symbol.asyncIterator in data);
  if (!isStream || isArray(data)) {
    yield data;
    return;
  }
  let step = 0;
  if (step >= steps) return;
  for await (const batch of data as AsyncIterable<unknown>) {
    if (isArray(batch)) yield batch;
    else if (Array.isArray(batch)) yield batch[0];
    else yield (batch as { x?: unknown } | null)?.x ?? batch;
    if (++step >= steps) return;
  }
}

const isArray = (value: unknown): boolean =>
  value instanceof Tensor || isHostArray(value) || ArrayBuffer.isView(value) || isNested(value);

/** Whether this is a list of values, or of such lists: its first is looked at. */
const isNested = (value: unknown): boolean =>
  Array.isArray(value) &&
  (value.length === 0 || typeof value[0] !== "object" || value[0] === null || isNested(value[0]));
