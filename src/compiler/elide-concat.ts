import { append } from "../ir/append.ts";
import { type Instruction, viewsOf, withViews } from "../ir/instruction.ts";
import type { CopyInstruction } from "../ir/instructions/copy.ts";
import type { BufferSpec } from "../ir/program.ts";
import { sizeOf } from "../ir/shape.ts";
import { type BufferId, isContiguous, type View } from "../ir/view.ts";

/** A buffer that has become a part of another. */
interface Place {
  readonly buffer: BufferId;
  readonly offset: number;
}

/**
 * Drops copies that join temporaries into one (concatenations): what computes a part writes it where it belongs. A
 * second join of the same parts in the same order is a part of the first, without memory of its own.
 *
 * @param pinned buffers that must stay what they are: outputs, and new values of variables.
 */
export function elideConcats(
  instructions: readonly Instruction[],
  buffers: readonly BufferSpec[],
  pinned: ReadonlySet<BufferId>,
): Instruction[] {
  const places = new Map<BufferId, Place>();
  const dropped = new Set<Instruction>();
  const placeOf = (buffer: BufferId): Place => {
    let place: Place = { buffer, offset: 0 };
    for (let outer = places.get(buffer); outer; outer = places.get(place.buffer))
      place = { buffer: outer.buffer, offset: outer.offset + place.offset };
    return place;
  };
  const isMovable = (buffer: BufferId) =>
    buffers[buffer]?.kind === "temporary" && !pinned.has(buffer) && !places.has(buffer);

  for (const [target, copies] of joinsOf(instructions, buffers)) {
    const shared = isMovable(target) ? sharedPlace(copies, buffers, placeOf) : undefined;
    if (shared && shared.buffer !== target) {
      places.set(target, shared);
      for (const copy of copies) dropped.add(copy);
      continue;
    }
    for (const copy of copies) {
      const { input, output } = copy;
      const isWhole = isContiguous(input) && input.offset === 0 && sizeOf(input.shape) === buffers[input.buffer]?.size;
      if (!isWhole || !isContiguous(output) || !isMovable(input.buffer) || placeOf(target).buffer === input.buffer)
        continue;
      places.set(input.buffer, { buffer: target, offset: output.offset });
      dropped.add(copy);
    }
  }
  const moved = (view: View): View => {
    if (!places.has(view.buffer)) return view;
    const { buffer, offset } = placeOf(view.buffer);
    return { ...view, buffer, offset: view.offset + offset };
  };
  return instructions
    .filter((instruction) => !dropped.has(instruction))
    .map((instruction) => withViews(instruction, moved));
}

/**
 * Buffers that nothing but copies of parts write, side by side, and the copies; the largest first, so that smaller
 * joins find their parts there.
 */
function joinsOf(
  instructions: readonly Instruction[],
  buffers: readonly BufferSpec[],
): [BufferId, CopyInstruction[]][] {
  const writers = new Map<BufferId, Instruction[]>();
  for (const instruction of instructions)
    for (const { buffer } of viewsOf(instruction).writes) append(writers, buffer, instruction);
  const size = (buffer: BufferId) => (buffers[buffer] as BufferSpec).size;
  const joins = [...writers].filter((entry): entry is [BufferId, CopyInstruction[]] => {
    const [buffer, list] = entry;
    const copied = list.reduce(
      (sum, writer) => sum + (writer.kind === "copy" ? sizeOf(writer.output.shape) : Number.NaN),
      0,
    );
    return buffers[buffer]?.kind === "temporary" && list.length > 1 && copied === size(buffer);
  });
  return joins.sort(([a], [b]) => size(b) - size(a));
}

/**
 * Where the parts are already in place, one after the other in one temporary; undefined where they are
 * not.
 */
function sharedPlace(
  copies: readonly CopyInstruction[],
  buffers: readonly BufferSpec[],
  placeOf: (buffer: BufferId) => Place,
): Place | undefined {
  let shared: Place | undefined;
  for (const { input, output } of copies) {
    const { buffer, offset } = placeOf(input.buffer);
    const start = offset + input.offset - output.offset;
    if (input.advances || !isContiguous(input) || !isContiguous(output) || buffers[buffer]?.kind !== "temporary")
      return undefined;
    if (shared && (shared.buffer !== buffer || shared.offset !== start)) return undefined;
    shared = { buffer, offset: start };
  }
  return shared;
}
