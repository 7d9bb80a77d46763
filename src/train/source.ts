import type { InputPort } from "../backends/backend.ts";
import type { HostArray } from "../data/array.ts";
import { permutation } from "../data/rng.ts";
import type { DType } from "../ir/dtype.ts";
import type { HostData } from "../tensor/nested.ts";
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
  private readonly readers: Readonly<Record<keyof BatchPorts, readonly (RowReader | undefined)[]>>;

  constructor(
    private readonly columns: Columns,
    private readonly inputs: readonly { readonly dtype: DType }[],
    private readonly options: ArrayBatches,
  ) {
    this.steps = Math.ceil(columns.rows / options.batchSize);
    this.order = options.shuffle ? new Int32Array(options.shuffle === "batch" ? this.steps : columns.rows) : undefined;
    const readersOf = (arrays: readonly (HostArray | undefined)[]) =>
      arrays.map((array) => array && new RowReader(array));
    this.readers = { x: readersOf(columns.x), y: readersOf(columns.y), weights: readersOf(columns.weights) };
  }

  open(epoch: number): BatchCursor {
    const { columns, order, options, readers } = this;
    const { batchSize, seed = 0 } = options;
    if (order) permutation(order.length, seed, epoch, order);
    const isByBatch = options.shuffle === "batch";
    const rowOrder = isByBatch ? undefined : order;
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
        writeAll(readers.x, ports.x, rowOrder, start, rows);
        writeAll(readers.y, ports.y, rowOrder, start, rows);
        writeAll(readers.weights, ports.weights, rowOrder, start, rows);
      },
      close: () => {},
    };
  }
}

/**
 * Rows of at least so many elements, when shuffled, have views of their own: about 110 bytes each, and copying takes
 * half as long (docs/decisions).
 */
const wideRow = 256;

/** Copies rows of one array to where a program takes them, making nothing per step. */
class RowReader {
  private readonly size: number;
  private views: readonly HostData[] | undefined;

  constructor(private readonly array: HostArray) {
    this.size = array.shape.slice(1).reduce((product, extent) => product * extent, 1);
  }

  /** Rows `order[start]`, `order[start + 1]` …; where there is no order, those from `start` on in one piece. */
  write(port: InputPort, order: Int32Array | undefined, start: number, rows: number): void {
    const { size, array } = this;
    if (!order) {
      port.write(array.data, start * size, rows * size, 0);
      return;
    }
    if (size >= wideRow) this.views ??= this.rowViews();
    const { views } = this;
    for (let i = 0; i < rows; i++) {
      const row = order[start + i] as number;
      const view = views?.[row];
      if (view) port.write(view, 0, size, i * size);
      else port.write(array.data, row * size, size, i * size);
    }
  }

  private rowViews(): HostData[] {
    const { size, array } = this;
    return Array.from({ length: array.shape[0] ?? 1 }, (_, row) => array.data.subarray(row * size, (row + 1) * size));
  }
}

function writeAll(
  readers: readonly (RowReader | undefined)[],
  ports: BatchPorts["x"],
  order: Int32Array | undefined,
  start: number,
  rows: number,
): void {
  for (let i = 0; i < readers.length; i++) {
    const port = ports[i];
    if (port) readers[i]?.write(port, order, start, rows);
  }
}
