/**
 * Entry of the core module: it runs programs, alone or with other threads, and has the kernels that most models need.
 * Those of assembly/rest.ts join it on the same memory and the same table of functions when a program needs one.
 *
 * scripts/build-wasm.ts puts the kernels (`coreKernels` of scripts/kernel-slots.ts, and the fused ones) into the table
 * and takes their exports away; what else is exported is called by the host or by the other module.
 */
export { copy, fill } from "./copy";
export { cumsum } from "./cumsum";
export { execute, executeRecords, executeTogether, isRelaxed, work } from "./execute";
export { gather, scatterAdd } from "./gather";
export { matmul, multiplyPanels, packPanels } from "./gemm";
export * from "./generated/fused-core";
export { map, mapElements } from "./map";
export { packPanel } from "./pack";
export { random } from "./random";
export { argReduce, reduce } from "./reduce";
export { softmax, softmaxGrad } from "./softmax";
export { ownScratch } from "./threads";

/** Where this module's constants end: scripts/build-wasm.ts checks that what others use begins later. */
export function dataEnd(): usize {
  return __heap_base;
}
