/**
 * The bare multiply-add loop (assembly/roofline.ts) that kernels are measured against, compiled when a bench starts.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { loopOf } from "./roofline-loop.ts";

type Build = "simd" | "relaxed";
const compiled: Partial<Record<Build, Promise<Buffer<ArrayBuffer>>>> = {};

/** A function that runs the loop once, of the build that is measured. */
export async function rooflineOf(build: Build): Promise<() => void> {
  return loopOf(await rooflineModule(build));
}

/** The loop of a build, to be sent to workers, which call `loopOf`. */
export const rooflineModule = async (build: Build): Promise<WebAssembly.Module> =>
  new WebAssembly.Module(await rooflineBytes(build));

/** The loop of a build, to be sent to other runtimes. */
export function rooflineBytes(build: Build): Promise<Buffer<ArrayBuffer>> {
  compiled[build] ??= compile(build);
  return compiled[build];
}

async function compile(build: Build): Promise<Buffer<ArrayBuffer>> {
  const root = new URL("..", import.meta.url).pathname;
  const file = `build/bench/roofline-${build}.wasm`;
  mkdirSync(`${root}build/bench`, { recursive: true });
  // Loaded here, since workers that only run the loop need no compiler.
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main([
    ...["assembly/roofline.ts", "--baseDir", root, "--outFile", file, "-O3", "--noAssert", "--runtime", "stub"],
    ...["--importMemory", "--noExportMemory", "--enable", build === "simd" ? "simd" : "simd,relaxed-simd"],
  ]);
  if (error) throw new Error(stderr.toString());
  return readFileSync(root + file);
}
