import type { Expression } from "../../ir/expression.ts";
import { epilogueOf, type Instruction } from "../../ir/instruction.ts";
import { operations, restHints } from "./generated/core-slots.ts";
import { formOf } from "./kernel-key.ts";
import { coreRecords } from "./records-core.ts";

/** Whether a program has to wait for the rest module. */
export function needsRest(instructions: readonly Instruction[], interpret: boolean): boolean {
  return instructions.some((instruction) => {
    const map = instruction.kind === "map" ? instruction : epilogueOf(instruction);
    return !(instruction.kind in coreRecords) || (map !== undefined && isForRest(map.expression, interpret));
  });
}

/**
 * Whether an expression has an operation that the core module lacks, or its fused kernel may be in the rest module: the
 * hints are the beginnings of hashes, so that a few expressions load it for nothing.
 */
function isForRest(expression: Expression, interpret: boolean): boolean {
  const { steps, hash } = formOf(expression);
  return steps.some(({ op }) => !(op in operations)) || (!interpret && restHints.includes(hash.slice(0, 3)));
}
