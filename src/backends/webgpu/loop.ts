// Loops as dispatches: those of every step, one step after the other.
import type { Instruction } from "../../ir/instruction.ts";
import type { LoopInstruction } from "../../ir/instructions/loop.ts";
import { atStep } from "../../ir/loop-steps.ts";
import { mergeDispatches } from "./merge.ts";
import type { Dispatch } from "./shader.ts";

/** Steps whose dispatches are worked out: places that move evenly are aligned in the same way at every fourth step. */
const tried = 4;

/**
 * The dispatches of a loop. What differs from step to step are places in their records, which move evenly; so those of
 * the first steps say all.
 */
export function loopDispatches(
  { steps, body }: LoopInstruction,
  dispatchesOf: (instruction: Instruction) => readonly Dispatch[],
): Dispatch[] {
  const at = (step: number): Dispatch[] => {
    const all = body.flatMap((instruction) => dispatchesOf(atStep(instruction, step)));
    // Small ones are merged within a step.
    return mergeDispatches(all.map((dispatch) => ({ dispatch, instruction: 0 }))).map(({ dispatch }) => {
      const { code, params, groups } = dispatch;
      return { code, params, groups };
    });
  };
  const known = Array.from({ length: Math.min(steps, tried) }, (_, step) => at(step));
  const [first = [], second = first] = known;
  const moved = (step: number): Dispatch[] =>
    first.map(({ code, params, groups }, index) => {
      const next = (second[index] as Dispatch).params;
      return { code, groups, params: params.map((word, k) => (word + step * ((next[k] as number) - word)) >>> 0) };
    });
  const isEven =
    first.length === second.length &&
    known.every((list, step) => list.length === first.length && same(list, moved(step)));
  return Array.from({ length: steps }, (_, step) => known[step] ?? (isEven ? moved(step) : at(step))).flat();
}

const same = (some: readonly Dispatch[], others: readonly Dispatch[]): boolean =>
  JSON.stringify(some) === JSON.stringify(others);
