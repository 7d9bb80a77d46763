import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { bind } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { print } from "../../src/ir/print.ts";
import type { Program } from "../../src/ir/program.ts";
import { gelu } from "../../src/nn/activations.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, matmul, mul, placeholder, sum } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const shapes = { x: [8, 12], kernel: [12, 20], bias: [20], next: [20, 3] };

/** The gradients of a layer with gelu and of one behind it; also what gelu is applied to, where it is wanted. */
function layers(wantsArgument = false): Record<string, Tensor> {
  const [x, kernel, bias, next] = Object.entries(shapes).map(([name, shape]) => placeholder(name, shape)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const argument = add(matmul(x, kernel), bias);
  const result = matmul(gelu(argument), next);
  const [dKernel, dNext] = gradients(sum(mul(result, result)), [kernel, next]) as [Tensor, Tensor];
  return { dKernel, dNext, ...(wantsArgument ? { argument } : {}) };
}

const countOf = (program: Program, text: string) => print(program).split(text).length - 1;

async function run(outputs: Record<string, Tensor>, backend: Backend, fuse = true) {
  const executable = await bind(compile({ outputs, fuse }), backend);
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((a, b) => a * b);
    executable.input(name).write(Float32Array.from({ length: size }, (_, index) => Math.sin(index + size)));
  }
  executable.run();
  return executable.read(Object.keys(outputs));
}

describe("the derivative of an activation", () => {
  it("is computed with the activation and kept in the place of its argument", () => {
    const { program } = compile({ outputs: layers() });
    expect(countOf(program, "erf(")).toBe(1);
    // The product, gelu, the derivative, and the gradient before and after it.
    expect(program.buffers.filter(({ kind, size }) => kind === "temporary" && size === 8 * 20)).toHaveLength(5);
  });

  it("is computed where it is used when the argument is kept anyway", () => {
    expect(countOf(compile({ outputs: layers(true) }).program, "erf(")).toBe(2);
  });

  it.each([
    ["js", () => js()],
    ["wasm", () => wasm({ threads: 1 })],
  ])("has the same bits either way: %s", async (_, make) => {
    const backend = await make();
    const moved = await run(layers(), backend);
    const { argument, ...unmoved } = await run(layers(true), backend);
    expect(moved).toEqual(unmoved);
    expect(moved).toEqual(await run(layers(), backend, false));
  });
});
