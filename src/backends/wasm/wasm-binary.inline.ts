import { stateError } from "../../errors.ts";
import type { Build } from "./module.ts";

/** Whether a build for shared memory can be had. */
export const canShare: boolean = true;

/**
 * Compiles a build that the package carries inline, so that it works under any bundler and with none. The `workerd`
 * entries have wasm-binary.static.ts in place of this file: Workers handlers refuse to compile.
 * @throws StateError where the runtime or a page's policy forbids it.
 */
export async function wasmModule(build: Build, shared: boolean): Promise<WebAssembly.Module> {
  const bytes = await bytesOf(build, shared);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw stateError("wasm backend", {
      rule: "the runtime must allow WebAssembly to be compiled",
      expected: "a compiled module",
      received: String(error),
      advice:
        "In Workers, bundle with the condition \"workerd\" (wrangler does) or give wasm({ module }) an imported aretejs/simd.wasm; in a page, add 'wasm-unsafe-eval' to script-src of its Content-Security-Policy; or compile the model with { backend: js() }, many times slower.",
    });
  }
}

/**
 * The bytes of a build; `shared`: for a memory that threads share. Not read by a `Response`: that would load all of
 * fetch in Node, 15 ms.
 */
export async function bytesOf(build: Build, shared = false): Promise<ArrayBuffer> {
  const { default: base64, memoryLimits } =
    build === "simd" ? await import("./generated/simd.ts") : await import("./generated/relaxed.ts");
  const text = atob(base64);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  // Not awaited: writing waits until what comes out is read. Where it fails, so does reading.
  writer.write(deflated).catch(() => {});
  writer.close().catch(() => {});
  const reader = readable.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const bytes = await new Blob(parts).arrayBuffer();
  return shared ? forSharedMemory(bytes, memoryLimits) : bytes;
}

/**
 * Bytes from the size of the section of imports to the limits of the memory: size, count, "env" and "memory" with their
 * lengths, kind.
 */
const importHeader = 14;

/**
 * The same code for a shared memory. Only the import tells them apart: what stood there, "at least 1 page", becomes
 * "shared, at least 1 page, at most 65536", three bytes more.
 */
function forSharedMemory(bytes: ArrayBuffer, memoryLimits: number): ArrayBuffer {
  const shared = new Uint8Array(bytes.byteLength + 3);
  shared.set(new Uint8Array(bytes, 0, memoryLimits));
  shared.set([3, 1, 128, 128, 4], memoryLimits);
  shared.set(new Uint8Array(bytes, memoryLimits + 2), memoryLimits + 5);
  shared[memoryLimits - importHeader] = (shared[memoryLimits - importHeader] as number) + 3;
  return shared.buffer;
}
