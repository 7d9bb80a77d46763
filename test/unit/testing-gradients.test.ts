import { describe, expect, it } from "vitest";
import { AreteError } from "../../src/errors.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { abs, add, argmax, gather, log, matmul, mul, softmax, square, stopGradient, sum, tanh, tensor } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const x = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.75],
];
const w = [
  [1, 2],
  [-1, 0.5],
  [0.3, -2],
];

describe("checkGradients", () => {
  it("passes what is right, for every element of every input", async () => {
    const { checked, worst } = await checkGradients((a, b) => softmax(tanh(matmul(a, b))), [x, w]);
    expect(checked).toBe(12);
    expect(worst?.error).toBeLessThan(1e-8);
  });

  it("takes scalars, tensors, empty tensors, and inputs that f does not use", async () => {
    expect((await checkGradients((a) => mul(a, a), [3])).checked).toBe(1);
    expect((await checkGradients((a, b) => sum(add(a, square(b))), [2, tensor(x), [1, 2]])).checked).toBe(9);
    expect(await checkGradients((a) => square(a), [tensor(new Float32Array(0), [0, 3])])).toEqual({ checked: 0, worst: undefined });
  });

  it("passes integers on", async () => {
    const { checked } = await checkGradients((table, rows) => square(gather(table, rows)), [x, tensor(Int32Array.of(1, 1, 0))]);
    expect(checked).toBe(6);
  });

  it("checks a sample of a large input, the same for the same seed", async () => {
    const wrongInOnePlace = (a: Tensor) => square(a);
    const { checked } = await checkGradients(wrongInOnePlace, [tensor(new Float32Array(10_000).fill(0.5))], { maxElements: 20 });
    expect(checked).toBe(20);
  });

  it("checks second derivatives", async () => {
    await checkGradients((a) => gradients(sum(mul(log(a), a)), [a])[0] as Tensor, [[0.5, 1, 2]]);
  });

  it("names the worst element of a wrong gradient", async () => {
    // The gradient sees a constant where there is a factor: 2x² seems to have the gradient 2x at element 2, off by half.
    const wrong = (_: Tensor, b: Tensor) => sum(mul(b, stopGradient(b)));
    await expect(checkGradients(wrong, [1, [0.001, 0, 4]])).rejects.toThrow(
      /^checkGradients: a recorded gradient must equal the central difference\. Expected (8|7\.99999\d+)\d*, received 4 \(input 1 \[3\], element 2, relative error 5\.00e-1, tolerance 0\.000001\)\. Check the op's vjp/,
    );
    await expect(checkGradients(wrong, [1, [1]])).rejects.toThrow(AreteError);
  });

  it("fails on NaN and at a kink", async () => {
    await expect(checkGradients((a) => log(a), [[1, -1]])).rejects.toThrow(/Expected NaN, received .*element 1/);
    await expect(checkGradients((a) => mul(abs(a), a), [[0]], { tolerance: 0 })).rejects.toThrow(/Expected /);
  });

  it("refuses results that have no gradient", async () => {
    await expect(checkGradients((a) => argmax(a), [[1, 2]])).rejects.toThrow("checkGradients: f must give a float32 tensor. Expected float32, received int32.");
  });
});
