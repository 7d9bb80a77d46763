import fc from "fast-check";
import { type JsBackend, js } from "../../src/backends/js/index.ts";
import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import { difference, type HandMade } from "../unit/wasm-programs.ts";

/**
 * Every kernel against the js backend in float64, on random shapes and strides, with sentinels around whatever it
 * writes; and against itself with its work divided between three threads, which must give the same bits.
 */
const reference: JsBackend = js({ precision: "float64" });
const rounding: JsBackend = js();
const module = await moduleOf("core", "simd");
const backend = new WasmBackend(module);
const divided = new WasmBackend(module, { threads: 3, eager: true });
await Promise.all([backend.loadRest(), divided.loadRest()]);
divided.execute = (address, count) => executeDivided(divided, address, count);

/** What workers with a barrier between instructions would do, one after the other. */
function executeDivided(
  { heap, exports, threadLimit, scratchStride }: WasmBackend,
  address: number,
  count: number,
): void {
  let record = address;
  for (let i = 0; i < count; i++) {
    for (let thread = threadLimit - 1; thread >= 0; thread--)
      exports.execute(record, 1, thread, threadLimit, scratchStride, 0);
    record += heap.ints[record / 4 + 1] as number;
  }
}

/** A tolerance of 0 asks for what float32 arithmetic gives, operation by operation. */
export function check(program: HandMade, instructions: readonly Instruction[], tolerance: number): void {
  const actual = program.run(backend, instructions);
  const expected = program.run(tolerance === 0 ? rounding : reference, instructions);
  const shared = program.run(divided, instructions);
  for (const name of Object.keys(expected)) {
    const wrong = difference(actual[name] as Float32Array, expected[name] as Float32Array, tolerance);
    if (wrong) throw new Error(`${name}: ${wrong}`);
    const torn = difference(shared[name] as Float32Array, actual[name] as Float32Array, 0);
    if (torn) throw new Error(`${name}, with three threads: ${torn}`);
  }
}

export const holds = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void, numRuns = 200) =>
  fc.assert(fc.property(arbitrary, predicate), { numRuns });

/** Numbers that differ from place to place, small wholes so that sums and products of a few are exact. */
export const wholes = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ((i * 7 + seed * 13) % 11) - 5);
/** Numbers in (−2, 2) with all their bits in use. */
export const reals = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => 2 * Math.sin(i * 1.37 + seed));
export const seeds = fc.nat(1000);
