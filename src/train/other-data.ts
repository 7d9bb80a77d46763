// What is loaded for data that are not arrays to train with as they are: streams of batches, and arrays that are split
// for validation.
import { type HostArray, isHostArray, sliceRows } from "../data/array.ts";
import { epochsOf, sizeOfStream } from "../data/epochs.ts";
import { checkNumber, shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { type ArraysGiven, type DataGiven, isPlainRecord } from "./arrays.ts";
import { type BatchPorts, type Columns, specOf } from "./batch.ts";
import type { BatchStream } from "./prepare.ts";
import type { BatchCursor, BatchSource } from "./source.ts";

/** What makes checked columns of a batch. */
export interface BatchReader {
  readonly label: string;
  toColumns(batch: DataGiven): Promise<Columns>;
}

/** Batches of a stream. @throws ValueError on what is no stream. */
export function streamSource(
  stream: BatchStream,
  inputs: readonly SymbolicTensor[],
  { label, toColumns }: BatchReader,
): BatchSource {
  // Known by its method: an application without datasets need not load their class.
  const [open, size] =
    "epoch" in stream
      ? [(epoch: number) => stream.epoch(epoch), stream.size]
      : [epochsOf<unknown>(stream), sizeOfStream(stream)];
  const batches = async function* (epoch: number): AsyncGenerator<Columns> {
    for await (const element of open(epoch)) {
      const batch = batchOf(label, element);
      refuseExample(label, inputs[0], batch.x);
      yield await toColumns(batch);
    }
  };
  return new StreamSource(batches, inputs, size);
}

/** A dataset that was not batched gives arrays without the first axis. */
function refuseExample(label: string, input: SymbolicTensor | undefined, x: ArraysGiven): void {
  if (!input || !isHostArray(x) || x.shape.length !== input.shape.length - 1) return;
  // [n] may stand for [n, 1].
  if (input.shape.length === 2 && input.shape[1] === 1) return;
  throw shapeError(label, {
    rule: "a stream gives batches",
    expected: `x ${formatShape(input.shape)}`,
    received: formatShape(x.shape),
    advice: "Use dataset.batch(32).",
  });
}

function batchOf(label: string, batch: unknown): DataGiven {
  if (Array.isArray(batch)) return { x: batch[0], y: batch[1], sampleWeight: batch[2] };
  if (isPlainRecord(batch) && "x" in batch) return batch as unknown as DataGiven;
  throw valueError(label, { rule: "a stream gives batches", expected: "{ x, y } or [x, y]", received: batch });
}

/**
 * The first floor(n·(1 − fraction)) rows to train with, the rest to validate with. Nothing is shuffled before.
 * @throws ValueError where the fraction is not in (0, 1) or one part is empty.
 */
export function splitColumns(label: string, columns: Columns, fraction: number): [Columns, Columns] {
  checkNumber(label, "validationSplit", fraction, "a number in (0, 1)", (value) => value > 0 && value < 1);
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

/** Batches that come one by one, each as columns. */
class StreamSource implements BatchSource {
  constructor(
    private readonly batches: (epoch: number) => AsyncIterable<Columns>,
    private readonly inputs: readonly SymbolicTensor[],
    readonly steps: number | undefined,
  ) {}

  open(epoch: number): BatchCursor {
    const iterator = this.batches(epoch)[Symbol.asyncIterator]();
    let current: Columns | undefined;
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        current = done ? undefined : value;
        return current && specOf(current, current.rows, this.inputs);
      },
      write: (ports) => {
        if (!current) return;
        writeWhole(current.x, ports.x);
        writeWhole(current.y, ports.y);
        writeWhole(current.weights, ports.weights);
      },
      close: async () => {
        await iterator.return?.();
      },
    };
  }
}

/** Whole arrays to whole inputs. */
function writeWhole(arrays: readonly (HostArray | undefined)[], ports: BatchPorts["x"]): void {
  arrays.forEach((array, index) => {
    if (array) ports[index]?.write(array.data);
  });
}
