import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { grad, gradients, valueAndGrad } from "../../src/tensor/autodiff.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";
import { compositions, type OpCase, opCases, scalarCase, scalarFunctions } from "./op-cases.ts";

const inputsOf = ({ inputs }: OpCase) => inputs.map(({ data, shape, dtype }) => ops.tensor(data, shape, { dtype }));

const suites = [
  ...Object.entries(opCases),
  ...scalarFunctions.map((fn) => [`function ${fn.name}`, scalarCase(fn)] as const),
  ["composition", compositions] as const,
];

describe("gradients agree with central differences in float64 (relative error < 1e-6)", () => {
  for (const [name, cases] of suites) {
    it(name, async () => {
      let checked = 0;
      await fc.assert(
        fc.asyncProperty(cases, async (theCase) => {
          if (theCase.differentiable === false) return;
          checked += (await checkGradients((...tensors) => theCase.f(tensors), inputsOf(theCase))).checked;
        }),
        { numRuns: 25 },
      );
      if (!["cast", "argReduce", "groupRows", "setRows"].includes(name)) expect(checked).toBeGreaterThan(0);
    });
  }
});

describe("gradients of gradients", () => {
  const smooth = (name: string, f: (x: Tensor) => Tensor) =>
    it(name, async () => {
      const x = [
        [0.3, -0.7, 1.1],
        [0.9, 0.2, -0.4],
      ];
      await checkGradients(
        (t) =>
          gradients(
            ops.sum(ops.mul(f(t), ops.cos(ops.reshape(ops.range(f(t).shape.reduce((a, b) => a * b, 1)), f(t).shape)))),
            [t],
          )[0] as Tensor,
        [x],
      );
    });
  smooth("tanh", ops.tanh);
  smooth("softmax", (x) => ops.softmax(x));
  smooth("logSoftmax", (x) => ops.logSoftmax(x));
  smooth("matmul with itself", (x) => ops.matmul(x, x, { transposeB: true }));
  smooth("products", (x) => ops.prod(ops.add(ops.square(x), 1), 1));
  smooth("division by a norm", (x) => ops.div(x, ops.norm(x, 1, true)));
  smooth("gather and concat", (x) => ops.exp(ops.concat([ops.gather(x, ops.tensor(Int32Array.of(1, 0, 1))), x], 0)));
  smooth("cumsum", (x) => ops.square(ops.cumsum(x, 0)));

  it("grad can be applied again: d³/dx³ sin = −cos", async () => {
    const third = grad((x) => grad((y) => grad(ops.sin)(y))(x));
    const [value] = await evaluate([third(ops.scalar(0.7))], js({ precision: "float64" }));
    expect(value?.[0]).toBeCloseTo(-Math.cos(0.7), 12);
  });

  it("valueAndGrad gives both", async () => {
    const { value, gradient } = valueAndGrad((x) => ops.mul(x, x))(3);
    expect((await evaluate([value, gradient], js())).map((a) => a[0])).toEqual([9, 6]);
  });
});

describe("what gradients promise besides numbers", () => {
  it("a tensor on which the result does not depend has gradient 0", async () => {
    const [x, y] = [ops.tensor([1, 2]), ops.tensor([3, 4])];
    const [dy] = gradients(ops.sum(x), [y]);
    expect(await (await evaluate([dy as Tensor], js()))[0]).toEqual(Float32Array.of(0, 0));
  });

  it("an infinite gradient does not become NaN at the branch that where did not take", async () => {
    const x = ops.tensor([-1, 4]);
    const [dx] = gradients(ops.sum(ops.div(1, ops.where(ops.less(x, 0), 0, x))), [x]);
    expect([...((await evaluate([dx as Tensor], js()))[0] as Float32Array)]).toEqual([0, -1 / 16]);
  });

  it("refuses a result with axes and targets of integers", () => {
    const x = ops.tensor([1, 2]);
    expect(() => gradients(x, [x])).toThrow(
      "gradients: the differentiated value must be a scalar. Expected shape [], received [2]. Use sum(y) or mean(y).",
    );
    expect(() => gradients(ops.sum(x), [ops.range(2)])).toThrow(
      "gradients: only float32 tensors have gradients. Expected float32, received int32.",
    );
  });
});
