import type { Limits } from "../ir/limits.ts";
import { type CompiledGraph, type CompileOptions, compileWith } from "./compile-with.ts";
import type { JoiningPasses } from "./joining-passes.ts";

let passes: JoiningPasses | undefined;

/**
 * As `compile`, but passes that few graphs need are loaded when the first such graph comes: a promise then, else the
 * program at once.
 */
export function compileOnDemand(
  options: CompileOptions,
  limits: Partial<Limits> = {},
): CompiledGraph | Promise<CompiledGraph> {
  return compileWith(options, limits, passes) ?? loadAndCompile(options, limits);
}

async function loadAndCompile(options: CompileOptions, limits: Partial<Limits>): Promise<CompiledGraph> {
  passes = await import("./joining-passes.ts");
  return compileWith(options, limits, passes) as CompiledGraph;
}
