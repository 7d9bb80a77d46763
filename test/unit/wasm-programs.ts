import type { JsBackend } from "../../src/backends/js/index.ts";
import type { WasmBackend } from "../../src/backends/wasm/backend.ts";
import type { DType, TypedArray } from "../../src/ir/dtype.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import type { BufferSpec, Program } from "../../src/ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../../src/ir/shape.ts";
import type { View } from "../../src/ir/view.ts";

/** What stands around and under the results before a run: a kernel that writes elsewhere is caught. */
export const sentinel = -987654;
const margin = 7;

/**
 * Programs made by hand: every operand is an input with known contents, every result an input full of sentinels that is
 * read back.
 */
export class HandMade {
  private readonly buffers: BufferSpec[] = [];
  private readonly contents: TypedArray[] = [];
  private readonly results: Record<string, View> = {};

  /** A buffer with these contents after a margin; the view covers them all, contiguous unless strides are given. */
  operand(data: ArrayLike<number>, shape: Shape, options: { dtype?: DType; strides?: readonly number[] } = {}): View {
    const { dtype = "float32", strides = stridesOf(shape) } = options;
    const array =
      dtype === "int32" ? new Int32Array(data.length + 2 * margin) : new Float32Array(data.length + 2 * margin);
    array.fill(sentinel);
    array.set(Array.from(data), margin);
    return { buffer: this.add(array, dtype), dtype, offset: margin, shape, strides };
  }

  /** Room for a result. */
  result(
    name: string,
    shape: Shape,
    options: { dtype?: DType; strides?: readonly number[]; size?: number } = {},
  ): View {
    const { dtype = "float32", size = sizeOf(shape), strides } = options;
    const view = this.operand(new Array(size).fill(sentinel), shape, { dtype, ...(strides && { strides }) });
    return this.publish(name, view);
  }

  /** Reads the whole buffer of a view back after the run, under this name. */
  publish(name: string, view: View): View {
    this.results[name] = this.whole(view.buffer);
    return view;
  }

  /** Runs the instructions, for which a WASM backend must have all kernels (`loadRest`), and gives the buffers of all results, margins included. */
  run(backend: JsBackend | WasmBackend, instructions: readonly Instruction[]): Record<string, TypedArray> {
    const program: Program = {
      buffers: this.buffers,
      instructions,
      inputs: Object.fromEntries(this.buffers.map((_, buffer) => [`b${buffer}`, this.whole(buffer)])),
      outputs: this.results,
      variables: [],
    };
    const executable = "loadNow" in backend ? backend.loadNow(program, []) : backend.load(program, []);
    this.contents.forEach((array, buffer) => {
      executable.input(`b${buffer}`).write(array);
    });
    executable.run();
    const results = Object.fromEntries(Object.keys(this.results).map((name) => [name, executable.readSync(name)]));
    executable.dispose();
    return results;
  }

  private add(array: TypedArray, dtype: DType): number {
    this.contents.push(array);
    return this.buffers.push({ kind: "input", dtype, size: array.length, name: `b${this.buffers.length}` }) - 1;
  }

  private whole(buffer: number): View {
    const { dtype, size } = this.buffers[buffer] as BufferSpec;
    return { buffer, dtype, offset: 0, shape: [size], strides: [1] };
  }
}

/** The elements of a result buffer without its margins. */
export function inner(data: TypedArray): number[] {
  return Array.from(data).slice(margin, data.length - margin);
}

/**
 * The first place at which two results differ by more than `tolerance` relative to 1 or the expected value; undefined
 * if none.
 */
export function difference(actual: TypedArray, expected: TypedArray, tolerance: number): string | undefined {
  if (actual.length !== expected.length) return `lengths ${actual.length} and ${expected.length}`;
  for (let i = 0; i < actual.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, e) || a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (!(Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e)))) return `element ${i}: ${a}, expected ${e}`;
  }
  return undefined;
}

/** Bits of float32 numbers; all NaN are one, because engines may give NaN any bits. */
export function bits(data: ArrayLike<number>): number[] {
  const floats = Float32Array.from(Array.from(data), (x) => (Number.isNaN(x) ? Number.NaN : x));
  return Array.from(new Int32Array(floats.buffer));
}
