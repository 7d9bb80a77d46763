import { append } from "../ir/append.ts";
import { arenaBytesOf } from "../ir/arena.ts";
import { elementwisePart, type Instruction, viewsOf, withViews } from "../ir/instruction.ts";
import type { Limits } from "../ir/limits.ts";
import type { BufferSpec } from "../ir/program.ts";
import { sizeOf } from "../ir/shape.ts";
import { type BufferId, isContiguous, reachOf, sameLayout, type View } from "../ir/view.ts";
import { orderForMemory } from "./order.ts";

/** A variable's buffer and the temporary that holds its new value. */
export interface Update {
  readonly variable: BufferId;
  readonly value: View;
}

/**
 * Puts instructions in an order in which every read of a variable sees its old value, and lets the instruction that
 * computes a new value write it straight into the variable where that is possible; else a copy at the end does.
 *
 * @param kept buffers that are read after the run.
 * @param limits whether an instruction may write over a variable that it reads.
 */
export function schedule(
  instructions: readonly Instruction[],
  buffers: readonly BufferSpec[],
  updates: readonly Update[],
  kept: ReadonlySet<BufferId>,
  { inPlace }: Limits,
): { instructions: Instruction[]; renamed: ReadonlyMap<BufferId, BufferId> } {
  const all = [...instructions];
  const graph = new Dependencies(all);
  const { before } = graph;
  const readersOf = usersOf(all, "reads");
  const writersOf = usersOf(all, "writes");
  const renamed = new Map<BufferId, BufferId>();
  for (const { variable, value } of updates) {
    const readers = readersOf.get(variable) ?? [];
    const writers = writersOf.get(value.buffer) ?? [];
    const [writer] = writers;
    const direct =
      writer !== undefined &&
      writers.length === 1 &&
      !renamed.has(value.buffer) &&
      canReplace(value, buffers, variable) &&
      mayWrite(all[writer] as Instruction, variable, value, inPlace);
    const others = readers.filter((reader) => reader !== writer);
    if (direct && graph.put(others, writer)) renamed.set(value.buffer, variable);
    else if (sizeOf(value.shape) > 0) {
      graph.append([...readers, ...writers]);
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

/**
 * By buffer, the instructions that read or write it, in order. The copies that `schedule` adds read temporaries and
 * write variables, so they change no list.
 */
function usersOf(instructions: readonly Instruction[], how: "reads" | "writes"): Map<BufferId, number[]> {
  const users = new Map<BufferId, number[]>();
  instructions.forEach((instruction, index) => {
    for (const buffer of new Set(viewsOf(instruction)[how].map((view) => view.buffer))) append(users, buffer, index);
  });
  return users;
}

/** A part of a buffer, from its first to its last element. */
interface Part {
  from: number;
  to: number;
}

/** A part that an instruction uses. */
interface Use extends Part {
  readonly index: number;
  readonly buffer: BufferId;
}

/** Some uses of one buffer that followed each other, and the part that holds them all. */
interface Chunk extends Part {
  readonly uses: Use[];
}

const chunkLength = 64;
const meet = (a: Part, b: Part) => a.from <= b.to && b.from <= a.to;

/**
 * For each instruction those that must come before: writers of what it reads, and all users of what it writes. Parts
 * that do not meet do not count.
 */
function dependencies(instructions: readonly Instruction[]): Set<number>[] {
  // Two tables, so that the many readers of one buffer are not compared with each other; in chunks, since a
  // concatenation has as many writers as parts.
  const readers = new Map<BufferId, Chunk[]>();
  const writers = new Map<BufferId, Chunk[]>();
  return instructions.map((instruction, index) => {
    const before = new Set<number>();
    const wait = (uses: readonly Use[], users: ReadonlyMap<BufferId, readonly Chunk[]>) => {
      for (const use of uses) {
        for (const chunk of users.get(use.buffer) ?? []) {
          if (meet(chunk, use)) for (const earlier of chunk.uses) if (meet(earlier, use)) before.add(earlier.index);
        }
      }
    };
    const usesOf = (views: readonly View[]) =>
      views.map((view): Use => ({ index, buffer: view.buffer, ...reachOf(view) }));
    const { reads, writes } = viewsOf(instruction);
    const [read, written] = [usesOf(reads), usesOf(writes)];
    wait(read, writers);
    wait(written, writers);
    wait(written, readers);
    for (const use of read) note(readers, use);
    for (const use of written) note(writers, use);
    return before;
  });
}

function note(users: Map<BufferId, Chunk[]>, use: Use): void {
  const chunk = users.get(use.buffer)?.at(-1);
  if (!chunk || chunk.uses.length === chunkLength)
    append(users, use.buffer, { from: use.from, to: use.to, uses: [use] });
  else {
    chunk.uses.push(use);
    chunk.from = Math.min(chunk.from, use.from);
    chunk.to = Math.max(chunk.to, use.to);
  }
}

/**
 * What must come before what. It knows one possible order at all times, so that a new rule that agrees with this order
 * costs no search.
 */
class Dependencies {
  /** For each instruction those that must come before it. */
  readonly before: Set<number>[];
  private readonly order: number[];
  /** Where in `order` each instruction is. */
  private readonly places: number[];

  constructor(instructions: readonly Instruction[]) {
    this.before = dependencies(instructions);
    this.order = [...instructions.keys()];
    this.places = [...this.order];
  }

  /** One more instruction, at the end. */
  append(needed: Iterable<number>): void {
    this.places.push(this.order.length);
    this.order.push(this.before.length);
    this.before.push(new Set(needed));
  }

  /** Puts `others` before the target. False, and nothing has changed, where one of them can only come after it. */
  put(others: readonly number[], target: number): boolean {
    const { before, order, places } = this;
    const from = places[target] as number;
    let to = from;
    /** All between the target and the last of `others` that must come before one of them. */
    const earlier = new Set<number>();
    const stack = others.filter((index) => (places[index] as number) > from);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (index === target) return false;
      const place = places[index] as number;
      if (place < from || earlier.has(index)) continue;
      earlier.add(index);
      to = Math.max(to, place);
      for (const needed of before[index] as ReadonlySet<number>) stack.push(needed);
    }
    const part = order.slice(from, to + 1);
    [...part.filter((index) => earlier.has(index)), ...part.filter((index) => !earlier.has(index))].forEach(
      (index, offset) => {
        order[from + offset] = index;
        places[index] = from + offset;
      },
    );
    for (const index of others) (before[target] as Set<number>).add(index);
    return true;
  }
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

/**
 * Whether the writer may write the variable: it does not read it, sets rows of it, or (where that is allowed) is a map
 * that reads it element by element.
 */
function mayWrite(writer: Instruction, variable: BufferId, value: View, inPlace: boolean): boolean {
  const isVariable = (view: View) => view.buffer === variable;
  if (!viewsOf(writer).reads.some(isVariable)) return true;
  if (writer.kind === "setRows") return !isVariable(writer.indices) && !isVariable(writer.updates);
  if (!inPlace) return false;
  const { map, others } = elementwisePart(writer);
  const output = map?.outputs.find((view) => view.buffer === value.buffer);
  return (
    inPlace &&
    output !== undefined &&
    !others.some(isVariable) &&
    map?.inputs.every((view) => !isVariable(view) || sameLayout(view, output)) === true
  );
}
