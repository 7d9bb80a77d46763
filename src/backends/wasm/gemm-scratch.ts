/** Placeholder until the gemm engineer's file is here: bytes of scratch memory per thread, as assembly/gemm.ts computes them. */
export function matmulScratchBytes(m: number, _n: number, k: number): number {
  const depth = (Math.min(k, 256) + 3) & ~3;
  return 4096 + (((Math.min(m, 480) + 8) * depth * 4 + 63) & ~63);
}
