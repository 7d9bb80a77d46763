import type { Instruction } from "../../ir/instruction.ts";
import type { BufferSpec, Program } from "../../ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../../ir/shape.ts";
import type { BufferId, View } from "../../ir/view.ts";
import type { ConvWindows, Spatial } from "../../ir/windows.ts";
import { isWinograd } from "./winograd-record.ts";

/**
 * Gives convolutions images with margins instead of padded windows, because the kernels read whole patches: inputs are
 * copied into larger buffers of zeros, gradients of inputs are made in larger buffers and copied from there. Those that
 * are computed by Winograd's algorithm need no margins.
 */
export function lowerConvolutions(program: Program): Program {
  const buffers = [...program.buffers];
  const lower = (instruction: Instruction): Instruction | Instruction[] => {
    if (instruction.kind === "loop") {
      const before = buffers.length;
      const body = instruction.body.flatMap(lower);
      const added = buffers.slice(before).map(({ size }, index) => wholeOf(before + index, [size]));
      return { ...instruction, body, writes: [...instruction.writes, ...added] };
    }
    if (instruction.kind !== "conv" && instruction.kind !== "convInputGrad" && instruction.kind !== "convFilterGrad")
      return instruction;
    if (isWinograd(instruction)) return instruction;
    const extents = paddedExtents(instruction.windows);
    if (extents.every((extent, axis) => extent === instruction.windows.inputs[axis])) return instruction;
    const windows: ConvWindows = { ...instruction.windows, inputs: extents, low: [0, 0, 0] };
    const whole = allocate(buffers, [windows.batch, ...extents, windows.channels]);
    const inside = insideOf(whole, instruction.windows);
    if (instruction.kind !== "convInputGrad") {
      return [
        { kind: "fill", value: 0, output: whole },
        { kind: "copy", input: { ...instruction.input, ...imageOf(inside) }, output: inside },
        { ...instruction, windows, input: whole },
      ];
    }
    const { output } = instruction;
    return [
      { ...instruction, windows, output: whole },
      { kind: "copy", input: inside, output: { ...output, ...imageOf(inside) } },
    ];
  };
  return { ...program, buffers, instructions: program.instructions.flatMap(lower) };
}

/** Extents of an image, margins included, in which all windows lie whole. */
function paddedExtents({ inputs, outputs, size, strides, dilations, low }: ConvWindows): Spatial {
  const extent = (axis: 0 | 1 | 2) =>
    Math.max(low[axis] + inputs[axis], (outputs[axis] - 1) * strides[axis] + (size[axis] - 1) * dilations[axis] + 1);
  return [extent(0), extent(1), extent(2)];
}

function allocate(buffers: BufferSpec[], shape: Shape): View {
  return wholeOf(buffers.push({ kind: "temporary", dtype: "float32", size: sizeOf(shape) }) - 1, shape);
}

const wholeOf = (buffer: BufferId, shape: Shape): View => ({
  buffer,
  dtype: "float32",
  offset: 0,
  shape,
  strides: stridesOf(shape),
});

/** The image without its margins. */
function insideOf(whole: View, { batch, inputs, channels, low }: ConvWindows): View {
  const offset = low.reduce((sum, margin, axis) => sum + margin * (whole.strides[axis + 1] as number), 0);
  return { ...whole, offset, shape: [batch, ...inputs, channels] };
}

/** Shape and strides of a contiguous image of this shape. */
const imageOf = ({ shape }: View) => ({ shape, strides: stridesOf(shape) });
