import { stateError } from "../../errors.ts";
import { WasmBackend } from "./backend.ts";
import { moduleOf, supports } from "./module.ts";

export { WasmBackend } from "./backend.ts";

/** Options of {@link wasm}. */
export interface WasmOptions {
  /** A compiled module of this package's kernels, for hosts that forbid compiling at run time. Default: the one carried inline. */
  module?: WebAssembly.Module;
  /**
   * Use the relaxed-SIMD build where the engine has it: matrix products round once where they otherwise round twice, so
   * results depend on the CPU in their last bits. Default false: equal bits everywhere.
   */
  relaxed?: boolean;
  /** The most bytes of linear memory. Default: 4 GiB, what WASM can address. */
  maximumBytes?: number;
}

/**
 * The WASM backend: AssemblyScript kernels with SIMD. Each call makes a backend with a memory of its own.
 * @throws StateError where the engine has no WASM SIMD.
 * @example const backend = await wasm({ maximumBytes: 256 * 2 ** 20 });
 */
export async function wasm({ module, relaxed = false, maximumBytes }: WasmOptions = {}): Promise<WasmBackend> {
  if (module) return new WasmBackend(module, { maximumBytes });
  if (!supports("simd")) {
    throw stateError("wasm backend", { rule: "the engine must have WASM SIMD", expected: "SIMD", received: "none", advice: "Use the js backend." });
  }
  return new WasmBackend(await moduleOf(relaxed && supports("relaxed") ? "relaxed" : "simd"), { maximumBytes });
}

/** As {@link wasm}, at once, from a compiled module. */
export function wasmOf(module: WebAssembly.Module, options: Pick<WasmOptions, "maximumBytes"> = {}): WasmBackend {
  return new WasmBackend(module, options);
}

/** Whether this engine can run the WASM backend. */
export function isWasmSupported(): boolean {
  return supports("simd");
}
