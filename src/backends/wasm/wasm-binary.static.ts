// dist/workerd/ has the folders of src/; the .wasm files lie beside it.
import relaxed from "../../../relaxed.wasm";
import simd from "../../../simd.wasm";
import type { Build } from "./module.ts";

/** Workers have no threads to share memory with. */
export const canShare: boolean = false;

/**
 * What wasm-binary.inline.ts gives, for runtimes that import `.wasm` as compiled modules: workerd, and so Cloudflare's Workers.
 */
export async function wasmModule(build: Build): Promise<WebAssembly.Module> {
  return build === "simd" ? simd : relaxed;
}
