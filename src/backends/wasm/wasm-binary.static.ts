/**
 * What wasm-binary.inline.ts gives, for runtimes that import `.wasm` as compiled modules: workerd, and so Cloudflare's
 * Workers. dist/workerd/ has the folders of src/; the .wasm files lie beside it.
 */
import core from "../../../core.wasm";
import coreRelaxed from "../../../core-relaxed.wasm";
import rest from "../../../rest.wasm";
import restRelaxed from "../../../rest-relaxed.wasm";
import type { Build, Part } from "./module.ts";

/** Workers have no threads to share memory with. */
export const canShare: boolean = false;

const modules = { core: { simd: core, relaxed: coreRelaxed }, rest: { simd: rest, relaxed: restRelaxed } };

export async function wasmModule(part: Part, build: Build): Promise<WebAssembly.Module> {
  return modules[part][build];
}
