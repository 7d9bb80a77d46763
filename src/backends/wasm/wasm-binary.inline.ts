/**
 * The WASM that the package carries inline, so that it works under any bundler and with none. The `workerd` entries
 * have wasm-binary.static.ts in place of this file: Workers handlers refuse to compile.
 */
import { stateError } from "../../errors.ts";
import type { Build, Part } from "./module.ts";

/** Whether a build for shared memory can be had. */
export const canShare: boolean = true;

/** Each module in a file of its own, loaded on first need. */
const binaries: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  "core simd": () => import("./generated/core.ts"),
  "rest simd": () => import("./generated/rest.ts"),
  "core relaxed": () => import("./generated/core-relaxed.ts"),
  "rest relaxed": () => import("./generated/rest-relaxed.ts"),
  "core simd shared": () => import("./generated/core-shared.ts"),
  "rest simd shared": () => import("./generated/rest-shared.ts"),
  "core relaxed shared": () => import("./generated/core-relaxed-shared.ts"),
  "rest relaxed shared": () => import("./generated/rest-relaxed-shared.ts"),
};

/**
 * Compiles a module. @throws StateError where the runtime or a page's policy forbids it.
 * @param shared for a memory that threads share.
 */
export async function wasmModule(part: Part, build: Build, shared: boolean): Promise<WebAssembly.Module> {
  const bytes = await bytesOf(part, build, shared);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw stateError("wasm backend", {
      rule: "the runtime must allow WebAssembly to be compiled",
      expected: "a compiled module",
      received: String(error),
      advice:
        "In a page, add 'wasm-unsafe-eval' to script-src of its policy; in Workers, bundle with the condition " +
        '"workerd" or give wasm({ module, rest }); or take { backend: js() }, many times slower.',
    });
  }
}

/**
 * The bytes of a module. Not read by a `Response`: that would load all of fetch in Node, 15 ms.
 */
export async function bytesOf(part: Part, build: Build, shared = false): Promise<ArrayBuffer> {
  const { default: base64 } = await (
    binaries[`${part} ${build}${shared ? " shared" : ""}`] as () => Promise<{
      default: string;
    }>
  )();
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
  return new Blob(parts).arrayBuffer();
}
