import { describe, expect, it } from "vitest";
import { Barriers } from "../../src/backends/wasm/barriers.ts";
import { ThreadTuner } from "../../src/backends/wasm/thread-tuner.ts";
import { workOf } from "../../src/backends/wasm/work.ts";
import type { CopyInstruction } from "../../src/ir/instructions/copy.ts";
import type { MatmulInstruction } from "../../src/ir/instructions/matmul.ts";
import type { View } from "../../src/ir/view.ts";

const view = (offset: number, shape = [16], strides = [1]): View => ({
  buffer: 0,
  dtype: "float32",
  offset,
  shape,
  strides,
});
const copy = (from: View, to: View): CopyInstruction => ({ kind: "copy", input: from, output: to });
const [a, b, c, d] = [view(0), view(16), view(32), view(48)] as [View, View, View, View];

/** Before which of these a barrier stands. A name in capitals of the list `alone` tells what thread 0 does alone. */
function barriersIn(instructions: readonly CopyInstruction[], alone: readonly boolean[] = []): boolean[] {
  const barriers = new Barriers(({ offset }) => 1000 + 4 * offset);
  return instructions.map((instruction, index) => barriers.next(instruction, alone[index] ?? false));
}

describe("barriers", () => {
  it("stand where an instruction reads what was written, or writes what was read or written, since the last", () => {
    expect(barriersIn([copy(a, b), copy(c, d)])).toEqual([false, false]);
    expect(barriersIn([copy(a, b), copy(a, c)])).toEqual([false, false]);
    expect(barriersIn([copy(a, b), copy(b, c)])).toEqual([false, true]);
    expect(barriersIn([copy(a, b), copy(c, a)])).toEqual([false, true]);
    expect(barriersIn([copy(a, b), copy(c, b)])).toEqual([false, true]);
    // The barrier before the second serves the third, too; not the fourth.
    expect(barriersIn([copy(a, b), copy(b, c), copy(b, d), copy(d, a)])).toEqual([false, true, false, true]);
  });

  it("see the whole reach of strided views, and no more", () => {
    const column = view(0, [4], [16]);
    const backwards = view(48, [4], [-16]);
    for (const strided of [column, backwards]) {
      expect(barriersIn([copy(view(100, [4]), strided), copy(view(40, [1]), view(200, [1]))])).toEqual([false, true]);
      expect(barriersIn([copy(view(100, [4]), strided), copy(view(49, [1]), view(200, [1]))])).toEqual([false, false]);
    }
    expect(barriersIn([copy(view(100, [4]), view(0, [4], [0])), copy(view(1, [1]), view(200, [1]))])).toEqual([
      false,
      false,
    ]);
  });

  it("are not needed between what thread 0 does alone", () => {
    expect(barriersIn([copy(a, b), copy(b, c), copy(c, a)], [true, true, true])).toEqual([false, false, false]);
    expect(barriersIn([copy(a, b), copy(b, c), copy(c, a)], [true, true, false])).toEqual([false, false, true]);
    expect(barriersIn([copy(a, b), copy(b, c)], [false, true])).toEqual([false, true]);
  });

  it("stand at last even between instructions that have nothing to do with each other", () => {
    const many = Array.from({ length: 100 }, (_, i) => copy(view(32 * i), view(32 * i + 16)));
    expect(barriersIn(many).filter(Boolean).length).toBeGreaterThan(0);
  });
});

describe("the tuner", () => {
  it("wants to know how long a program takes alone, then has workers while they help", () => {
    const tuner = new ThreadTuner();
    expect(tuner.wantsWorkers).toBe(false);
    tuner.note(false, 10);
    let alone = 0;
    for (let run = 0; run < 1000; run++) {
      const workers = tuner.wantsWorkers;
      alone += Number(!workers);
      tuner.note(workers, workers ? 6 : 10);
    }
    expect(alone).toBe(3);
  });

  it("does without them where they do not, and tries again less and less often", () => {
    const tuner = new ThreadTuner();
    const tries: number[] = [];
    for (let run = 0; run < 2000; run++) {
      const workers = tuner.wantsWorkers;
      if (workers) tries.push(run);
      tuner.note(workers, workers ? 11 : 10);
    }
    expect(tries[7]).toBe(8);
    expect(tries[8]).toBe(8 + 32 + 1);
    expect(tries[16]).toBe(8 + 32 + 8 + 64 + 1);
    expect(tries.length).toBeLessThan(60);
  });

  it("keeps them while something else slows the program down alone and together", () => {
    const tuner = new ThreadTuner();
    tuner.note(false, 10);
    let alone = 0;
    for (let run = 0; run < 1000; run++) {
      const slower = run >= 100 && run < 400 ? 2 : 1;
      const workers = tuner.wantsWorkers;
      alone += Number(!workers);
      tuner.note(workers, slower * (workers ? 6 : 10));
    }
    expect(alone).toBeLessThan(6);
  });

  it("gives them up at once where another program takes their cores", () => {
    const tuner = new ThreadTuner();
    tuner.note(false, 10);
    const together = Array.from({ length: 200 }, (_, run) => {
      const workers = tuner.wantsWorkers;
      tuner.note(workers, workers ? (run < 100 ? 6 : 20) : 10);
      return workers;
    });
    expect(together.slice(100).filter(Boolean).length).toBeLessThan(24);
  });

  it("is not thrown by one slow run", () => {
    const tuner = new ThreadTuner();
    tuner.note(false, 10);
    for (let run = 0; run < 20; run++) tuner.note(true, run === 12 ? 1000 : 6);
    expect(tuner.wantsWorkers).toBe(true);
  });
});

describe("the work of an instruction", () => {
  const product = (m: number, n: number, k: number): MatmulInstruction => ({
    kind: "matmul",
    a: view(0, [1, m, k], [m * k, k, 1]),
    b: view(0, [1, k, n], [k * n, n, 1]),
    output: view(0, [1, m, n], [m * n, n, 1]),
  });

  it("grows with arithmetic and with memory", () => {
    // Some 50 GFLOP/s.
    expect(workOf(product(512, 512, 512))).toBeGreaterThan(4e6);
    expect(workOf(product(512, 512, 512))).toBeLessThan(8e6);
    expect(workOf(product(4, 4, 4))).toBeLessThan(20);
    expect(workOf(copy(view(0, [1000]), view(1000, [1000])))).toBe(200);
  });
});
