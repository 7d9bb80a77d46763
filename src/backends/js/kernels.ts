// The table of the js backend: a function for each kind of instruction.
import type { AnyInstruction } from "../../ir/descriptor.ts";
import type { Instruction, InstructionOf } from "../../ir/instruction.ts";
import { atStep } from "../../ir/loop-steps.ts";
import { conv, convFilterGrad, convInputGrad } from "./conv.ts";
import { copy, fill } from "./copy.ts";
import { cumsum } from "./cumsum.ts";
import { depthwiseConv, depthwiseConvFilterGrad, depthwiseConvInputGrad } from "./depthwise.ts";
import { gather, scatterAdd } from "./gather.ts";
import { map } from "./map.ts";
import { matmul } from "./matmul.ts";
import type { Memory } from "./memory.ts";
import { pool, poolGrad } from "./pool.ts";
import { random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";
import { groupRows, setRows } from "./rows.ts";
import { softmax, softmaxGrad } from "./softmax.ts";

/** What runs each kind of instruction of `I`. */
export type Kernels<I extends AnyInstruction = Instruction> = {
  readonly [K in I["kind"]]: (instruction: InstructionOf<K, I>, memory: Memory) => void;
};

/** Every kernel; one that is missing does not compile. */
export const kernels: Kernels = {
  map,
  matmul,
  conv,
  convInputGrad,
  convFilterGrad,
  reduce,
  argReduce,
  softmax,
  softmaxGrad,
  gather,
  scatterAdd,
  groupRows,
  setRows,
  random,
  cumsum,
  pool,
  poolGrad,
  depthwiseConv,
  depthwiseConvInputGrad,
  depthwiseConvFilterGrad,
  copy,
  fill,
  loop: ({ steps, body }, memory) => {
    for (let step = 0; step < steps; step++) for (const instruction of body) execute(atStep(instruction, step), memory);
  },
};

/** Runs one instruction. */
export function execute(instruction: Instruction, memory: Memory): void {
  // The table pairs each kind with its own instruction; TypeScript cannot follow the pairing through an index.
  (kernels[instruction.kind] as (instruction: Instruction, memory: Memory) => void)(instruction, memory);
}
