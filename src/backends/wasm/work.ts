import { bytesOf, descriptorOf, epilogueOf, type Instruction, type InstructionKind } from "../../ir/instruction.ts";

/** Nanoseconds that one thread takes for an operation, by kind: what usual machines need. */
const nsPerFlop: Readonly<Record<InstructionKind, number>> = {
  map: 0.08,
  matmul: 0.02,
  conv: 0.02,
  convInputGrad: 0.02,
  convFilterGrad: 0.02,
  reduce: 0,
  argReduce: 0,
  softmax: 0.1,
  softmaxGrad: 0.1,
  gather: 0,
  scatterAdd: 0,
  groupRows: 0,
  setRows: 0,
  random: 0.1,
  cumsum: 1,
  pool: 0.1,
  poolGrad: 0.1,
  depthwiseConv: 0.03,
  depthwiseConvInputGrad: 0.03,
  depthwiseConvFilterGrad: 0.03,
  copy: 0,
  fill: 0,
  loop: 0.03,
};
const nsPerByte = 0.025;

/**
 * Nanoseconds that an instruction takes one thread, roughly: to move its operands, and its arithmetic. Decides only how
 * many threads work, never what comes out.
 */
export function workOf(instruction: Instruction): number {
  const epilogue = epilogueOf(instruction);
  return nsPerByte * bytesOf(instruction) + arithmeticOf(instruction) + (epilogue ? arithmeticOf(epilogue) : 0);
}

/** Nanoseconds of work below which thread 0 does an instruction alone. */
export const minDividedNs = 2000;

const arithmeticOf = (instruction: Instruction) =>
  nsPerFlop[instruction.kind] * descriptorOf(instruction).flops(instruction);
