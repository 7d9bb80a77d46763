import type { Instruction } from "../../ir/instruction.ts";
import type { Shape } from "../../ir/shape.ts";
import type { DilatedWindows } from "../../ir/windows.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";

const operands = ["input", "dy", "kernel"] as const;

/** The operands of Σ conv(input, kernel)·dy. */
type Operand = (typeof operands)[number];

const others = (operand: Operand) => operands.filter((other) => other !== operand) as [Operand, Operand];

/**
 * The three ops of a convolution, by the operand that is missing: each is the derivative of Σ conv(input, kernel)·dy in
 * that operand, a function of the two others in the order input, dy, kernel. "dy" is the convolution itself, "input"
 * and "kernel" its gradients.
 * @param shapes of the operands.
 */
export function trilinearOps<Attrs extends { readonly windows: DilatedWindows }>(
  name: "conv" | "depthwiseConv",
  shapes: Readonly<Record<Operand, (attrs: Attrs) => Shape>>,
): Readonly<Record<Operand, OpDefinition<Attrs>>> {
  const define = (missing: Operand, suffix: "" | "InputGrad" | "FilterGrad"): OpDefinition<Attrs> => {
    const kind = `${name}${suffix}` as const;
    const [first, second] = others(missing);
    return defineOp<Attrs>({
      name: kind,
      infer: (_, attrs) => ({ shape: shapes[missing](attrs), dtype: "float32" }),
      vjp: (gradient, [a, b], _, attrs) => {
        const given = { [missing]: gradient, [first]: a, [second]: b } as Record<Operand, Tensor>;
        return [first, second].map((operand) =>
          record(
            ops[operand],
            others(operand).map((other) => given[other]),
            attrs,
          ),
        );
      },
      lower: (ctx, views, { shape }, { windows }) => {
        const [a, b] = views.map((view) => ctx.contiguous(view));
        const output = ctx.allocate(shape, "float32");
        ctx.emit({ kind, windows, [first]: a, [second]: b, output } as unknown as Instruction);
        return output;
      },
    });
  };
  const ops = { dy: define("dy", ""), input: define("input", "InputGrad"), kernel: define("kernel", "FilterGrad") };
  return ops;
}
