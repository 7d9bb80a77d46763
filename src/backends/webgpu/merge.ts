// Small instructions run together: brought next to each other, and done by one workgroup in one dispatch.
import { type Instruction, type InstructionKind, viewsOf } from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { BufferId } from "../../ir/view.ts";
import { type Dispatch, mainCode, mergedThreads, mostParams, type Part, shaderText } from "./shader.ts";

/** Kinds whose dispatches have parts where they are small. */
const kinds: ReadonlySet<InstructionKind> = new Set<InstructionKind>([
  "map",
  "reduce",
  "argReduce",
  "softmax",
  "softmaxGrad",
  "gather",
  "scatterAdd",
  "random",
  "cumsum",
  "copy",
  "fill",
]);

/** Most elements of a view of a small instruction. It is a guess: what decides is whether its dispatches have parts. */
const mostElements = 64 * mergedThreads;

const isSmall = (instruction: Instruction): boolean => {
  const { reads, writes } = viewsOf(instruction);
  return kinds.has(instruction.kind) && [...reads, ...writes].every(({ shape }) => sizeOf(shape) <= mostElements);
};

/**
 * An order of instructions with the same results in which small ones come next to each other: each waits until another
 * one needs its result, or would overwrite what it reads. Gives indices of instructions.
 */
export function orderForMerging(instructions: readonly Instruction[]): number[] {
  const order: number[] = [];
  let waiting: number[] = [];
  const read = new Set<BufferId>();
  const written = new Set<BufferId>();
  const flush = () => {
    order.push(...waiting);
    waiting = [];
    read.clear();
    written.clear();
  };
  instructions.forEach((instruction, index) => {
    const { reads, writes } = viewsOf(instruction);
    if (isSmall(instruction)) {
      waiting.push(index);
      for (const { buffer } of reads) read.add(buffer);
      for (const { buffer } of writes) written.add(buffer);
      return;
    }
    const isBound =
      reads.some(({ buffer }) => written.has(buffer)) ||
      writes.some(({ buffer }) => written.has(buffer) || read.has(buffer));
    if (isBound) flush();
    order.push(index);
  });
  flush();
  return order;
}

/** A dispatch, and the index of the instruction that it belongs to. */
export interface OwnedDispatch {
  readonly dispatch: Dispatch;
  readonly instruction: number;
}

/** One dispatch in place of each run of dispatches that have parts; it belongs to the first one's instruction. */
export function mergeDispatches(dispatches: readonly OwnedDispatch[]): OwnedDispatch[] {
  const merged: OwnedDispatch[] = [];
  let run: OwnedDispatch[] = [];
  let words = firstWord;
  const flush = () => {
    if (run.length > 1) {
      const [{ instruction }] = run as [OwnedDispatch];
      merged.push({ dispatch: joined(run.map(({ dispatch }) => dispatch)), instruction });
    } else merged.push(...run);
    run = [];
    words = firstWord;
  };
  for (const item of dispatches) {
    const { part, params } = item.dispatch;
    const own = params.length - firstWord;
    if (!part || words + own > mostParams) flush();
    if (!part) merged.push(item);
    else {
      run.push(item);
      words += own;
    }
  }
  flush();
  return merged;
}

/** Words of a record that all shaders have in common: the bits of infinity and NaN. */
const firstWord = 2;

/** One workgroup does one part after the other; what a part wrote, the next one may read. */
function joined(dispatches: readonly Dispatch[]): Dispatch {
  const params = (dispatches[0] as Dispatch).params.slice(0, firstWord);
  const blocks = dispatches.map(({ part, params: own }) => {
    const { body, count } = part as Part;
    const shift = params.length - firstWord;
    params.push(...own.slice(firstWord));
    const moved = body.replace(/prm\[(\d+)\]\[(\d)\]/g, (_, row: string, column: string) => {
      const slot = 4 * Number(row) + Number(column) + shift;
      return `prm[${slot >> 2}][${slot & 3}]`;
    });
    return count <= mergedThreads
      ? `if (l < ${count}u) {\nlet i = l;\n${moved}\n}`
      : `for (var i = l; i < ${count}u; i += threads) {\n${moved}\n}`;
  });
  const body = mainCode(mergedThreads, blocks.join("\nstorageBarrier();\n"));
  return { code: shaderText(body, mergedThreads), params, groups: [1, 1] };
}
