import { type Instruction, type View, viewsOf } from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";

/**
 * Nanoseconds that an instruction takes one thread, roughly: what its operands take to move and its arithmetic at the
 * rates of a usual machine. Decides only who works, never what comes out.
 */
export function workOf(instruction: Instruction): number {
  const { reads, writes } = viewsOf(instruction);
  return 0.1 * [...reads, ...writes].reduce((sum, view) => sum + sizeOf(view.shape), 0) + arithmeticOf(instruction);
}

function arithmeticOf(instruction: Instruction): number {
  const size = ({ shape }: View) => sizeOf(shape);
  switch (instruction.kind) {
    case "map":
      return 0.08 * sizeOf(instruction.shape) * instruction.expression.nodes.length;
    case "matmul":
      return (
        0.04 * size(instruction.output) * (instruction.b.shape.at(-2) ?? 1) +
        (instruction.epilogue ? arithmeticOf(instruction.epilogue) : 0)
      );
    case "convInputGrad":
      return 0.04 * size(instruction.dy) * (instruction.filter.shape[1] ?? 1);
    case "pool":
      return 0.1 * size(instruction.output) * sizeOf(instruction.windows.size);
    case "poolGrad":
      return 0.1 * size(instruction.dy) * sizeOf(instruction.windows.size);
    case "depthwiseConv":
    case "depthwiseConvInputGrad":
      return 0.06 * size(instruction.output) * sizeOf(instruction.geometry.size);
    case "depthwiseConvFilterGrad":
      return 0.06 * size(instruction.dy) * sizeOf(instruction.geometry.size);
    case "softmax":
    case "softmaxGrad":
    case "cumsum":
    case "random":
      return size(instruction.output);
    default:
      return 0;
  }
}
