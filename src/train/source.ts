import type { InputPort } from "../backends/backend.ts";
import type { HostArray } from "../data/array.ts";
import { permutation } from "../data/rng.ts";
import type { DType, NumericArray } from "../tensor/dtype.ts";
import { type BatchPorts, type BatchSpec, type Columns, specOf } from "./batch.ts";

/** Goes through the batches of one epoch. */
export interface BatchCursor {
  /** Goes to the next batch; gives what it looks like, or undefined at the end. */
  next(): BatchSpec | undefined | Promise<BatchSpec | undefined>;
  /** Copies the batch to where the program takes it. */
  write(ports: BatchPorts): void;
  /** Gives up what is still open. */
  close(): void | Promise<void>;
}

/** Batches that can be read epoch by epoch. */
export interface BatchSource {
  /** Batches in an epoch, where that is known. */
  readonly steps: number | undefined;
  open(epoch: number): BatchCursor;
}

/** How batches of arrays are drawn. */
export interface ArrayBatches {
  readonly batchSize: number;
  /** Samples in another order each epoch, or whole batches in another order; default as they stand. */
  readonly shuffle?: boolean | "batch";
  readonly seed?: number;
}

/** Batches of arrays in memory. Nothing but the order is made per epoch, and nothing per step. */
export class ArraySource implements BatchSource {
  readonly steps: number;
  private readonly order: Int32Array | undefined;

  constructor(
    private readonly columns: Columns,
    private readonly inputs: readonly { readonly dtype: DType }[],
    private readonly options: ArrayBatches,
  ) {
    this.steps = Math.ceil(columns.rows / options.batchSize);
    this.order = options.shuffle ? new Int32Array(options.shuffle === "batch" ? this.steps : columns.rows) : undefined;
  }

  open(epoch: number): BatchCursor {
    const { columns, order, options } = this;
    const { batchSize, seed = 0 } = options;
    if (order) permutation(order.length, seed, epoch, order);
    const isByBatch = options.shuffle === "batch";
    const full = specOf(columns, Math.min(batchSize, columns.rows), this.inputs);
    const ragged = columns.rows % batchSize === 0 ? full : specOf(columns, columns.rows % batchSize, this.inputs);
    let step = -1;
    const startOf = () => (isByBatch && order ? (order[step] as number) : step) * batchSize;
    const rowsHere = () => Math.min(batchSize, columns.rows - startOf());
    return {
      next: () => {
        step++;
        if (step >= this.steps) return undefined;
        return rowsHere() === full.rows ? full : ragged;
      },
      write: (ports) => {
        const start = startOf();
        const rows = rowsHere();
        if (order && !isByBatch) forEachColumn(columns, ports, (array, port) => gather(array, port, order, start, rows));
        else forEachColumn(columns, ports, (array, port) => copy(array, port, start, rows));
      },
      close: () => {},
    };
  }
}

/** Batches that come one by one, each as columns. */
export class StreamSource implements BatchSource {
  constructor(
    private readonly batches: (epoch: number) => AsyncIterable<Columns>,
    private readonly inputs: readonly { readonly dtype: DType }[],
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
        if (current) forEachColumn(current, ports, (array, port) => copy(array, port, 0, array.shape[0] ?? 1));
      },
      close: async () => {
        await iterator.return?.();
      },
    };
  }
}

function forEachColumn(columns: Columns, ports: BatchPorts, act: (array: HostArray, port: InputPort) => void): void {
  each(columns.x, ports.x, act);
  each(columns.y, ports.y, act);
  each(columns.weights, ports.weights, act);
}

function each(arrays: readonly (HostArray | undefined)[], ports: BatchPorts["x"], act: (array: HostArray, port: InputPort) => void): void {
  for (let i = 0; i < arrays.length; i++) {
    const array = arrays[i];
    const port = ports[i];
    if (array && port) act(array, port);
  }
}

function copy({ data, shape }: HostArray, port: InputPort, start: number, rows: number): void {
  const size = rowSize(shape);
  port.write(data as NumericArray, start * size, rows * size, 0);
}

function gather({ data, shape }: HostArray, port: InputPort, order: Int32Array, start: number, rows: number): void {
  const size = rowSize(shape);
  for (let i = 0; i < rows; i++) port.write(data as NumericArray, (order[start + i] as number) * size, size, i * size);
}

const rowSize = (shape: readonly number[]): number => {
  let size = 1;
  for (let axis = 1; axis < shape.length; axis++) size *= shape[axis] as number;
  return size;
};
