import { describe, expect, it } from "vitest";
import { knownExpressions } from "../../scripts/known-expressions.ts";
import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { hashOf, kernelKeyOf } from "../../src/backends/wasm/kernel-key.ts";
import { fusedSlotOf } from "../../src/backends/wasm/map-record.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import type { Expression } from "../../src/ir/expression.ts";
import { bits, HandMade } from "./wasm-programs.ts";

describe("fused kernels", async () => {
  const module = await moduleOf("core", "simd");
  const fused = new WasmBackend(module);
  const interpreting = new WasmBackend(module, { interpret: true });
  await Promise.all([fused.loadRest(), interpreting.loadRest()]);
  const known = [
    ...new Map(
      Object.values(await knownExpressions())
        .flat()
        .map((expression) => [kernelKeyOf(expression).key, expression]),
    ),
  ];

  /** Numbers of all sizes and signs, and what kernels get wrong: zeros, infinities, NaN, subnormals. */
  const special = [
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e-40,
    -1e-45,
    3e38,
    0.5,
    -104,
    89,
    700,
  ];
  const data = (count: number, input: number) =>
    Array.from({ length: count }, (_, i) =>
      (i + input) % 3 === 0
        ? (special[(i * 5 + input * 7) % special.length] as number)
        : 3 * Math.sin(i * (1.7 + input)),
    );

  it.each(known)("%s: equal bits fused and interpreted, in place and not", (key, expression) => {
    expect(fusedSlotOf(hashOf(key), fused.rest)).toBeGreaterThan(0);
    const { inputs } = kernelKeyOf(expression);
    const count = 1000 + (inputs.length % 4);
    const run = (backend: WasmBackend, inPlace: boolean) => {
      const program = new HandMade();
      const most = Math.max(-1, ...inputs);
      const shape = [count];
      const operands = Array.from({ length: most + 1 }, (_, i) =>
        i % 5 === 4 ? { ...program.operand([0.7], [1]), shape, strides: [0] } : program.operand(data(count, i), shape),
      );
      const outputs = expression.outputs.map((_, i) => {
        const operand = operands[i];
        return inPlace && operand && operand.strides[0] === 1
          ? program.publish(`y${i}`, operand)
          : program.result(`y${i}`, shape);
      });
      const results = program.run(backend, [{ kind: "map", shape, inputs: operands, outputs, expression }]);
      return expression.outputs.map((_, i) => bits(results[`y${i}`] as Float32Array));
    };
    const expected = run(interpreting, false);
    expect(run(fused, false)).toEqual(expected);
    expect(run(fused, true).map((output) => output.slice(7, -7))).toEqual(
      expected.map((output) => output.slice(7, -7)),
    );
    expect(run(interpreting, true).map((output) => output.slice(7, -7))).toEqual(
      expected.map((output) => output.slice(7, -7)),
    );
  });

  it("serves other constants and another order of inputs with the same kernel", () => {
    const scaled = (value: number, first: number, second: number): Expression => ({
      nodes: [
        { op: "input", index: first },
        { op: "input", index: second },
        { op: "constant", value },
        { op: "mul", args: [1, 2] },
        { op: "add", args: [0, 3] },
      ],
      outputs: [4],
    });
    const [a, b] = [kernelKeyOf(scaled(2, 0, 1)), kernelKeyOf(scaled(-1, 3, 1))];
    expect(a.key).toBe(b.key);
    expect(a.inputs).toEqual([0, 1]);
    expect(b.inputs).toEqual([3, 1]);
    expect(b.constants).toEqual([-1]);
  });

  it("tells different expressions apart", () => {
    const keys = known.map(([key]) => key);
    expect(new Set(keys.map(hashOf)).size).toBe(keys.length);
    expect(fusedSlotOf(hashOf("tanh i0;tanh s0;tanh s1;tanh s2>s3"), fused.rest)).toBe(0);
  });
});
