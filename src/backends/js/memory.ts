// Buffers of the js backend: an array for each, and views of them.
import { type Complaint, message, OutOfMemoryError } from "../../errors.ts";
import type { DType, TypedArray } from "../../ir/dtype.ts";
import type { Program } from "../../ir/program.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { BufferId, View } from "../../ir/view.ts";

/** What the backend computes in: every float32 buffer is a Float32Array or a Float64Array. */
export type Precision = "float32" | "float64";

/** An array of floating-point numbers in either precision. */
export type FloatArray = Float32Array | Float64Array;

/**
 * Elements that a map works on at a time: large enough to hide the cost of a call, small enough to stay in the L1
 * cache.
 */
export const tileSize = 1024;

/**
 * The buffers of one loaded program as plain arrays, one each. Unlike in an arena, no
 * buffers overlap.
 */
export class Memory {
  private readonly arrays: readonly TypedArray[];
  private readonly windows = new WeakMap<View, TypedArray>();
  private readonly tiles: FloatArray[] = [];

  /** @param variables the arrays of `program.variables`, in order. */
  constructor(
    program: Program,
    variables: readonly TypedArray[],
    private readonly precision: Precision,
  ) {
    const owned = new Map<BufferId, TypedArray>(
      program.variables.map((buffer, index) => [buffer, variables[index] as TypedArray]),
    );
    this.arrays = program.buffers.map(({ size, dtype, data }, buffer) => {
      const array = owned.get(buffer) ?? newArray(size, dtype, precision);
      if (data) array.set(data);
      return array;
    });
  }

  /** The whole array that a view looks at; the view's offset and strides are for the caller. */
  array(view: View): TypedArray {
    return this.arrays[view.buffer] as TypedArray;
  }

  /** The elements of a contiguous view, from 0. Made once per view, so that a run makes no garbage. */
  window(view: View): TypedArray {
    let window = this.windows.get(view);
    if (!window) {
      window = this.array(view).subarray(view.offset, view.offset + sizeOf(view.shape));
      this.windows.set(view, window);
    }
    return window;
  }

  /** The tile number `index`: scratch for one value of a map's expression. */
  tile(index: number): FloatArray {
    while (this.tiles.length <= index) this.tiles.push(newArray(tileSize, "float32", this.precision) as FloatArray);
    return this.tiles[index] as FloatArray;
  }
}

/** An array of zeros for `size` elements. @throws OutOfMemoryError where the engine has no room for it. */
export function newArray(size: number, dtype: DType, precision: Precision): TypedArray {
  try {
    if (dtype === "int32") return new Int32Array(size);
    return precision === "float64" ? new Float64Array(size) : new Float32Array(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw outOfMemory("room for an array", `a request for ${size} numbers`, {
      context: String(error),
      advice: "Use a smaller batch or model.",
    });
  }
}

/** What the backend throws where the engine cannot allocate. */
export function outOfMemory(
  expected: string,
  received: string,
  more: Pick<Complaint, "context" | "advice">,
): OutOfMemoryError {
  return new OutOfMemoryError(message("js backend", { rule: "out of memory", expected, received, ...more }));
}
