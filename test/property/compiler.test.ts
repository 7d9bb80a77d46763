import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { bind, evaluate, settle } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type Instruction, viewsOf } from "../../src/ir/instruction.ts";
import type { Program } from "../../src/ir/program.ts";
import { add, broadcastTo, matmul, mul, randomNormal, sub, tensor, transpose } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { compositions, opCases } from "./op-cases.ts";
import { recordCase, runCase } from "./run-case.ts";

const reference = js({ precision: "float64" });

describe("fusion and memory sharing change nothing", () => {
  for (const [name, cases] of [...Object.entries(opCases), ["composition", compositions] as const]) {
    it(`${name}: fused = unfused and shared = unshared, to the bit`, async () => {
      await fc.assert(
        fc.asyncProperty(cases, async (theCase) => {
          const plain = await runCase(theCase, reference, { fuse: false, share: false });
          for (const options of [{}, { fuse: false }, { share: false }])
            expect(await runCase(theCase, reference, options)).toEqual(plain);
        }),
        { numRuns: 25 },
      );
    });
  }
});

describe("the arena", () => {
  it("never gives one place to two buffers that live at the same time", () => {
    fc.assert(
      fc.property(compositions, (theCase) => {
        const { program } = compile({ outputs: recordCase(theCase) });
        expect(clashes(program)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("is smaller than the sum of its buffers for a deep chain", () => {
    let x = add(randomNormal([64, 64], { seed: 1 }), 0);
    for (let i = 0; i < 10; i++) x = matmul(x, x);
    const shared = compile({ outputs: { x } }).program.arenaBytes;
    expect(shared).toBeLessThanOrEqual(4 * 64 * 64 * 4);
    expect(compile({ outputs: { x }, share: false }).program.arenaBytes).toBeGreaterThan(2 * shared);
  });
});

/** Pairs of buffers that overlap in place and, but for one map's own input and output, in time. */
function clashes({ buffers, instructions, outputs }: Program): string[] {
  const kept = new Set(Object.values(outputs).map(({ buffer }) => buffer));
  const used = buffers.map((_, id) =>
    instructions.flatMap((instruction, at) => (touches(instruction, id) ? [at] : [])),
  );
  const found: string[] = [];
  buffers.forEach((a, i) => {
    buffers.forEach((b, j) => {
      if (i >= j || a.arenaOffset < 0 || b.arenaOffset < 0 || !used[i]?.length || !used[j]?.length) return;
      const apart = a.arenaOffset + a.size * 4 <= b.arenaOffset || b.arenaOffset + b.size * 4 <= a.arenaOffset;
      const start = (id: number) => (buffers[id]?.kind === "input" ? -1 : (used[id]?.[0] as number));
      const end = (id: number) => (kept.has(id) ? Number.POSITIVE_INFINITY : (used[id]?.at(-1) as number));
      const inTurn = end(i) <= start(j) || end(j) <= start(i);
      if (!apart && !inTurn) found.push(`${i} and ${j}`);
    });
  });
  return found;
}

function touches(instruction: Instruction, id: number): boolean {
  const { reads, writes } = viewsOf(instruction);
  return [...reads, ...writes].some(({ buffer }) => buffer === id);
}

describe("updates of variables", () => {
  async function step(
    build: (a: Variable, b: Variable) => Parameters<typeof compile>[0],
    backend: Backend = reference,
  ) {
    const a = new Variable([2, 2], { initial: [1, 2, 3, 4], name: "a" });
    const b = new Variable([2, 2], { initial: [5, 6, 7, 8], name: "b" });
    await settle([a, b], backend);
    const executable = await bind(compile(build(a, b)), backend);
    executable.run();
    return { a: [...(await a.read())], b: [...(await b.read())], executable };
  }

  it("all read old values: two variables can be exchanged", async () => {
    const { a, b } = await step((a, b) => ({
      outputs: {},
      updates: [
        [a, b.tensor],
        [b, a.tensor],
      ],
    }));
    expect({ a, b }).toEqual({ a: [5, 6, 7, 8], b: [1, 2, 3, 4] });
  });

  it("all read old values: a ← a + b, b ← a − b", async () => {
    const { a, b } = await step((a, b) => ({
      outputs: {},
      updates: [
        [a, add(a, b)],
        [b, sub(a, b)],
      ],
    }));
    expect({ a, b }).toEqual({ a: [6, 8, 10, 12], b: [-4, -4, -4, -4] });
  });

  it("a product may update its own operand", async () => {
    const { a } = await step((a, b) => ({ outputs: {}, updates: [[a, sub(a, matmul(a, transpose(b)))]] }));
    expect(a).toEqual([1 - 17, 2 - 23, 3 - 39, 4 - 53]);
  });

  it("a variable may become its own transpose", async () => {
    const { a } = await step((a) => ({ outputs: {}, updates: [[a, add(transpose(a), 0)]] }));
    expect(a).toEqual([1, 3, 2, 4]);
  });

  it("one value may go to two variables and out", async () => {
    const { a, b, executable } = await step((a, b) => {
      const total = mul(add(a, b), 2);
      return {
        outputs: { total, old: a.tensor },
        updates: [
          [a, total],
          [b, total],
        ],
      };
    });
    expect([
      a,
      b,
      [...(await executable.output("total").read())],
      [...(await executable.output("old").read())],
    ]).toEqual([
      [12, 16, 20, 24],
      [12, 16, 20, 24],
      [12, 16, 20, 24],
      [1, 2, 3, 4],
    ]);
  });

  it("a constant or a broadcast can be the new value", async () => {
    const { a, b } = await step((a, b) => ({
      outputs: {},
      updates: [
        [
          a,
          tensor(
            [
              [4, 3],
              [2, 1],
            ],
            undefined,
            { dtype: "float32" },
          ),
        ],
        [b, broadcastTo(tensor([[1.5], [2.5]]), [2, 2])],
      ],
    }));
    expect({ a, b }).toEqual({ a: [4, 3, 2, 1], b: [1.5, 1.5, 2.5, 2.5] });
  });

  it("evaluating reads variables where they are", async () => {
    const v = new Variable([2], { initial: [1, 2] });
    const [twice] = await evaluate([mul(v, 2)], reference);
    expect([...(twice as Float64Array)]).toEqual([2, 4]);
  });
});
