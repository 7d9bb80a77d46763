import { describe, expect, it } from "vitest";
import type { DType } from "../../src/ir/dtype.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

type Typed = GoldenTensor & { dtype: DType };

interface OpCase {
  op: string;
  args: unknown[];
  inputs: Typed[];
  outputs: Typed[];
  dy?: GoldenTensor["data"];
  gradients?: Typed[];
}

/** What an op gives for a case; by default its inputs and arguments in a row. */
const calls: Record<string, (inputs: Tensor[], args: never[]) => Tensor | Tensor[]> = {
  arange: (_, args) => ops.arange(...(args as unknown as [number, number, number])),
  einsum: (inputs, [equation]) => ops.einsum(equation as unknown as string, ...inputs),
  linspace: (_, [start, stop, count, endpoint]) =>
    ops.linspace(start as unknown as number, stop as unknown as number, count as unknown as number, {
      endpoint: endpoint as unknown as boolean,
    }),
  meshgrid: (inputs, [indexing]) => ops.meshgrid(inputs, { indexing: indexing as unknown as "xy" | "ij" }),
  topK: ([x], [k]) => {
    const { values, indices } = ops.topK(x as Tensor, k as unknown as number);
    return [values, indices];
  },
};
const table = ops as unknown as Record<string, (...args: unknown[]) => Tensor | Tensor[]>;

describe("ops agree with Keras 3", () => {
  for (const [index, one] of golden<OpCase>("ops").entries()) {
    const { op, args, inputs, outputs, dy } = one;
    it(titleOf(op, args, `${index}`), async () => {
      const given = inputs.map((x) => load(x, x.dtype));
      const results = [calls[op]?.(given, args as never[]) ?? table[op]?.(...given, ...args) ?? []].flat();
      const shapeOf = ({ shape, dtype }: { shape: readonly number[]; dtype: DType }) => ({ shape: [...shape], dtype });
      expect(results.map(shapeOf)).toEqual(outputs.map(shapeOf));
      const [first] = results as [Tensor];
      const floats = given.filter(({ dtype }) => dtype === "float32");
      const slopes = dy ? gradients(ops.sum(ops.mul(first, load({ shape: [...first.shape], data: dy }))), floats) : [];
      const all = await values(...results, ...slopes);
      [...outputs, ...(one.gradients ?? [])].forEach((expected, i) => {
        const isCopy = expected.dtype === "int32" || ["split", "tile", "flip", "roll", "sort"].includes(op);
        const what = i < outputs.length ? `output ${i}` : `gradient ${i - outputs.length}`;
        expectClose(all[i] as number[], expected, isCopy && i < outputs.length ? 0 : 2e-6, what);
      });
    });
  }
});
