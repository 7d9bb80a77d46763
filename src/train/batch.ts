import type { InputPort } from "../backends/backend.ts";
import type { HostArray } from "../data/array.ts";
import { type DType, dtypeOf } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";

/** Shape and element type of one array of a batch. */
export interface ArraySpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a program is made for: everything about a batch but its numbers. */
export interface BatchSpec {
  /** Equal for equal specs: the key of cached programs. */
  readonly signature: string;
  readonly rows: number;
  /** One per input of the model. */
  readonly x: readonly ArraySpec[];
  /** One per output, undefined where it needs no labels; none where nothing is compared. */
  readonly y: readonly (ArraySpec | undefined)[];
  /** One per output; undefined where samples count alike. */
  readonly weights: readonly (ArraySpec | undefined)[];
}

/** Arrays that belong together, row by row: for each input, each output, and each output's sample weights. */
export interface Columns {
  readonly rows: number;
  readonly x: readonly HostArray[];
  readonly y: readonly (HostArray | undefined)[];
  readonly weights: readonly (HostArray | undefined)[];
}

/** Where a program takes its batch. Names that the program does not use are passed over. */
export interface BatchPorts {
  readonly x: readonly (InputPort | undefined)[];
  readonly y: readonly (InputPort | undefined)[];
  readonly weights: readonly (InputPort | undefined)[];
}

/** The spec of a batch of `rows` rows of these columns. `inputs` say in which dtype the model takes its inputs. */
export function specOf(columns: Columns, rows: number, inputs: readonly { readonly dtype: DType }[]): BatchSpec {
  const batch = ({ shape }: HostArray): Shape => [rows, ...shape.slice(1)];
  const x = columns.x.map((array, index) => ({ shape: batch(array), dtype: inputs[index]?.dtype ?? "float32" }));
  const y = columns.y.map((array) => array && { shape: batch(array), dtype: dtypeOf(array.data) });
  const weights = columns.weights.map((array) => array && { shape: batch(array), dtype: "float32" as const });
  const text = (specs: readonly (ArraySpec | undefined)[]) =>
    specs.map((spec) => (spec ? `${spec.dtype}[${spec.shape}]` : "-")).join(" ");
  return { signature: `${text(x)} | ${text(y)} | ${text(weights)}`, rows, x, y, weights };
}
