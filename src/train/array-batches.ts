import type { InputPort, KeptRows } from "../backends/backend.ts";
import type { HostArray } from "../data/array.ts";
import { permutation } from "../data/rng.ts";
import type { DType } from "../ir/dtype.ts";
import type { HostData } from "../tensor/nested.ts";
import { type BatchCursor, type BatchPorts, type BatchSource, type Columns, specOf } from "./batch.ts";

/** How samples are put into batches. */
export interface ArrayOrder {
  readonly batchSize: number;
  /** A new order of the samples in each epoch; with "batch" of the batches, which keep their samples. Default false. */
  readonly shuffle: boolean | "batch" | undefined;
  /** Of the orders. Default 0. */
  readonly seed: number | undefined;
}

/**
 * Batches of arrays in memory; the last one of an epoch may be smaller. An epoch allocates only its order and two
 * specs, a step nothing.
 */
export class ArrayBatches implements BatchSource {
  readonly steps: number;
  private readonly order: Int32Array | undefined;
  readonly readers: Readonly<Record<keyof BatchPorts, readonly (RowReader | undefined)[]>>;

  constructor(
    readonly columns: Columns,
    readonly inputs: readonly { readonly dtype: DType }[],
    readonly options: ArrayOrder,
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
 * Shuffled rows of at least so many elements get a view each (about 110 bytes), made once: copying them then takes half
 * as long (docs/decisions/0008-training-loop.md).
 */
const wideRow = 256;

/** Copies rows of one array to the input of a program. Allocates nothing per step. */
export class RowReader {
  readonly size: number;
  /** The same rows where a backend keeps them: see keep-batches.ts. */
  kept: KeptRows | undefined;
  private views: readonly HostData[] | undefined;

  constructor(readonly array: HostArray) {
    this.size = array.shape.slice(1).reduce((product, extent) => product * extent, 1);
  }

  /** Rows `order[start]`, `order[start + 1]` …; where there is no order, those from `start` on in one piece. */
  write(port: InputPort, order: Int32Array | undefined, start: number, rows: number): void {
    const { size, array, kept } = this;
    if (kept && port.take?.(kept, order, start, rows)) return;
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
