/** The bare multiply-add loop (assembly/roofline.ts) that kernels are measured against, compiled when a bench starts. */
import { mkdirSync, readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const rounds = 20_000;
/** Floating-point operations of one call. */
export const rooflineFlops = rounds * 12 * 4 * 2;

type Build = "simd" | "relaxed";
const loops: Partial<Record<Build, Promise<() => void>>> = {};

/** A function that runs the loop once, of the build that is measured. */
export function rooflineOf(build: Build): Promise<() => void> {
  loops[build] ??= compile(build);
  return loops[build];
}

async function compile(build: Build): Promise<() => void> {
  const root = new URL("..", import.meta.url).pathname;
  const file = `build/bench/roofline-${build}.wasm`;
  mkdirSync(`${root}build/bench`, { recursive: true });
  const { error, stderr } = await asc.main([
    ...["assembly/roofline.ts", "--baseDir", root, "--outFile", file, "-O3", "--noAssert", "--runtime", "stub"],
    ...["--importMemory", "--noExportMemory", "--enable", build === "simd" ? "simd" : "simd,relaxed-simd"],
  ]);
  if (error) throw new Error(stderr.toString());
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(readFileSync(root + file));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // Above the constants of the module.
  const constants = 32768;
  new Float32Array(memory.buffer, constants, 8).fill(0.5, 0, 4).fill(0.25, 4, 8);
  const { roofline } = exports as unknown as { roofline(rounds: number, constants: number): number };
  return () => {
    roofline(rounds, constants);
  };
}
