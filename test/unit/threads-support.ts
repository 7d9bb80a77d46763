import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import type { Spawn } from "../../src/backends/wasm/start-worker.ts";

/**
 * A backend whose workers are ready unless told otherwise, and (`eager`) do their share of everything, however small.
 */
export async function threaded(
  threads: number,
  { spawn, start = true, eager = true }: { spawn?: Spawn; start?: boolean; eager?: boolean } = {},
): Promise<WasmBackend> {
  const backend = new WasmBackend(await moduleOf("core", "simd", true), { threads, spawn: spawn ?? true, eager });
  if (start && (await backend.startThreads()) !== threads) throw new Error(`${backend.threads} of ${threads} threads`);
  return backend;
}

/** Flag.waits of src/backends/wasm/records.ts. */
const waits = 1;

/**
 * A backend on which `threads` threads take turns in the order that suits them least: each, the last first, does its
 * share of everything up to the next barrier. What lacks a barrier, or divides badly, comes out differently.
 */
export async function divided(threads: number): Promise<WasmBackend> {
  const backend = new WasmBackend(await moduleOf("core", "simd"), { threads, eager: true });
  const { exports, heap } = backend;
  backend.execute = (address, count) => {
    const stretches: { start: number; length: number }[] = [];
    let record = address;
    for (let i = 0; i < count; i++) {
      if (i === 0 || (heap.ints[record / 4 + 2] as number) & waits) stretches.push({ start: record, length: 0 });
      (stretches.at(-1) as { length: number }).length++;
      record += heap.ints[record / 4 + 1] as number;
    }
    for (const { start, length } of stretches) {
      for (let thread = threads - 1; thread >= 0; thread--)
        exports.execute(start, length, thread, threads, backend.scratchStride, 0);
    }
  };
  return backend;
}
