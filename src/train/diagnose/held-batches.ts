// Copies of a few batches, so that they can be run several times, wherever they come from.
import type { InputPort } from "../../backends/backend.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { ArraySpec, BatchPorts, BatchSource, BatchSpec } from "../batch.ts";

/** A batch in memory. */
export interface HeldBatch {
  readonly spec: BatchSpec;
  readonly x: readonly TypedArray[];
  /** Undefined for outputs without labels. */
  readonly y: readonly (TypedArray | undefined)[];
  readonly weights: readonly (TypedArray | undefined)[];
}

/** Copies the first batches of a source. */
export async function holdBatches(source: BatchSource, limit: number): Promise<HeldBatch[]> {
  const cursor = source.open(0);
  const held: HeldBatch[] = [];
  try {
    while (held.length < limit) {
      const spec = await cursor.next();
      if (!spec) break;
      const arrays = (specs: readonly (ArraySpec | undefined)[]) =>
        specs.map((one) => one && new (one.dtype === "int32" ? Int32Array : Float32Array)(sizeOf(one.shape)));
      const batch = { spec, x: arrays(spec.x) as TypedArray[], y: arrays(spec.y), weights: arrays(spec.weights) };
      cursor.write({ x: batch.x.map(portTo), y: batch.y.map(portTo), weights: batch.weights.map(portTo) });
      held.push(batch);
    }
  } finally {
    await cursor.close();
  }
  return held;
}

/** Batches that are read over and over, the same in each epoch. */
export function heldSource(batches: readonly HeldBatch[]): BatchSource {
  return {
    steps: batches.length,
    open() {
      let index = -1;
      return {
        next: () => batches[++index]?.spec,
        write: (ports) => writeTo(ports, batches[index] as HeldBatch),
        close: () => {},
      };
    },
  };
}

/** Writes a batch to the inputs of a program. */
export function writeTo(ports: BatchPorts, { x, y, weights }: HeldBatch): void {
  const write = (arrays: readonly (TypedArray | undefined)[], to: BatchPorts["x"]) => {
    arrays.forEach((array, index) => {
      if (array) to[index]?.write(array);
    });
  };
  write(x, ports.x);
  write(y, ports.y);
  write(weights, ports.weights);
}

/** An input that is an array in memory. */
function portTo(array: TypedArray | undefined): InputPort | undefined {
  if (!array) return undefined;
  return {
    size: array.length,
    dtype: array instanceof Int32Array ? "int32" : "float32",
    write(source, sourceOffset = 0, length = array.length, targetOffset = 0) {
      for (let i = 0; i < length; i++) array[targetOffset + i] = source[sourceOffset + i] as number;
    },
  };
}
