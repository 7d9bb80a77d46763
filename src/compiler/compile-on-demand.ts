import type { Limits } from "../ir/limits.ts";
import type { compile } from "./compile.ts";
import { type CompiledGraph, type CompileOptions, compileWith } from "./compile-with.ts";

let complete: typeof compile | undefined;

/**
 * As `compile`, but the passes that few graphs need are loaded when the first such graph comes: a promise then, else
 * the program at once.
 */
export function compileOnDemand(
  options: CompileOptions,
  limits: Partial<Limits> = {},
): CompiledGraph | Promise<CompiledGraph> {
  return complete?.(options, limits) ?? compileWith(options, limits) ?? loadAndCompile(options, limits);
}

async function loadAndCompile(options: CompileOptions, limits: Partial<Limits>): Promise<CompiledGraph> {
  complete = (await import("./compile.ts")).compile;
  return complete(options, limits);
}
