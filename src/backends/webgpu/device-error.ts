// Errors of work that failed on the device: loaded where there is one.
import { AreteError, message, OutOfMemoryError } from "../../errors.ts";
import { type Instruction, viewsOf } from "../../ir/instruction.ts";
import { formatShape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import type { Report, Work } from "./errors.ts";

export function deviceErrorOf(owner: string, { what, context, instruction }: Work, report: Report): AreteError {
  // Reports of compilers have many lines; the first says what is wrong.
  const received = report.message.trim().split("\n")[0] || "no message";
  const text = message(owner, {
    rule: `${what} failed on the device`,
    expected: "no error",
    received,
    context: context + (instruction ? describe(instruction) : ""),
  });
  return report.isShortage ? new OutOfMemoryError(text) : new AreteError(text);
}

/**
 * The kind, and the shapes that are read and written. `printInstruction` says more, but bundlers would load it with
 * every application.
 */
function describe(instruction: Instruction): string {
  const { reads, writes } = viewsOf(instruction);
  const shapes = (views: readonly View[]) => views.map(({ shape }) => formatShape(shape)).join(" ");
  return `${instruction.kind} ${shapes(reads)} → ${shapes(writes)}`;
}
