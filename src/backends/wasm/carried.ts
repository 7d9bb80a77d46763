import { stateError } from "../../errors.ts";
import type { Build } from "./module.ts";

/**
 * Compiles a build that the package carries inline, so that it works under any bundler and with none. The `workerd` entries have
 * carried-static.ts in place of this file: Workers handlers refuse to compile.
 * @throws StateError where the runtime or a page's policy forbids it.
 */
export async function carried(build: Build): Promise<WebAssembly.Module> {
  const bytes = await bytesOf(build);
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

/** The bytes of a build. Not read by a Response, which would load all of fetch in Node: 15 ms. */
export async function bytesOf(build: Build): Promise<ArrayBuffer> {
  const { default: base64 } = build === "simd" ? await import("./generated/simd.ts") : await import("./generated/relaxed.ts");
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
