import { append } from "../ir/append.ts";
import { type Instruction, viewsOf } from "../ir/instruction.ts";
import type { BufferId } from "../ir/view.ts";

/** One instruction while an order is sought. */
interface Candidate {
  readonly index: number;
  /** The buffers that it reads or writes, each once. */
  readonly buffers: readonly BufferId[];
  /** Instructions that must come before and have not. */
  waiting: number;
  /** Bytes more that are alive afterwards, as last noted in the queue. */
  growth: number;
}

/**
 * An order in which each instruction comes after those that it needs, and little memory is alive at a time: of those
 * that may come next, the one after which the least is alive; among equals the first. So a weight's gradient is taken
 * before the way back goes on, and what it reads is given up.
 *
 * The work grows with the instructions and their operands: a queue holds those that may come next, and what a step
 * frees or takes changes the growth of an instruction at most twice for each of its buffers.
 *
 * @param before for each instruction those that must come before it.
 * @param bytesOf bytes of memory that a buffer takes while it is alive; 0 for what has a place of its own.
 * @param kept buffers that stay alive after the run.
 */
export function orderForMemory(
  instructions: readonly Instruction[],
  before: readonly ReadonlySet<number>[],
  bytesOf: (buffer: BufferId) => number,
  kept: ReadonlySet<BufferId>,
): number[] {
  const users = new Map<BufferId, Candidate[]>();
  const candidates = instructions.map((instruction, index): Candidate => {
    const { reads, writes } = viewsOf(instruction);
    const buffers = [...new Set([...reads, ...writes].map(({ buffer }) => buffer))].filter(
      (buffer) => bytesOf(buffer) > 0,
    );
    const candidate = { index, buffers, waiting: (before[index] as ReadonlySet<number>).size, growth: Number.NaN };
    for (const buffer of buffers) append(users, buffer, candidate);
    return candidate;
  });
  /** Users of each buffer that are still to come. */
  const left = new Map(
    [...users].map(([buffer, list]) => [buffer, kept.has(buffer) ? Number.POSITIVE_INFINITY : list.length]),
  );
  const after = instructions.map((): Candidate[] => []);
  before.forEach((needed, index) => {
    for (const earlier of needed) (after[earlier] as Candidate[]).push(candidates[index] as Candidate);
  });

  const alive = new Set<BufferId>();
  const queue = new Queue();
  /** Puts a candidate that may come next into the queue, unless it is there with what its growth is now. */
  const note = (candidate: Candidate) => {
    let bytes = 0;
    for (const buffer of candidate.buffers) {
      const dies = left.get(buffer) === 1;
      if (alive.has(buffer)) bytes -= dies ? bytesOf(buffer) : 0;
      else bytes += dies ? 0 : bytesOf(buffer);
    }
    if (candidate.waiting > 0 || candidate.growth === bytes) return;
    candidate.growth = bytes;
    queue.push({ growth: bytes, index: candidate.index });
  };

  candidates.forEach(note);
  const order: number[] = [];
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    const best = candidates[entry.index] as Candidate;
    // Entries with a growth of earlier are passed over.
    if (best.growth !== entry.growth) continue;
    order.push(best.index);
    // Done: it takes no part any more.
    best.waiting = Number.POSITIVE_INFINITY;
    best.growth = Number.NaN;
    for (const buffer of best.buffers) {
      const rest = (left.get(buffer) as number) - 1;
      left.set(buffer, rest);
      const begins = !alive.has(buffer);
      if (rest > 0) alive.add(buffer);
      else alive.delete(buffer);
      if (begins || rest === 1) users.get(buffer)?.forEach(note);
    }
    for (const candidate of after[best.index] as Candidate[]) {
      candidate.waiting--;
      note(candidate);
    }
  }
  return order;
}

/** An instruction in the queue. */
interface Entry {
  readonly growth: number;
  readonly index: number;
}

/** A binary heap: gives the entry of the least growth, among equals of the lowest index. */
class Queue {
  private readonly entries: Entry[] = [];

  push(entry: Entry): void {
    const { entries } = this;
    let at = entries.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isFirst(entry, entries[parent] as Entry)) break;
      entries[at] = entries[parent] as Entry;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): Entry | undefined {
    const { entries } = this;
    const [first] = entries;
    const last = entries.pop();
    if (!last || entries.length === 0) return first;
    let at = 0;
    for (let child = 1; child < entries.length; child = 2 * at + 1) {
      if (child + 1 < entries.length && isFirst(entries[child + 1] as Entry, entries[child] as Entry)) child++;
      if (!isFirst(entries[child] as Entry, last)) break;
      entries[at] = entries[child] as Entry;
      at = child;
    }
    entries[at] = last;
    return first;
  }
}

const isFirst = (a: Entry, b: Entry) => a.growth < b.growth || (a.growth === b.growth && a.index < b.index);
