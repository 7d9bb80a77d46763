// The same constants as in assembly/gemm.ts.
const blockRows = 320;
const blockDepth = 384;
const panel = 8;
const raggedBytes = 192;
const tableBytes = (2 * blockRows + blockDepth) * 4;

/**
 * Bytes of scratch memory that one thread of `matmul` uses: a packed block of A, a panel of B, a tile that sticks out
 * of C, the places of patches.
 */
export function matmulScratchBytes(m: number, _n: number, k: number): number {
  const depth = Math.ceil(Math.min(k, blockDepth) / 4) * 4;
  const bytes = raggedBytes + tableBytes + (Math.min(m, blockRows) + panel) * depth * 4;
  return Math.ceil(bytes / 64) * 64;
}

/**
 * Bytes of scratch memory that one thread of `convInputGrad` uses: as matmul, but for all panels of the filters.
 * Each of the `runs` contiguous parts of a patch is packed in whole panels.
 */
export function convInputGradScratchBytes(rows: number, filters: number, runs: number, runLength: number): number {
  const depth = Math.ceil(Math.min(filters, blockDepth) / 4) * 4;
  const columns = runs * Math.ceil(runLength / panel) * panel;
  const bytes = raggedBytes + tableBytes + (columns + Math.min(rows, blockRows)) * depth * 4;
  return Math.ceil(bytes / 64) * 64;
}
