import { describe, expect, it } from "vitest";
import { AreteError } from "../../src/errors.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import {
  add,
  argmax,
  gather,
  log,
  matmul,
  mul,
  softmax,
  square,
  stopGradient,
  sum,
  tanh,
  tensor,
} from "../../src/tensor/ops/index.ts";
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
    expect(await checkGradients((a) => square(a), [tensor(new Float32Array(0), [0, 3])])).toEqual({
      checked: 0,
      worst: undefined,
    });
  });

  it("passes integers on", async () => {
    const { checked } = await checkGradients(
      (table, rows) => square(gather(table, rows)),
      [x, tensor(Int32Array.of(1, 1, 0))],
    );
    expect(checked).toBe(6);
  });

  it("checks a sample of a large input, the same for the same seed", async () => {
    const run = (seed: number) =>
      checkGradients((a) => tanh(a), [tensor(Float32Array.from({ length: 3000 }, (_, i) => i / 3000))], {
        maxElements: 20,
        seed,
      });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(first.checked).toBe(20);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("checks second derivatives", async () => {
    await checkGradients((a) => gradients(sum(mul(log(a), a)), [a])[0] as Tensor, [[0.5, 1, 2]]);
  });

  it("names the worst element of a wrong gradient", async () => {
    // stopGradient hides one factor: x² seems to have the gradient x.
    const wrong = (_: Tensor, b: Tensor) => sum(mul(b, stopGradient(b)));
    await expect(checkGradients(wrong, [1, [0.001, 0, 4]])).rejects.toThrow(
      /^checkGradients: a recorded gradient must equal the central difference\. Expected 8\.0000\d+, received 4 \(input 1 \[3\], element \[2\], relative error 5\.00e-1, tolerance 0\.000001\)\. Check the op's gradient/,
    );
    await expect(checkGradients(wrong, [1, [1]])).rejects.toThrow(AreteError);
  });

  it("fails on NaN", async () => {
    await expect(checkGradients((a) => log(a), [[1, -1]])).rejects.toThrow(/Expected NaN, received .*element \[1\]/);
  });

  it("refuses results that have no gradient", async () => {
    await expect(checkGradients((a) => argmax(a), [[1, 2]])).rejects.toThrow(
      "checkGradients: f must give a float32 tensor. Expected float32, received int32.",
    );
  });
});
