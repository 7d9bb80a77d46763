import { append } from "../tensor/append.ts";
import { sizeOf } from "../tensor/shape.ts";
import { isContiguous, reachOf } from "../tensor/view.ts";
import { type BufferId, type BufferSpec, type Instruction, type View, viewsOf } from "./instruction.ts";
import { arenaBytesOf, orderForMemory } from "./order.ts";

/** A variable's buffer and the temporary that holds its new value. */
export interface Update {
  readonly variable: BufferId;
  readonly value: View;
}

/**
 * Puts instructions in an order in which every read of a variable sees its old value, and lets the instruction that computes a new value write it
 * straight into the variable where that is possible; else a copy at the end does.
 *
 * @param kept buffers that are read after the run.
 */
export function schedule(
  instructions: readonly Instruction[],
  buffers: readonly BufferSpec[],
  updates: readonly Update[],
  kept: ReadonlySet<BufferId>,
): { instructions: Instruction[]; renamed: ReadonlyMap<BufferId, BufferId> } {
  const all = [...instructions];
  const before = dependencies(all);
  const renamed = new Map<BufferId, BufferId>();
  for (const { variable, value } of updates) {
    const readers = indices(all, ({ reads }) => reads.some((view) => view.buffer === variable));
    const writers = indices(all, ({ writes }) => writes.some((view) => view.buffer === value.buffer));
    const [writer] = writers;
    const direct =
      writer !== undefined &&
      writers.length === 1 &&
      !renamed.has(value.buffer) &&
      canReplace(value, buffers, variable) &&
      readsInPlace(all[writer] as Instruction, variable, value);
    const others = readers.filter((reader) => reader !== writer);
    if (direct && !dependOn(before, others, writer)) {
      renamed.set(value.buffer, variable);
      for (const reader of others) (before[writer] as Set<number>).add(reader);
    } else if (sizeOf(value.shape) > 0) {
      before.push(new Set([...readers, ...writers]));
      all.push({ kind: "copy", input: value, output: { ...value, buffer: variable, offset: 0 } });
    }
  }
  const bytesOf = (buffer: BufferId) => {
    const spec = buffers[buffer] as BufferSpec;
    return spec.kind === "temporary" && !renamed.has(buffer) ? arenaBytesOf(spec) : 0;
  };
  const rename = (view: View): View => ({ ...view, buffer: renamed.get(view.buffer) ?? view.buffer });
  const order = orderForMemory(all, before, bytesOf, kept);
  return { instructions: order.map((index) => withViews(all[index] as Instruction, rename)), renamed };
}

function indices(instructions: readonly Instruction[], holds: (views: ReturnType<typeof viewsOf>) => boolean): number[] {
  return instructions.flatMap((instruction, index) => (holds(viewsOf(instruction)) ? [index] : []));
}

/** A part of a buffer that an instruction uses: from its first to its last element. */
interface Use {
  readonly index: number;
  readonly writes: boolean;
  readonly from: number;
  readonly to: number;
}

/** For each instruction those that must come before: writers of what it reads, and all users of what it writes. Parts that do not meet do not count. */
function dependencies(instructions: readonly Instruction[]): Set<number>[] {
  const users = new Map<BufferId, Use[]>();
  return instructions.map((instruction, index) => {
    const { reads, writes } = viewsOf(instruction);
    const before = new Set<number>();
    const uses = [...reads.map((view) => ({ view, use: useOf(view, index, false) })), ...writes.map((view) => ({ view, use: useOf(view, index, true) }))];
    for (const { view, use } of uses) {
      for (const earlier of users.get(view.buffer) ?? []) {
        if ((use.writes || earlier.writes) && earlier.from <= use.to && use.from <= earlier.to) before.add(earlier.index);
      }
    }
    for (const { view, use } of uses) append(users, view.buffer, use);
    return before;
  });
}

function useOf(view: View, index: number, writes: boolean): Use {
  return { index, writes, ...reachOf(view) };
}

/** Whether the whole temporary can live in the variable's storage. */
function canReplace(value: View, buffers: readonly BufferSpec[], variable: BufferId): boolean {
  const [from, to] = [buffers[value.buffer] as BufferSpec, buffers[variable] as BufferSpec];
  return (
    from.kind === "temporary" &&
    from.size === to.size &&
    from.dtype === to.dtype &&
    value.offset === 0 &&
    sizeOf(value.shape) === from.size &&
    isContiguous(value)
  );
}

/** Whether the writer may overwrite the variable while it reads it: only a map that reads it element by element. */
function readsInPlace(writer: Instruction, variable: BufferId, value: View): boolean {
  if (!viewsOf(writer).reads.some((view) => view.buffer === variable)) return true;
  if (writer.kind === "matmul" && (writer.a.buffer === variable || writer.b.buffer === variable)) return false;
  const map = writer.kind === "matmul" ? writer.epilogue : writer;
  if (map?.kind !== "map") return false;
  const output = map.outputs.find((view) => view.buffer === value.buffer);
  return output !== undefined && map.inputs.every((view) => view.buffer !== variable || sameLayout(view, output));
}

export function sameLayout(a: View, b: View): boolean {
  return a.offset === b.offset && a.strides.every((stride, axis) => stride === b.strides[axis]);
}

/** Whether one of these instructions can only come after the target. */
function dependOn(before: readonly ReadonlySet<number>[], some: readonly number[], target: number): boolean {
  const seen = new Set<number>();
  const stack = [...some];
  while (stack.length > 0) {
    const index = stack.pop() as number;
    if (index === target) return true;
    if (seen.has(index)) continue;
    seen.add(index);
    stack.push(...(before[index] as ReadonlySet<number>));
  }
  return false;
}

/** The instruction with another view in place of each. */
export function withViews(instruction: Instruction, change: (view: View) => View): Instruction {
  const isView = (value: unknown): value is View => typeof value === "object" && value !== null && "buffer" in value;
  const entries = Object.entries(instruction).map(([key, value]) => {
    if (isView(value)) return [key, change(value)];
    if (Array.isArray(value) && value.every(isView)) return [key, value.map(change)];
    if (key === "epilogue" && value) return [key, withViews(value as Instruction, change)];
    return [key, value];
  });
  return Object.fromEntries(entries) as unknown as Instruction;
}
