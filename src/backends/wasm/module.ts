/** The WASM that this package carries: which build an engine can run, and its modules, compiled on first need. */
import { wasmModule } from "./wasm-binary.inline.ts";

/** `v128` and one instruction of the feature: an engine without it finds the bytes invalid. */
const probes = {
  simd: [65, 0, 253, 15, 253, 98],
  relaxed: [65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2],
} as const;

/**
 * A build of the kernels. `relaxed` multiplies and adds matrices in one rounding: faster, but bits depend on the CPU.
 */
export type Build = keyof typeof probes;

/** Whether this engine can run a build. */
export function supports(build: Build): boolean {
  if (typeof WebAssembly !== "object") return false;
  const code = probes[build];
  const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
  return WebAssembly.validate(new Uint8Array([...header, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11]));
}

/**
 * The two modules of a build: "core" runs programs and has the kernels that most need; "rest" has the others, and joins
 * it on the same memory when a program needs one.
 */
export type Part = "core" | "rest";

const modules = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The compiled module, one for all backends; `shared`: for a memory that threads share. One that could not be compiled
 * is tried again at the next call.
 */
export function moduleOf(part: Part, build: Build, shared = false): Promise<WebAssembly.Module> {
  const key = `${part} ${build} ${shared}`;
  let module = modules.get(key);
  if (!module) {
    module = wasmModule(part, build, shared);
    modules.set(key, module);
    module.catch(() => modules.delete(key));
  }
  return module;
}
