import { kernelKeyOf } from "../src/backends/wasm/kernel-key.ts";
import type { Expression } from "../src/ir/expression.ts";
import { ExpressionBuilder } from "../src/ir/expression-builder.ts";
import { epilogueOf, type Instruction } from "../src/ir/instruction.ts";
import type { Primitive } from "../src/ir/primitive.ts";
import { sizeOf } from "../src/ir/shape.ts";
import * as activations from "../src/tensor/scalar/activations.ts";
import * as arithmetic from "../src/tensor/scalar/arithmetic.ts";
import type { Arguments, ScalarFunction } from "../src/tensor/scalar/function.ts";
import * as functions from "../src/tensor/scalar/functions.ts";
import { longestVector, trainingPrograms } from "./training-programs.ts";

/**
 * Expressions for which the package carries fused kernels; any other runs in the interpreter, to the same bits. They
 * are whatever the compiler makes of typical training: to add one, add a case to training-programs.ts. The `common`
 * ones are in the core module. The elementwise functions by themselves are among the `rare`.
 */
export async function knownExpressions(): Promise<{ common: Expression[]; rare: Expression[] }> {
  const programs = await trainingPrograms();
  const expressionsIn = (isCommon: boolean, vector: number) =>
    programs
      .filter(({ common }) => common === isCommon)
      .flatMap(({ program }) => program.instructions.flatMap((instruction) => expressionsOf(instruction, vector)))
      .filter(gains);
  const rare = [...expressionsIn(false, longestVector), ...functionsAlone().filter(gains)];
  // A common program must not load the rest module for a kernel that it can do without.
  const keys = new Set(rare.map((expression) => kernelKeyOf(expression).key));
  const shared = expressionsIn(true, 1).filter((expression) => keys.has(kernelKeyOf(expression).key));
  return { common: [...expressionsIn(true, longestVector), ...shared], rare };
}

const calls: ReadonlySet<string> = new Set<Primitive>([
  "exp",
  "expm1",
  "log",
  "log1p",
  "tanh",
  "erf",
  "erfinv",
  "sin",
  "cos",
  "pow",
]);

/**
 * Whether fusing pays. A single primitive is one loop in the interpreter as well; and where long functions are called,
 * which is not done inline, the time goes there, and registers that have to be saved around the calls cost what fusing
 * spares. [Measured: the interpreter takes 0.85 to 1.1 times as long below five other steps per call, 2 to 3.5 times as
 * long without calls.]
 */
export function gains({ nodes }: Expression): boolean {
  const steps = nodes.filter(({ op }) => op !== "input" && op !== "constant");
  const called = steps.filter(({ op }) => calls.has(op)).length;
  return steps.length > 1 && steps.length - called >= 5 * called;
}

/** Without those of trigonometry.ts, which are long and which few programs need. */
function functionsAlone(): Expression[] {
  const rows = Object.values<object>({ ...activations, ...arithmetic, ...functions }).filter(
    (value): value is ScalarFunction => typeof value === "object" && "derivative" in value,
  );
  return rows.flatMap((f) =>
    (f.samples ?? [{}]).map((params) => {
      const builder = new ExpressionBuilder();
      const inputs = Array.from({ length: f.arity }, (_, index) => builder.input(index));
      return builder.finish([f.value(builder.algebra, inputs as unknown as Arguments<number>, params)]);
    }),
  );
}

/**
 * Expressions of an instruction on more than `vector` numbers. Scalars, such as bias corrections, and vectors with a
 * number for each feature or sample, such as moments, are not worth a kernel.
 */
export function expressionsOf(instruction: Instruction, vector: number): Expression[] {
  const map = instruction.kind === "map" ? instruction : epilogueOf(instruction);
  return map && sizeOf(map.shape) > vector ? [map.expression] : [];
}
