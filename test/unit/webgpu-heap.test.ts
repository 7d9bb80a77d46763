// Offsets of variables in the buffer of the WebGPU backend. The backend itself is tested by `npm run test:webgpu`.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignment, type Block, Heap } from "../../src/backends/webgpu/heap.ts";

describe("the heap of the WebGPU backend", () => {
  it("never hands out a byte twice, and is empty when all is freed", () => {
    const step = fc.record({ bytes: fc.nat(2000), freed: fc.option(fc.nat()) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new Heap();
        const blocks: Block[] = [];
        for (const { bytes, freed } of steps) {
          const block = heap.allocate(bytes);
          expect(block.bytes).toBeGreaterThanOrEqual(bytes);
          expect(block.offset % alignment).toBe(0);
          expect(block.offset + block.bytes).toBeLessThanOrEqual(heap.end);
          for (const other of blocks)
            expect(block.offset + block.bytes <= other.offset || other.offset + other.bytes <= block.offset).toBe(true);
          blocks.push(block);
          if (freed !== null) heap.free(blocks.splice(freed % blocks.length, 1)[0] as Block);
          expect(heap.end).toBe(Math.max(0, ...blocks.map(({ offset, bytes }) => offset + bytes)));
        }
        for (const block of blocks) heap.free(block);
        expect(heap.end).toBe(0);
      }),
    );
  });

  it("uses again what was freed, the first piece that fits", () => {
    const heap = new Heap();
    const [a, b, c] = [heap.allocate(1000), heap.allocate(300), heap.allocate(1)];
    heap.free(a);
    expect(heap.allocate(200)).toEqual({ offset: 0, bytes: alignment });
    heap.free(b);
    // The rest of a and b are one piece now.
    expect(heap.allocate(1280)).toEqual({ offset: alignment, bytes: 1280 });
    expect(heap.end).toBe(c.offset + c.bytes);
  });
});
