import type { InstructionKind } from "../../ir/instruction.ts";
import { convFilterGradTrials, convInputGradTrials, convTrials } from "./conv.ts";
import { depthwiseConvFilterGradTrials, depthwiseConvInputGradTrials, depthwiseConvTrials } from "./depthwise.ts";
import { loopTrials } from "./loop.ts";
import { mapTrials } from "./map.ts";
import { matmulTrials } from "./matmul.ts";
import {
  copyTrials,
  fillTrials,
  gatherTrials,
  groupRowsTrials,
  randomTrials,
  scatterAddTrials,
  setRowsTrials,
} from "./memory.ts";
import { poolGradTrials, poolTrials } from "./pool.ts";
import { argReduceTrials, cumsumTrials, reduceTrials, softmaxGradTrials, softmaxTrials } from "./rows.ts";
import type { Trials } from "./setting.ts";

/** The trials of every kind of instruction; a kind without trials does not compile. */
export const trials: { readonly [K in InstructionKind]: Trials<K> } = {
  map: mapTrials,
  matmul: matmulTrials,
  conv: convTrials,
  convInputGrad: convInputGradTrials,
  convFilterGrad: convFilterGradTrials,
  reduce: reduceTrials,
  argReduce: argReduceTrials,
  softmax: softmaxTrials,
  softmaxGrad: softmaxGradTrials,
  gather: gatherTrials,
  scatterAdd: scatterAddTrials,
  groupRows: groupRowsTrials,
  setRows: setRowsTrials,
  random: randomTrials,
  cumsum: cumsumTrials,
  pool: poolTrials,
  poolGrad: poolGradTrials,
  depthwiseConv: depthwiseConvTrials,
  depthwiseConvInputGrad: depthwiseConvInputGradTrials,
  depthwiseConvFilterGrad: depthwiseConvFilterGradTrials,
  copy: copyTrials,
  fill: fillTrials,
  loop: loopTrials,
};
