// The same constants as in assembly/gemm.ts.
const blockRows = 320;
const blockDepth = 384;
const panel = 8;
const raggedBytes = 192;

/** Bytes of scratch memory that `matmul` uses: for each thread a packed block of A, a panel of B, and a tile that sticks out of C. */
export function matmulScratchBytes(m: number, _n: number, k: number, threads = 1): number {
  const depth = Math.ceil(Math.min(k, blockDepth) / 4) * 4;
  const bytes = raggedBytes + (Math.min(m, blockRows) + panel) * depth * 4;
  return Math.ceil(bytes / 64) * 64 * threads;
}
