import { type BufferId, type BufferSpec, type Instruction, viewsOf } from "./instruction.ts";

/** One instruction while an order is sought. */
interface Candidate {
  readonly index: number;
  /** The buffers that it reads or writes, each once. */
  readonly buffers: readonly BufferId[];
  /** Instructions that must come before and have not. */
  waiting: number;
}

/**
 * An order in which each instruction comes after those that it needs, and little memory is alive at a time: of those that may come next, the one
 * after which the least is alive; among equals the first. So a weight's gradient is taken before the way back goes on, and what it reads is given up.
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
  const users = new Map<BufferId, number>();
  const candidates = instructions.map((instruction, index): Candidate => {
    const { reads, writes } = viewsOf(instruction);
    const buffers = [...new Set([...reads, ...writes].map(({ buffer }) => buffer))].filter((buffer) => bytesOf(buffer) > 0);
    for (const buffer of buffers) users.set(buffer, (users.get(buffer) ?? 0) + 1);
    return { index, buffers, waiting: (before[index] as ReadonlySet<number>).size };
  });
  for (const buffer of kept) users.set(buffer, Number.POSITIVE_INFINITY);
  const after = instructions.map((): number[] => []);
  before.forEach((needed, index) => {
    for (const earlier of needed) (after[earlier] as number[]).push(index);
  });

  const alive = new Set<BufferId>();
  /** Bytes more that are alive afterwards. */
  const growth = ({ buffers }: Candidate) => {
    let bytes = 0;
    for (const buffer of buffers) {
      const dies = users.get(buffer) === 1;
      if (alive.has(buffer)) bytes -= dies ? bytesOf(buffer) : 0;
      else bytes += dies ? 0 : bytesOf(buffer);
    }
    return bytes;
  };

  // In order of index.
  let ready = candidates.filter(({ waiting }) => waiting === 0);
  const order: number[] = [];
  while (ready.length > 0) {
    let best = ready[0] as Candidate;
    let least = growth(best);
    for (const candidate of ready) {
      const bytes = growth(candidate);
      if (bytes < least) [best, least] = [candidate, bytes];
    }
    order.push(best.index);
    for (const buffer of best.buffers) {
      const left = (users.get(buffer) as number) - 1;
      users.set(buffer, left);
      if (left > 0) alive.add(buffer);
      else alive.delete(buffer);
    }
    ready = ready.filter((candidate) => candidate !== best);
    const freed = (after[best.index] as number[]).map((index) => candidates[index] as Candidate).filter((candidate) => --candidate.waiting === 0);
    if (freed.length > 0) ready = [...ready, ...freed].sort((a, b) => a.index - b.index);
  }
  return order;
}

/** Bytes of a buffer in the arena: four for each element, in whole cache lines. */
export function arenaBytesOf({ size }: BufferSpec): number {
  return Math.max(lineBytes, Math.ceil((size * 4) / lineBytes) * lineBytes);
}

const lineBytes = 64;
