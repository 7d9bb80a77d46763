import type { Expression, Instruction } from "../src/compiler/instruction.ts";
import * as scalar from "../src/tensor/scalar.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import { build } from "./expression-builder.ts";
import { trainingPrograms } from "./training-programs.ts";

/**
 * Expressions for which the package carries fused kernels; any other runs in the interpreter, to the same bits. They are the elementwise
 * functions by themselves, and whatever the compiler makes of typical training: to add one, add a case to training-programs.ts.
 */
export async function knownExpressions(): Promise<Expression[]> {
  const trained = (await trainingPrograms()).flatMap(({ instructions }) => instructions.flatMap(expressionsOf));
  // A single primitive is one loop in the interpreter as well.
  return [...functions(), ...trained].filter(({ nodes }) => nodes.filter(({ op }) => op !== "input" && op !== "constant").length > 1);
}

function functions(): Expression[] {
  const rows = Object.values(scalar).filter((value): value is scalar.ScalarFunction => typeof value === "object" && "derivative" in value);
  return rows.flatMap((f) => (f.samples ?? [{}]).map((params) => build((b) => [f.value(b.algebra, b.inputs(f.arity), params)])));
}

/** Scalars, such as bias corrections, are not worth a kernel. */
function expressionsOf(instruction: Instruction): Expression[] {
  if (instruction.kind === "map") return sizeOf(instruction.shape) > 1 ? [instruction.expression] : [];
  return instruction.kind === "matmul" && instruction.epilogue ? [instruction.epilogue.expression] : [];
}
