// Small instructions run together: brought next to each other, and done by one workgroup in one dispatch.
import { type Instruction, type InstructionKind, viewsOf } from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { BufferId } from "../../ir/view.ts";
import { type Dispatch, mainCode, mergedThreads, mostParams, type Part, shaderText, type WordKey } from "./shader.ts";

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
  let words: ReadonlySet<WordKey> = new Set();
  const flush = () => {
    const [first] = run;
    if (first && run.length > 1) {
      merged.push({ dispatch: joined(run.map(({ dispatch }) => dispatch)), instruction: first.instruction });
    } else merged.push(...run);
    run = [];
    words = new Set();
  };
  for (const item of dispatches) {
    const { part } = item.dispatch;
    if (!part || new Set([...words, ...part.keys]).size > mostParams) flush();
    if (part) {
      run.push(item);
      words = new Set([...words, ...part.keys]);
    } else merged.push(item);
  }
  flush();
  return merged;
}

/**
 * One workgroup does one part after the other; what a part wrote, the next one may read. Words of the record are shared
 * where their keys are equal. Their values do not matter: the text must not depend on where variables lie, so that a
 * second model of the same shapes has the same text.
 */
function joined(dispatches: readonly Dispatch[]): Dispatch {
  const slots = new Map<WordKey, number>();
  const params: number[] = [];
  const declarations: string[] = [];
  const blocks = dispatches.map((dispatch, index) => {
    const part = dispatch.part as Part;
    part.keys.forEach((key, word) => {
      if (!slots.has(key)) slots.set(key, params.push(dispatch.params[word] as number) - 1);
    });
    const moved = (text: string) =>
      text.replace(/prm\[(\d+)\]\[(\d)\]/g, (_, row: string, column: string) => {
        const slot = slots.get(part.keys[4 * Number(row) + Number(column)] as WordKey) as number;
        return `prm[${slot >> 2}][${slot & 3}]`;
      });
    // What parts declare has the same names in all of them.
    const names = [...part.declarations.matchAll(/(?:fn|struct) (\w+)/g)].map(([, name]) => name);
    const own = (text: string) =>
      names.length > 0 ? moved(text).replace(RegExp(`\\b(${names.join("|")})\\b`, "g"), `$1_${index}`) : moved(text);
    declarations.push(own(part.declarations));
    return part.count <= mergedThreads
      ? `if (l < ${part.count}u) {\nlet i = l;\n${own(part.body)}\n}`
      : `for (var i = l; i < ${part.count}u; i += threads) {\n${own(part.body)}\n}`;
  });
  const body = declarations.join("") + mainCode(mergedThreads, blocks.join("\nstorageBarrier();\n"));
  return { code: shaderText(body, mergedThreads), params, groups: [1, 1] };
}
