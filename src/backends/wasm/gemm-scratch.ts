// The same constants as in assembly/gemm.ts.
export const blockRows = 320;
export const blockDepth = 384;
export const panel = 8;
/** A tile that sticks out of C, and the places of patches. */
export const fixedBytes = 192 + (2 * blockRows + blockDepth) * 4;

/**
 * Bytes of scratch memory that one thread of `matmul` uses: a packed block of A, a panel of B, a tile that sticks out
 * of C, the places of patches.
 */
export function matmulScratchBytes(m: number, _n: number, k: number): number {
  const depth = Math.ceil(Math.min(k, blockDepth) / 4) * 4;
  const bytes = fixedBytes + (Math.min(m, blockRows) + panel) * depth * 4;
  return Math.ceil(bytes / 64) * 64;
}
