import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { bind, evaluate, placeVariables } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type ArenaPlan, planArena } from "../../src/ir/arena.ts";
import { type Instruction, viewsOf } from "../../src/ir/instruction.ts";
import type { Program } from "../../src/ir/program.ts";
import {
  add,
  broadcastTo,
  matmul,
  mul,
  placeholder,
  randomNormal,
  sub,
  tensor,
  transpose,
} from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { compositions, opCases } from "./op-cases.ts";
import { recordCase, runCase } from "./run-case.ts";

const reference = js({ precision: "float64" });
const kernels = await moduleOf("core", "simd");
/** Two backends with an arena: one on which buffers of a program share memory, and one on which none do. */
const [shared, separate] = [true, false].map((shareArena) => new WasmBackend(kernels, { shareArena })) as [
  WasmBackend,
  WasmBackend,
];

describe("fusion and memory sharing change nothing", () => {
  for (const [name, cases] of [...Object.entries(opCases), ["composition", compositions] as const]) {
    it(`${name}: fused = unfused and shared = unshared, to the bit`, async () => {
      await fc.assert(
        fc.asyncProperty(cases, async (theCase) => {
          expect(await runCase(theCase, reference)).toEqual(await runCase(theCase, reference, { fuse: false }));
          expect(await runCase(theCase, shared)).toEqual(await runCase(theCase, separate));
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
        for (const options of [{}, { groupInputs: true }, { inPlace: false }, { alignment: 256 }])
          expect(clashes(program, planArena(program, options))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("has places of any alignment, all inputs in one piece, and nothing in place, where a backend asks for it", () => {
    const [x, y] = [placeholder("x", [5, 7]), placeholder("y", [3], "int32")];
    const z = mul(add(matmul(x, transpose(x)), 1), 2);
    const { program } = compile({ outputs: { z, y: add(y, y) }, fuse: false });
    const inputs = [program.inputs.x, program.inputs.y].map((view) => view?.buffer as number);
    const { offsets } = planArena(program, { alignment: 256, groupInputs: true });
    expect(offsets.filter((offset) => offset % 256 > 0 && offset >= 0)).toEqual([]);
    expect(Math.abs((offsets[inputs[0] as number] as number) - (offsets[inputs[1] as number] as number))).toBe(256);
    // Each result has a place that is no input's of the same map.
    const apart = planArena(program, { inPlace: false }).offsets;
    const inPlace = ({ offsets }: { offsets: readonly number[] }) =>
      program.instructions.filter(
        (it) =>
          it.kind === "map" &&
          it.outputs.some((to) => it.inputs.some((from) => offsets[to.buffer] === offsets[from.buffer])),
      ).length;
    expect(inPlace({ offsets: apart })).toBe(0);
    expect(inPlace(planArena(program))).toBeGreaterThan(0);
  });

  it("is smaller than the sum of its buffers for a deep chain", () => {
    let x = add(randomNormal([64, 64], { seed: 1 }), 0);
    for (let i = 0; i < 10; i++) x = matmul(x, x);
    const { program } = compile({ outputs: { x } });
    const { bytes } = planArena(program);
    expect(bytes).toBeLessThanOrEqual(4 * 64 * 64 * 4);
    expect(planArena(program, { share: false }).bytes).toBeGreaterThan(2 * bytes);
  });
});

/** Pairs of buffers that overlap in place and, but for one map's own input and output, in time. */
function clashes({ buffers, instructions, outputs }: Program, { offsets }: ArenaPlan): string[] {
  const kept = new Set(Object.values(outputs).map(({ buffer }) => buffer));
  const used = buffers.map((_, id) =>
    instructions.flatMap((instruction, at) => (touches(instruction, id) ? [at] : [])),
  );
  const found: string[] = [];
  buffers.forEach((a, i) => {
    buffers.forEach((b, j) => {
      const [from, to] = [offsets[i] as number, offsets[j] as number];
      if (i >= j || from < 0 || to < 0 || !used[i]?.length || !used[j]?.length) return;
      const apart = from + a.size * 4 <= to || to + b.size * 4 <= from;
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
    await placeVariables([a, b], backend);
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
    expect([a, b, [...(await executable.read(["total"])).total], [...(await executable.read(["old"])).old]]).toEqual([
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
