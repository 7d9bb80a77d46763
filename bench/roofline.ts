/**
 * The bare multiply-add loop (assembly/roofline.ts) that kernels are measured against, compiled when a bench starts.
 */
import { mkdirSync, readFileSync } from "node:fs";

const rounds = 20_000;
/** Floating-point operations of one call. */
export const rooflineFlops = rounds * 12 * 4 * 2;

type Build = "simd" | "relaxed";
const modules: Partial<Record<Build, Promise<WebAssembly.Module>>> = {};

/** A function that runs the loop once, of the build that is measured. */
export async function rooflineOf(build: Build): Promise<() => void> {
  return loopOf(await rooflineModule(build));
}

/** The loop of a build, to be sent to workers, which call `loopOf`. */
export function rooflineModule(build: Build): Promise<WebAssembly.Module> {
  modules[build] ??= compile(build);
  return modules[build];
}

async function compile(build: Build): Promise<WebAssembly.Module> {
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
  return new WebAssembly.Module(readFileSync(root + file));
}

/** A function that runs the loop of a module once. */
export function loopOf(module: WebAssembly.Module): () => void {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // Above the constants of the module.
  const constants = 32768;
  new Float32Array(memory.buffer, constants, 8).fill(0.5, 0, 4).fill(0.25, 4, 8);
  const { roofline } = exports as unknown as { roofline(rounds: number, constants: number): number };
  return () => {
    roofline(rounds, constants);
  };
}
