import type { Backend } from "../../src/backends/backend.ts";
import { bind } from "../../src/backends/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { cos, mul, placeholder, range, sum } from "../../src/tensor/ops/index.ts";
import { reshape } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { OpCase } from "./op-cases.ts";

/** The case on placeholders: its result and, where it has any, the gradients of a weighted sum of the result. */
export function recordCase({ inputs, f, differentiable = true }: OpCase): Record<string, Tensor> {
  const tensors = inputs.map((input, index) => placeholder(`x${index}`, input.shape, input.dtype));
  const y = f(tensors);
  const floats = tensors.filter((tensor) => tensor.dtype === "float32");
  const outputs: Record<string, Tensor> = { y };
  if (differentiable && y.dtype === "float32") {
    gradients(weightedSum(y), floats).forEach((gradient, index) => {
      outputs[`dx${index}`] = gradient;
    });
  }
  return outputs;
}

/** Σ cos(i)·y_i: a scalar to which each element of y counts differently. */
function weightedSum(y: Tensor): Tensor {
  return sum(mul(y, reshape(cos(range(sizeOf(y.shape))), y.shape)));
}

/** All outputs of the case on a backend. */
export async function runCase(
  theCase: OpCase,
  backend: Backend,
  options: { fuse?: boolean } = {},
): Promise<Record<string, TypedArray>> {
  const outputs = recordCase(theCase);
  const executable = await bind(compile({ outputs, ...options }), backend);
  const used = new Set(Object.keys(compile({ outputs, ...options }).program.inputs));
  theCase.inputs.forEach((input, index) => {
    if (used.has(`x${index}`)) executable.input(`x${index}`).write(input.data);
  });
  executable.run();
  const results = await executable.read(Object.keys(outputs));
  executable.dispose();
  return results;
}
