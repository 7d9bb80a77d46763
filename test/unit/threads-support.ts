import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { restSlots } from "../../src/backends/wasm/generated/rest-slots.ts";
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

/** Words of a record's header, of a loop's record behind it, and of each of its moves: assembly/execute.ts, loop.ts. */
const headerWords = 4;

/**
 * A backend on which `threads` threads take turns in the order that suits them least: each, the last first, does its
 * share of everything up to the next barrier. What lacks a barrier, or divides badly, comes out differently.
 */
export async function divided(threads: number): Promise<WasmBackend> {
  const backend = new WasmBackend(await moduleOf("core", "simd"), { threads, eager: true });
  const { exports, heap } = backend;
  const word = (address: number, index: number) => heap.ints[address / 4 + index] as number;
  /** @param stride bytes from the records of a thread to those of the next one. */
  const run = (address: number, count: number, stride: number) => {
    const stretches: { start: number; length: number; isLoop: boolean }[] = [];
    let record = address;
    for (let i = 0; i < count; i++) {
      const isLoop = word(record, 0) === restSlots.loop;
      if (i === 0 || isLoop || stretches.at(-1)?.isLoop || word(record, 2) & waits)
        stretches.push({ start: record, length: 0, isLoop });
      (stretches.at(-1) as { length: number }).length++;
      record += word(record, 1);
    }
    for (const { start, length, isLoop } of stretches) {
      if (isLoop) loop(start, stride);
      else
        for (let thread = threads - 1; thread >= 0; thread--)
          exports.execute(start + thread * stride, length, thread, threads, backend.scratchStride, 0);
    }
  };
  /** A loop's steps, in which the threads take turns, too. */
  const loop = (address: number, outer: number) => {
    const [steps, , count, body, inner, moves, table] = Array.from({ length: 7 }, (_, i) =>
      word(address, headerWords + i),
    );
    const stride = outer + (inner as number);
    const move = (change: (before: number, first: number, advance: number) => number) => {
      for (let thread = 0; thread < threads; thread++) {
        for (let i = 0; i < (moves as number); i++) {
          const [place, first, advance] = [0, 1, 2].map((k) => word(table as number, 3 * i + k)) as [
            number,
            number,
            number,
          ];
          const at = ((body as number) + thread * stride + place) / 4;
          heap.ints[at] = change(heap.ints[at] as number, first, advance);
        }
      }
    };
    move((_, first) => first);
    for (let step = 0; step < (steps as number); step++) {
      run(body as number, count as number, stride);
      move((before, _, advance) => before + advance);
    }
  };
  backend.execute = (address, count) => run(address, count, 0);
  return backend;
}
