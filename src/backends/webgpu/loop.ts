// Loops as dispatches: those of every step, one step after the other.
import type { Instruction } from "../../ir/instruction.ts";
import type { LoopInstruction } from "../../ir/instructions/loop.ts";
import { atStep } from "../../ir/loop-steps.ts";
import { mergeDispatches } from "./merge.ts";
import type { Dispatch } from "./shader.ts";

/** Shaders depend on whether places are multiples of 4; what moves evenly is so again at every fourth step. */
const period = 4;
/** The first steps are worked out for themselves: places that move may meet others there that stay. */
const start = period;

/**
 * The dispatches of a loop. What differs from step to step are places in their records, which move evenly; so two
 * periods of steps say all, however long the loop is. Steps share all but the numbers of their records.
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
  const known = Array.from({ length: Math.min(steps, start + 2 * period) }, (_, step) => at(step));
  const isEven = known.slice(start + period).every((list, index) => areAlike(list, known[start + index] ?? []));
  const moved = (step: number): Dispatch[] => {
    const nearStep = start + (step % period);
    const periods = (step - nearStep) / period;
    const far = known[nearStep + period] as Dispatch[];
    return (known[nearStep] as Dispatch[]).map(({ code, params, groups }, index) => {
      const next = (far[index] as Dispatch).params;
      return { code, groups, params: params.map((word, k) => (word + periods * ((next[k] as number) - word)) >>> 0) };
    });
  };
  return Array.from({ length: steps }, (_, step) => known[step] ?? (isEven ? moved(step) : at(step))).flat();
}

/** Whether these are the same but for the numbers in their records. */
const areAlike = (some: readonly Dispatch[], others: readonly Dispatch[]): boolean =>
  some.length === others.length &&
  some.every(({ code, groups, params }, index) => {
    const other = others[index] as Dispatch;
    return code === other.code && String(groups) === String(other.groups) && params.length === other.params.length;
  });
