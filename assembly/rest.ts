/**
 * Entry of the rest module: kernels that few programs need. It works on the memory and the table of functions of the
 * core module, which calls these kernels by their numbers in the table.
 */
export { convInputGrad } from "./conv";
export { depthwise, depthwiseFilterGrad } from "./depthwise";
export * from "./generated/fused-rest";
export { loop } from "./loop";
export { packPatchBlock } from "./patches";
export { pool, poolGrad } from "./pool";
export { groupRows, setRows } from "./rows";
export { cosAll, erfAll, erfinvAll, powAll, sinAll } from "./special";
export { winograd, winogradFilterGrad } from "./winograd";

/** Where this module's constants end: scripts/build-wasm.ts checks that what others use begins later. */
export function dataEnd(): usize {
  return __heap_base;
}
