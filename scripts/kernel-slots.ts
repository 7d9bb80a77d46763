/**
 * Places of kernels in the table of functions that both WASM modules share: records name kernels by them. 0 stays
 * empty, so that a record that was not written traps. Behind `coreKernels` come the fused kernels of the core module,
 * behind `restKernels` those of the rest module.
 */

/** Kernels of the core module, under the names of its exports (assembly/core.ts), from place 1 on. */
export const coreKernels = [
  "map",
  "matmul",
  "reduce",
  "argReduce",
  "softmax",
  "softmaxGrad",
  "gather",
  "scatterAdd",
  "random",
  "cumsum",
  "copy",
  "fill",
] as const;

/** Where the kernels of the rest module begin: beyond all of the core module's. */
export const restBase = 128;

/** Bytes of memory: where the constants of the rest module begin, and where the host's memory does. */
export const [restData, heapBase] = [4096, 6144];

/** Kernels and functions of the rest module (assembly/rest.ts). */
export const restKernels = [
  "convInputGrad",
  "pool",
  "poolGrad",
  "depthwise",
  "depthwiseFilterGrad",
  "packPatchBlock",
  "erfAll",
  "erfinvAll",
  "sinAll",
  "cosAll",
  "powAll",
  "loop",
  "groupRows",
  "setRows",
  "winograd",
  "winogradFilterGrad",
] as const;

/** Primitives that only the rest module has. */
export const restPrimitives = ["erf", "erfinv", "sin", "cos", "pow"] as const;

/** The place of a function of the rest module. */
export const restSlotOf = (name: (typeof restKernels)[number]): number => restBase + restKernels.indexOf(name);
