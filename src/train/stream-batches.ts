import { type HostArray, isHostArray } from "../data/array.ts";
import { epochsOf, sizeOfStream } from "../data/iterable.ts";
import { isPlainRecord } from "../data/tree.ts";
import { shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import type { Start } from "../nn/host-stage.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { type BatchPorts, type BatchSource, type Columns, specOf } from "./batch.ts";
import type { BatchStream } from "./batch-maker.ts";
import type { DataGiven } from "./columns.ts";

/**
 * Batches of a dataset, an iterable or a generator.
 * @param toColumns checks one batch.
 * @throws ValueError on what is no stream.
 */
export function streamBatches(
  stream: BatchStream,
  network: { readonly starts: readonly Start[] },
  { label, toColumns }: { readonly label: string; toColumns(batch: DataGiven): Promise<Columns> },
): BatchSource {
  // A dataset is known by its method, so that applications without one need not load the class.
  const [elements, steps] =
    "epoch" in stream
      ? [(epoch: number) => stream.epoch(epoch), stream.size]
      : [epochsOf<unknown>(stream), sizeOfStream(stream)];
  return {
    steps,
    open(epoch) {
      const iterator = elements(epoch)[Symbol.asyncIterator]();
      let batch: Columns | undefined;
      return {
        next: async () => {
          batch = undefined;
          const { done, value } = await iterator.next();
          if (done) return undefined;
          const given = batchOf(label, value);
          refuseExample(label, network.starts[0], given);
          batch = await toColumns(given);
          return specOf(batch, batch.rows, network.starts);
        },
        write: (ports) => {
          if (!batch) return;
          writeAll(batch.x, ports.x);
          writeAll(batch.y, ports.y);
          writeAll(batch.weights, ports.weights);
        },
        close: async () => {
          await iterator.return?.();
        },
      };
    },
  };
}

function batchOf(label: string, batch: unknown): DataGiven {
  if (Array.isArray(batch)) return { x: batch[0], y: batch[1], sampleWeight: batch[2] };
  if (isPlainRecord(batch) && "x" in batch) return batch as unknown as DataGiven;
  throw valueError(label, { rule: "a stream gives batches", expected: "{ x, y } or [x, y]", received: batch });
}

/** A dataset that was not batched gives single samples: arrays without the first axis, or one number as the label. */
function refuseExample(label: string, input: SymbolicTensor | undefined, { x, y }: DataGiven): void {
  if (!isHostArray(x)) return;
  const hasScalarLabel = isHostArray(y) && y.shape.length === 0;
  // A batch [n] may be given where the input is [n, 1].
  const lacksAxis = input?.shape.length === x.shape.length + 1 && !(input.shape.length === 2 && input.shape[1] === 1);
  if (!hasScalarLabel && !lacksAxis) return;
  throw shapeError(label, {
    rule: "a stream gives batches",
    expected: `x ${input ? formatShape(input.shape) : "with an axis of samples"}`,
    received: formatShape(x.shape),
    advice: "Use dataset.batch(32).",
  });
}

function writeAll(arrays: readonly (HostArray | undefined)[], ports: BatchPorts["x"]): void {
  arrays.forEach((array, index) => {
    if (array) ports[index]?.write(array.data);
  });
}
