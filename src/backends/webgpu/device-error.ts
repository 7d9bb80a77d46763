// Errors of work that failed on the device: loaded where there is one.
import { AreteError, message, OutOfMemoryError } from "../../errors.ts";
import { printInstruction } from "../../ir/print.ts";
import type { Report, Work } from "./errors.ts";

export function deviceErrorOf(
  owner: string,
  { what, context, instruction, program }: Work,
  report: Report,
): AreteError {
  // Reports of compilers have many lines; the first says what is wrong.
  const received = report.message.trim().split("\n")[0] || "no message";
  const printed = program && (instruction ? printInstruction(program, instruction) : "none");
  const text = message(owner, {
    rule: `${what} failed on the device`,
    expected: "no error",
    received,
    context: context + (printed ?? ""),
  });
  return report.isShortage ? new OutOfMemoryError(text) : new AreteError(text);
}
