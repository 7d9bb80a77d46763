// Single steps of loops: for backends that run them without a loop of their own.
import { type Instruction, withViews } from "./instruction.ts";
import type { View } from "./view.ts";

/** A view of a loop's body as it is at a step: its place is fixed as far as this loop goes. */
function viewAtStep(view: View, step: number): View {
  if (!view.advances) return view;
  const [advance = 0, ...advances] = view.advances;
  return { ...view, offset: view.offset + step * advance, advances };
}

/** An instruction of a loop's body as it is at a step. */
export function atStep(instruction: Instruction, step: number): Instruction {
  return withViews(instruction, (view) => viewAtStep(view, step));
}

/** The same work without loops: the instructions of every step, one after the other. */
export function unroll(instructions: readonly Instruction[]): readonly Instruction[] {
  if (instructions.every(({ kind }) => kind !== "loop")) return instructions;
  return instructions.flatMap((instruction) =>
    instruction.kind === "loop"
      ? Array.from({ length: instruction.steps }, (_, step) =>
          unroll(instruction.body.map((inner) => atStep(inner, step))),
        ).flat()
      : instruction,
  );
}
