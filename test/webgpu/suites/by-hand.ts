// Programs made by hand: single instructions on given numbers, run on any backend.
import type { Backend } from "../../../src/backends/backend.ts";
import type { DType, TypedArray } from "../../../src/ir/dtype.ts";
import type { Instruction } from "../../../src/ir/instruction.ts";
import type { BufferSpec, Program } from "../../../src/ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../../../src/ir/shape.ts";
import type { View } from "../../../src/ir/view.ts";

/** The views of an instruction: what is given, and room for results. */
export class Hand {
  readonly buffers: BufferSpec[] = [];
  readonly contents: TypedArray[] = [];
  readonly outputs: Record<string, View> = {};

  /** An input; an Int32Array makes it int32. */
  given(data: TypedArray, shape: Shape = [data.length]): View {
    const dtype: DType = data instanceof Int32Array ? "int32" : "float32";
    this.contents.push(data);
    this.buffers.push({ kind: "input", dtype, size: data.length, name: `b${this.buffers.length}` });
    return { buffer: this.buffers.length - 1, dtype, offset: 0, shape, strides: stridesOf(shape) };
  }

  /** Room for a result, which is read back under this name. */
  room(name: string, shape: Shape, dtype: DType = "float32"): View {
    this.buffers.push({ kind: "temporary", dtype, size: sizeOf(shape) });
    const view: View = { buffer: this.buffers.length - 1, dtype, offset: 0, shape, strides: stridesOf(shape) };
    this.outputs[name] = view;
    return view;
  }
}

/** Runs instructions whose views `make` makes, and gives the results by name. */
export async function runByHand(
  backend: Backend,
  make: (hand: Hand) => readonly Instruction[],
): Promise<Record<string, TypedArray>> {
  const hand = new Hand();
  const instructions = make(hand);
  const { buffers, outputs, contents } = hand;
  const inputs = Object.fromEntries(
    buffers.flatMap(({ kind, dtype, size }, buffer) =>
      kind === "input" ? [[`b${buffer}`, { buffer, dtype, offset: 0, shape: [size], strides: [1] } as View]] : [],
    ),
  );
  const program: Program = { buffers, instructions, inputs, outputs, variables: [] };
  const executable = await backend.load(program, []);
  try {
    Object.keys(inputs).forEach((name, index) => {
      executable.input(name).write(contents[index] as TypedArray);
    });
    executable.run();
    return await executable.read(Object.keys(outputs));
  } finally {
    executable.dispose();
  }
}

/** Bits of numbers; all NaN are one. */
export function bitsOf(data: TypedArray): Int32Array {
  const same = data instanceof Int32Array ? data : Float32Array.from(data, (x) => (Number.isNaN(x) ? Number.NaN : x));
  return new Int32Array(same.buffer, same.byteOffset, same.length);
}

/** Numbers in [0, 1) that are the same everywhere. */
export function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  });
}
