import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderForMemory } from "../../src/compiler/order.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import type { View } from "../../src/ir/view.ts";

const view = (buffer: number): View => ({ buffer, dtype: "float32", offset: 0, shape: [1], strides: [1] });

/** Instruction i writes buffer i and reads some of those before. */
const graphs = fc
  .integer({ min: 1, max: 14 })
  .chain((count) =>
    fc.tuple(
      fc.tuple(
        ...Array.from({ length: count }, (_, index) =>
          fc.uniqueArray(fc.nat(Math.max(index - 1, 0)), { maxLength: Math.min(index, 3) }),
        ),
      ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: count, maxLength: count }),
    ),
  )
  .map(([reads, bytes]) => ({ reads: reads.map((list, index) => list.filter((buffer) => buffer < index)), bytes }));

const instructionsOf = (reads: readonly (readonly number[])[]): Instruction[] =>
  reads.map((list, index) => ({
    kind: "map",
    shape: [1],
    inputs: list.map(view),
    outputs: [view(index)],
    expression: { nodes: [], outputs: [] },
  }));

/** The most bytes that are alive during an instruction when they run in this order. */
function peakOf(reads: readonly (readonly number[])[], bytes: readonly number[], order: readonly number[]): number {
  const last = new Map<number, number>();
  order.forEach((index, time) => {
    for (const buffer of [index, ...(reads[index] as readonly number[])]) last.set(buffer, time);
  });
  let [alive, peak] = [0, 0];
  order.forEach((index, time) => {
    alive += bytes[index] as number;
    peak = Math.max(peak, alive);
    for (const [buffer, end] of last) if (end === time) alive -= bytes[buffer] as number;
  });
  return peak;
}

const orderOf = (reads: readonly (readonly number[])[], bytes: readonly number[]) =>
  orderForMemory(
    instructionsOf(reads),
    reads.map((list) => new Set(list)),
    (buffer) => bytes[buffer] as number,
    new Set(),
  );

describe("orderForMemory", () => {
  it("runs each instruction once, after those that it needs", () =>
    fc.assert(
      fc.property(graphs, ({ reads, bytes }) => {
        const order = orderOf(reads, bytes);
        expect([...order].sort((a, b) => a - b)).toEqual(reads.map((_, index) => index));
        for (const [index, list] of reads.entries())
          for (const needed of list) expect(order.indexOf(needed)).toBeLessThan(order.indexOf(index));
      }),
    ));

  it("gives up what a branch holds before it begins another", () => {
    // 0 and 1 are large, and each ends in a small result: 2 and 3.
    const reads = [[], [], [0], [1], [2, 3]];
    const bytes = [100, 100, 1, 1, 1];
    expect(peakOf(reads, bytes, [0, 1, 2, 3, 4])).toBe(201);
    expect(orderOf(reads, bytes)).toEqual([0, 2, 1, 3, 4]);
  });
});
