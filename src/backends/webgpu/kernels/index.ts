// The table of the WebGPU backend: a kernel for each kind of instruction.
import type { Instruction } from "../../../ir/instruction.ts";
import type { Context, Dispatch, Kernels } from "../shader.ts";
import { copy, fill } from "./arrange.ts";
import { conv, convFilterGrad, convInputGrad } from "./convolutions.ts";
import { cumsum } from "./cumsum.ts";
import { depthwiseConv, depthwiseConvFilterGrad, depthwiseConvInputGrad } from "./depthwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { map } from "./map.ts";
import { pool, poolGrad } from "./pooling.ts";
import { matmul } from "./products.ts";
import { random } from "./random.ts";
import { argReduce, reduce } from "./reduce.ts";
import { softmax, softmaxGrad } from "./softmax.ts";

const kernels: Kernels = {
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
  random,
  cumsum,
  pool,
  poolGrad,
  depthwiseConv,
  depthwiseConvInputGrad,
  depthwiseConvFilterGrad,
  copy,
  fill,
};

/** The dispatches of one instruction. */
export function dispatchesOf(instruction: Instruction, ctx: Context): readonly Dispatch[] {
  // The table pairs each kind with its own instruction; TypeScript cannot follow the pairing through an index.
  const kernel = kernels[instruction.kind] as (instruction: Instruction, ctx: Context) => readonly Dispatch[];
  return kernel(instruction, ctx);
}
