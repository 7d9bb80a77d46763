// Views and programs written by hand, and running them: for the conformance suite.
import type { Backend } from "../backends/backend.ts";
import type { DType, TypedArray } from "../ir/dtype.ts";
import type { Instruction } from "../ir/instruction.ts";
import type { MapInstruction } from "../ir/instructions/map.ts";
import type { BufferSpec, Program } from "../ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../ir/shape.ts";
import type { BufferId, View } from "../ir/view.ts";
import { checkOptions } from "../options.ts";

/** A view from the start of a buffer, contiguous and float32 unless said otherwise. */
export function viewOf(
  buffer: BufferId,
  shape: Shape,
  options: {
    /** Default "float32". */
    dtype?: DType;
    /** Of the first element. Default 0. */
    offset?: number;
    /** Elements from one index to the next, per axis. Default row-major. */
    strides?: readonly number[];
  } = {},
): View {
  const {
    dtype = "float32",
    offset = 0,
    strides = stridesOf(shape),
  } = checkOptions("viewOf", options, { dtype: "string", offset: "number", strides: "list" });
  return { buffer, dtype, offset, shape, strides };
}

/** sum = a + b, which are contiguous. */
export function addition(a: View, b: View, sum: View): MapInstruction {
  const shape = [sizeOf(sum.shape)];
  const flat = (view: View): View => ({ ...view, shape, strides: [1] });
  return {
    kind: "map",
    shape,
    inputs: [flat(a), flat(b)],
    outputs: [flat(sum)],
    expression: {
      nodes: [
        { op: "input", index: 0 },
        { op: "input", index: 1 },
        { op: "add", args: [0, 1] },
      ],
      outputs: [2],
    },
  };
}

/**
 * A program on variables alone: every array is a buffer, in order. Variables keep what no instruction touches, so that
 * a test sees a kernel write where it should not.
 */
export function programOn(arrays: readonly TypedArray[], instructions: readonly Instruction[]): Program {
  const buffers = arrays.map((array, index): BufferSpec => {
    return { kind: "variable", dtype: dtypeIn(array), size: array.length, name: `buffer_${index}` };
  });
  return { buffers, instructions, inputs: {}, outputs: {}, variables: arrays.map((_, index) => index) };
}

/** Runs instructions once on copies of the arrays and gives what every buffer holds afterwards. */
export async function runInstructions(
  backend: Backend,
  arrays: readonly TypedArray[],
  instructions: readonly Instruction[],
): Promise<TypedArray[]> {
  const storages = arrays.map((array) => backend.allocate({ size: array.length, dtype: dtypeIn(array) }));
  storages.forEach((storage, index) => {
    backend.write(storage, arrays[index] as TypedArray);
  });
  const executable = await backend.load(programOn(arrays, instructions), storages);
  try {
    executable.run();
    return await Promise.all(storages.map((storage) => backend.read(storage)));
  } finally {
    executable.dispose();
    for (const storage of storages) backend.free(storage);
  }
}

function dtypeIn(array: TypedArray): DType {
  return array instanceof Int32Array ? "int32" : "float32";
}
