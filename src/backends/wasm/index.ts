import { stateError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { WasmBackend } from "./backend.ts";
import { moduleOf, supports } from "./module.ts";
import { checkThreads, threadsFor } from "./threads.ts";
import { canShare } from "./wasm-binary.inline.ts";

export { WasmBackend } from "./backend.ts";

/** Options of {@link wasm}. */
export interface WasmOptions {
  /**
   * A compiled `aretejs/core.wasm` or `aretejs/core-relaxed.wasm`, for hosts that forbid compiling at run time.
   * Default: the one that the package carries, compiled once on first need.
   */
  module?: WebAssembly.Module;
  /**
   * With `module`, `aretejs/rest.wasm` or `aretejs/rest-relaxed.wasm`: kernels of convolutions, pooling and what else
   * few models need. Default: the one that the package carries, compiled when a model first needs it.
   */
  rest?: WebAssembly.Module;
  /**
   * Equal bits everywhere, on every engine and CPU. With false the relaxed-SIMD build is taken where the engine has it:
   * matrix products round once where they otherwise round twice, their last bits depend on the CPU, and some engines
   * run them faster (docs/performance.md). `backend.build` says which build was taken. Default true.
   */
  deterministic?: boolean;
  /** The most bytes of linear memory. Default: 4 GiB, what WASM can address. */
  maximumBytes?: number;
  /**
   * How many threads train, this one included: a number, or `"auto"`, as many as the machine has cores, at most 8.
   * Workers start when programs have done enough work to repay it, so small models never start any; results are the
   * same to the bit. Where memory cannot be shared (a page that is not cross-origin isolated, Workers handlers) it is
   * one, with a warning if a number asked for more. With `module` it is one. Default `"auto"`.
   */
  threads?: number | "auto";
}

/**
 * The WASM backend: AssemblyScript kernels with SIMD. Each call makes a backend with a memory of its own.
 * @throws StateError where the engine has no WASM SIMD, or forbids compiling and no module is given; ValueError where
 * threads is not a whole number from 1 to 64 or "auto", or maximumBytes is no number or less than a page of 64 kB;
 * OutOfMemoryError where not even the module's own data fit.
 * @example const backend = await wasm({ threads: 2, maximumBytes: 256 * 2 ** 20 });
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  const table = {
    module: "object",
    rest: "object",
    deterministic: "boolean",
    maximumBytes: "number",
    threads: "number or string",
  } as const;
  const {
    module,
    rest,
    deterministic = true,
    maximumBytes,
    threads: wanted = "auto",
  } = checkOptions("wasm", options, table);
  if (module) {
    checkThreads(wanted);
    return new WasmBackend(module, { maximumBytes, rest });
  }
  if (!supports("simd")) {
    throw stateError("wasm backend", {
      rule: "the engine must have WASM SIMD",
      expected: "SIMD",
      received: "none",
      advice: "Use the js backend.",
    });
  }
  const threads = threadsFor(wanted, canShare);
  const spawn = threads > 1 ? true : undefined;
  return new WasmBackend(await moduleOf("core", !deterministic && supports("relaxed") ? "relaxed" : "simd", spawn), {
    maximumBytes,
    threads,
    spawn,
  });
}

/** As {@link wasm}, at once, from a compiled `aretejs/core.wasm`. */
export function wasmOf(
  module: WebAssembly.Module,
  options: Pick<WasmOptions, "maximumBytes" | "rest"> = {},
): WasmBackend {
  return new WasmBackend(module, options);
}

/** Whether this engine can run the WASM backend. */
export function isWasmSupported(): boolean {
  return supports("simd");
}
