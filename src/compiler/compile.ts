// The compiler as users call it: with the passes that few graphs need. The rest of the package loads it when it has
// such a graph (compile-on-demand.ts).
import type { Limits } from "../ir/limits.ts";
import { type CompiledGraph, type CompileOptions, compileWith } from "./compile-with.ts";
import { elideConcats } from "./elide-concat.ts";
import { prepareScans } from "./lower-scan.ts";
import { rejoin } from "./rejoin.ts";

export type { CompiledGraph, CompileOptions } from "./compile-with.ts";

/**
 * Turns a graph into a program: simplify, fuse, lower, order. Where buffers lie is for the backend
 * that loads it: `planArena`.
 * @param limits of the backend that will run it (`backend.limits`). Default: those of wasm and js.
 * @throws ValueError where two placeholders share a name or a variable has two updates; ShapeError where an update does
 * not fit; OutOfMemoryError where a buffer is larger than the backend can have.
 */
export function compile(options: CompileOptions, limits: Partial<Limits> = {}): CompiledGraph {
  // Undefined only without passes.
  return compileWith(options, limits, { elideConcats, rejoin, prepareScans }) as CompiledGraph;
}
