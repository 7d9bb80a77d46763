// What data are to a model: batches that fit its programs. Arrays in memory and streams both become a `BatchSource`.
import type { InputPort } from "../backends/backend.ts";
import type { HostArray } from "../data/array.ts";
import { type DType, dtypeOf } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";

/** Shape and element type of one array of a batch. */
export interface ArraySpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Everything about a batch but its numbers: what a program is made for. */
export interface BatchSpec {
  /** Equal for equal specs: the key of cached programs. */
  readonly signature: string;
  readonly rows: number;
  /** One per input of the model. */
  readonly x: readonly ArraySpec[];
  /** One per output, undefined where it needs no labels; empty where nothing is compared. */
  readonly y: readonly (ArraySpec | undefined)[];
  /** Sample weights, one per output; undefined where all samples count alike. */
  readonly weights: readonly (ArraySpec | undefined)[];
}

/** The inputs of a program that a batch is written to. Undefined where the program does not use one. */
export interface BatchPorts {
  readonly x: readonly (InputPort | undefined)[];
  readonly y: readonly (InputPort | undefined)[];
  readonly weights: readonly (InputPort | undefined)[];
}

/** Batches that can be read epoch by epoch. */
export interface BatchSource {
  /** Batches in an epoch, where that is known. */
  readonly steps: number | undefined;
  /** Begins an epoch. Its number decides the order, where that is random. */
  open(epoch: number): BatchCursor;
}

/** Goes through the batches of one epoch. */
export interface BatchCursor {
  /** Goes to the next batch; gives its spec, the same object while shapes stay, or undefined at the end. */
  next(): BatchSpec | undefined | Promise<BatchSpec | undefined>;
  /** Copies the batch to the inputs of a program. */
  write(ports: BatchPorts): void;
  /** Ends reading before the end of the data. */
  close(): void | Promise<void>;
}

/** Arrays with one number of rows: for each input, each output (labels), and each output's sample weights. */
export interface Columns {
  readonly rows: number;
  readonly x: readonly HostArray[];
  readonly y: readonly (HostArray | undefined)[];
  readonly weights: readonly (HostArray | undefined)[];
}

/** The spec of `rows` rows of these columns. `inputs` say in which dtype the model takes its inputs. */
export function specOf(columns: Columns, rows: number, inputs: readonly { readonly dtype: DType }[]): BatchSpec {
  const batch = ({ shape }: HostArray): Shape => [rows, ...shape.slice(1)];
  return batchSpec(
    rows,
    columns.x.map((array, index) => ({ shape: batch(array), dtype: inputs[index]?.dtype ?? "float32" })),
    columns.y.map((array) => array && { shape: batch(array), dtype: dtypeOf(array.data) }),
    columns.weights.map((array) => array && { shape: batch(array), dtype: "float32" }),
  );
}

/** A spec with its signature. */
export function batchSpec(
  rows: number,
  x: BatchSpec["x"],
  y: BatchSpec["y"],
  weights: BatchSpec["weights"],
): BatchSpec {
  const text = (specs: readonly (ArraySpec | undefined)[]) =>
    specs.map((spec) => (spec ? `${spec.dtype}[${spec.shape}]` : "-")).join(" ");
  return { signature: `${text(x)} | ${text(y)} | ${text(weights)}`, rows, x, y, weights };
}
