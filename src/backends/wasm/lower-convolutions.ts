import { append } from "../../ir/append.ts";
import { type Instruction, viewsOf } from "../../ir/instruction.ts";
import type { MapInstruction } from "../../ir/instructions/map.ts";
import type { BufferSpec, Program } from "../../ir/program.ts";
import { type Shape, sizeOf, stridesOf } from "../../ir/shape.ts";
import { type BufferId, collapse, collapseTogether, isContiguous, reshapeView, type View } from "../../ir/view.ts";
import type { ConvWindows, Spatial } from "../../ir/windows.ts";
import { isWinograd } from "./winograd-record.ts";

/**
 * Gives convolutions images with margins instead of padded windows, because the kernels read whole patches: inputs are
 * copied into larger buffers of zeros, gradients of inputs are made in larger buffers, where maps read them in place.
 */
export function lowerConvolutions(program: Program): Program {
  const buffers = [...program.buffers];
  const users = usersOf(program);
  /** Where the values of a buffer are: inside a larger one that has taken its place. */
  const moved = new Map<BufferId, View>();
  /** The axes of maps that read such values. */
  const axes = new Map<Instruction, readonly number[]>();
  const lower = (instruction: Instruction, isInLoop: boolean): Instruction | Instruction[] => {
    if (instruction.kind === "loop") {
      const before = buffers.length;
      const body = instruction.body.flatMap((inner) => lower(inner, true));
      const added = buffers.slice(before).map(({ size }, index) => wholeOf(before + index, [size]));
      return { ...instruction, body, writes: [...instruction.writes, ...added] };
    }
    if (instruction.kind === "map") return readMoved(instruction, axes.get(instruction), moved);
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
    const gradient: Instruction = { ...instruction, windows, output: whole };
    const readers: readonly Instruction[] = (users.get(output.buffer) ?? []).slice(1);
    // Maps read rows without gaps.
    const isDense = (collapse(inside).strides.at(-1) ?? 1) === 1;
    if (isDense && !isInLoop && canMove(program, output, readers)) {
      const divided = readers.map((reader) => commonAxes(axes.get(reader) ?? reader.shape, inside));
      if (divided.every((list) => list !== undefined)) {
        for (const [index, list] of divided.entries()) axes.set(readers[index] as MapInstruction, list);
        moved.set(output.buffer, inside);
        return gradient;
      }
    }
    return [gradient, { kind: "copy", input: inside, output: { ...output, ...imageOf(inside) } }];
  };
  const instructions = program.instructions.flatMap((instruction) => lower(instruction, false));
  return { ...program, buffers, instructions };
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

/** By buffer, the instructions that read or write it, each once. */
function usersOf({ instructions }: Program): Map<BufferId, Instruction[]> {
  const users = new Map<BufferId, Instruction[]>();
  for (const instruction of instructions) {
    const { reads, writes } = viewsOf(instruction);
    for (const buffer of new Set([...reads, ...writes].map((view) => view.buffer))) append(users, buffer, instruction);
  }
  return users;
}

/** Whether a gradient need not be where it was to be: nothing but maps use it, which read the whole of it in order. */
function canMove(
  { buffers, outputs }: Program,
  { buffer, shape }: View,
  readers: readonly Instruction[],
): readers is readonly MapInstruction[] {
  const { kind, size } = buffers[buffer] as BufferSpec;
  const isHere = (view: View) => view.buffer === buffer;
  return (
    kind === "temporary" &&
    size === sizeOf(shape) &&
    !Object.values(outputs).some(isHere) &&
    readers.every(
      (reader) =>
        reader.kind === "map" &&
        !reader.outputs.some(isHere) &&
        reader.inputs.every((view) => !isHere(view) || (isContiguous(view) && sizeOf(view.shape) === size)),
    )
  );
}

/** The map over these axes with inputs read where they are now, with the fewest axes that describe all operands. */
function readMoved(
  map: MapInstruction,
  axes: readonly number[] | undefined,
  moved: ReadonlyMap<BufferId, View>,
): MapInstruction {
  if (!axes) return map;
  const over = (view: View) => reshapeView(moved.get(view.buffer) ?? view, axes) as View;
  const [inputs, outputs] = [map.inputs.map(over), map.outputs.map(over)];
  const { shape, strides } = collapseTogether(
    axes,
    [...inputs, ...outputs].map((view) => view.strides),
  );
  const merged = (first: number) => (view: View, index: number) => ({
    ...view,
    shape,
    strides: strides[first + index] as number[],
  });
  return { ...map, shape, inputs: inputs.map(merged(0)), outputs: outputs.map(merged(inputs.length)) };
}

/** The axes of `shape`, divided so that those of the view are made up of them; undefined where that cannot be. */
function commonAxes(shape: Shape, view: View): number[] | undefined {
  /** How many elements each axis and those behind it have. */
  const lengths = [shape, collapse(view).shape].flatMap((extents) =>
    extents.map((_, axis) => sizeOf(extents.slice(axis))),
  );
  const cuts = [...new Set([...lengths, 1])].sort((a, b) => b - a);
  const extents = cuts.slice(0, -1).map((length, index) => length / (cuts[index + 1] as number));
  return extents.length > 0 && extents.every(Number.isInteger) ? extents : undefined;
}
