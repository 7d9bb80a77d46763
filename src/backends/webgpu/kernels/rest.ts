// Kernels of convolutions, pooling, rows by index and running sums, and loops: loaded when a program first needs one.
import { conv, convFilterGrad, convInputGrad } from "./convolutions.ts";
import { cumsum } from "./cumsum.ts";
import { depthwiseConv, depthwiseConvFilterGrad, depthwiseConvInputGrad } from "./depthwise.ts";
import type { RestKernels } from "./index.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { pool, poolGrad } from "./pooling.ts";
import { groupRows, setRows } from "./rows.ts";

export { loopDispatches } from "../loop.ts";

export const rest: RestKernels = {
  conv,
  convInputGrad,
  convFilterGrad,
  gather,
  scatterAdd,
  groupRows,
  setRows,
  cumsum,
  pool,
  poolGrad,
  depthwiseConv,
  depthwiseConvInputGrad,
  depthwiseConvFilterGrad,
};
