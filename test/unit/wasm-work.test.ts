import { expect, it } from "vitest";
import { workOf } from "../../src/backends/wasm/work.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import { matmul, placeholder, transpose } from "../../src/tensor/ops/index.ts";

it("reckons a product by its depth, however many batch axes it has", () => {
  const a = placeholder("a", [2, 64, 8, 32]);
  const b = placeholder("b", [2, 64, 8, 32]);
  const heads = (x: typeof a) => transpose(x, [0, 2, 1, 3]);
  const scores = compile({ outputs: { y: matmul(heads(a), heads(b), { transposeB: true }) } }).program.instructions;
  const flat = compile({ outputs: { y: matmul(placeholder("c", [16, 64, 32]), placeholder("d", [16, 32, 64])) } })
    .program.instructions;
  expect(scores.map(({ kind }) => kind)).toEqual(["matmul"]);
  const product = scores[0] as Extract<Instruction, { kind: "matmul" }>;
  expect(product.output.shape).toHaveLength(4);
  expect(workOf(product)).toBeCloseTo(workOf(flat[0] as Instruction), 6);
});
