/** The WASM that this package carries: which build an engine can run, and its compilation on first need. */

/** `v128` and one instruction of the feature: an engine without it finds the bytes invalid. */
const probes = {
  simd: [65, 0, 253, 15, 253, 98],
  relaxed: [65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2],
} as const;

/** Bytes from the size of the section of imports to the limits of the memory: size, count, "env" and "memory" with their lengths, kind. */
const importHeader = 14;

/** A build of the kernels. `relaxed` multiplies and adds matrices in one rounding: faster, but bits depend on the CPU. */
export type Build = keyof typeof probes;

/** Whether this engine can run a build. */
export function supports(build: Build): boolean {
  if (typeof WebAssembly !== "object") return false;
  const code = probes[build];
  const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
  return WebAssembly.validate(new Uint8Array([...header, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11]));
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The compiled module, one for all backends; `shared`: for a memory that threads share. */
export function moduleOf(build: Build, shared = false): Promise<WebAssembly.Module> {
  const key = `${build} ${shared}`;
  const module = modules.get(key) ?? bytesOf(build, shared).then((bytes) => WebAssembly.compile(bytes));
  modules.set(key, module);
  return module;
}

/** The bytes of a build, for those who want to compile or serve them by themselves. */
export async function bytesOf(build: Build, shared = false): Promise<ArrayBuffer> {
  const { default: base64, memoryLimits } = build === "simd" ? await import("./generated/simd.ts") : await import("./generated/relaxed.ts");
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bytes = await new Response(new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
  return shared ? forSharedMemory(bytes, memoryLimits) : bytes;
}

/**
 * The same code for a shared memory. Only the import tells them apart: what stood there, "at least 1 page", becomes "shared, at least 1 page, at most 65536",
 * three bytes more; the size of the section of imports stands `importHeader` bytes before.
 */
function forSharedMemory(bytes: ArrayBuffer, memoryLimits: number): ArrayBuffer {
  const shared = new Uint8Array(bytes.byteLength + 3);
  shared.set(new Uint8Array(bytes, 0, memoryLimits));
  shared.set([3, 1, 128, 128, 4], memoryLimits);
  shared.set(new Uint8Array(bytes, memoryLimits + 2), memoryLimits + 5);
  shared[memoryLimits - importHeader] = (shared[memoryLimits - importHeader] as number) + 3;
  return shared.buffer;
}
