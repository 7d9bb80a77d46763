import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, Heap } from "../../src/backends/wasm/heap.ts";
import { OutOfMemoryError } from "../../src/errors.ts";
import { formatBytes } from "../../src/format.ts";

function open(maximumBytes?: number): Heap {
  const heap = new Heap(maximumBytes);
  heap.open(1000);
  return heap;
}

describe("heap", () => {
  it("gives aligned blocks that never overlap, whatever the order of requests", () => {
    const action = fc.record({
      kind: fc.constantFrom("allocate", "free", "enlarge"),
      bytes: fc.integer({ min: 0, max: 200_000 }),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const heap = open();
        const blocks: { block: Block; mark: number }[] = [];
        let mark = 1;
        for (const { kind, bytes, which } of actions) {
          const chosen = blocks[which % Math.max(1, blocks.length)];
          if (kind === "allocate") {
            const block = heap.allocate(bytes, "variables");
            blocks.push({ block, mark });
            fill(heap, block, mark++);
          } else if (chosen && kind === "free") {
            heap.free(chosen.block);
            blocks.splice(blocks.indexOf(chosen), 1);
          } else if (chosen) {
            const before = { ...chosen.block };
            const moved = heap.enlarge(chosen.block, bytes);
            expect(moved).toBe(chosen.block.address !== before.address);
            expect(chosen.block.bytes).toBeGreaterThanOrEqual(bytes);
            expect(holds(heap, { ...chosen.block, bytes: before.bytes }, chosen.mark)).toBe(true);
            fill(heap, chosen.block, chosen.mark);
          }
          for (const { block, mark } of blocks) {
            expect(block.address % 64).toBe(0);
            expect(block.address).toBeGreaterThanOrEqual(1000);
            expect(block.address + block.bytes).toBeLessThanOrEqual(heap.memory.buffer.byteLength);
            expect(holds(heap, block, mark)).toBe(true);
          }
        }
        // Everything back: one gap again, so that the memory can be had as a whole.
        for (const { block } of blocks) heap.free(block);
        const bytes = heap.bytes;
        const whole = heap.allocate(bytes - 1024 - 64, "arena");
        expect(heap.bytes).toBe(bytes);
        expect(whole.address).toBe(1024);
      }),
      { numRuns: 60 },
    );
  });

  it("refreshes its views when it grows", () => {
    const heap = open();
    const old = heap.floats;
    heap.allocate(10 * 65536, "arena");
    expect(old.length).toBe(0);
    expect(heap.floats.length).toBe(heap.bytes / 4);
  });

  it("says what was asked and who holds the rest when memory runs out", () => {
    const heap = open(20 * 65536);
    heap.allocate(640, "variables");
    heap.allocate(1e6, "arena");
    const ask = () => heap.allocate(1e6, "constants");
    expect(ask).toThrow(OutOfMemoryError);
    expect(ask).toThrow(
      "wasm backend: out of memory for constants. Expected at most 309 kB, received a request for 1.00 MB (of 1.31 MB, variables hold 640 B, " +
        "arena hold 1.00 MB, scratch hold 0 B, constants hold 0 B, programs hold 0 B). Use a smaller batch or model, or raise maximumBytes.",
    );
    heap.allocate(200_000, "constants");
  });

  it("formats bytes", () => {
    expect([0, 999, 1000, 1_234_567, 4 * 2 ** 30].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.00 kB",
      "1.23 MB",
      "4.29 GB",
    ]);
  });
});

function fill(heap: Heap, { address, bytes }: Block, mark: number): void {
  heap.ints.fill(mark, address / 4, (address + bytes) / 4);
}

function holds(heap: Heap, { address, bytes }: Block, mark: number): boolean {
  return heap.ints.subarray(address / 4, (address + bytes) / 4).every((word) => word === mark);
}
