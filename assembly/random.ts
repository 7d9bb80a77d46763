/** Philox 4×32-10 (Salmon et al., 2011): a counter and a key give four random words. Four counters at once. */
import { ownScratch } from "./threads";

@unmanaged
class Random {
  stream: i32;
  count: i32;
  /** int32 [3]: seed (low, high) and step. */
  key: usize;
  output: usize;
  /** One block: the last numbers, where not all sixteen are wanted. */
  scratch: usize;
}

/** Uniform numbers in (0, 1); elements 4i … 4i+3 come from the counter (i, stream, step, 0). */
export function random(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Random>(record);
  const blocks = (r.count + 15) >> 4;
  const share = (blocks + threads - 1) / threads;
  const to = min((thread + 1) * share, blocks);
  const low = load<i32>(r.key);
  const high = load<i32>(r.key, 4);
  const step = load<i32>(r.key, 8);
  const words = ownScratch(r.scratch);
  for (let block = thread * share; block < to; ++block) {
    const target = r.output + (block << 6);
    const left = r.count - (block << 4);
    generate(low, high, block << 2, r.stream, step, left >= 16 ? target : words);
    if (left < 16) for (let i = 0; i < left; ++i) store<i32>(target + (i << 2), load<i32>(words + (i << 2)));
  }
}

/** Top 23 bits plus a half, over 2²³: never 0 or 1, and exact in float32. */
@inline
function toUniform(x: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(i32x4.shr_u(x, 9)), f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
}

/** Sixteen numbers, from `counter` and the three after it. */
function generate(low: i32, high: i32, counter: i32, stream: i32, step: i32, target: usize): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let c0 = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(stream);
  let c2 = i32x4.splat(step);
  let c3 = i32x4.splat(0);
  for (let round = 0; round < 10; ++round) {
    // 64-bit products of two lanes each; their odd words are the high halves.
    const p0 = i64x2.extmul_low_i32x4_u(c0, m0);
    const p1 = i64x2.extmul_high_i32x4_u(c0, m0);
    const q0 = i64x2.extmul_low_i32x4_u(c2, m1);
    const q1 = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(q0, q1, 1, 3, 5, 7), c1), i32x4.splat(low));
    c1 = v128.shuffle<i32>(q0, q1, 0, 2, 4, 6);
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(p0, p1, 1, 3, 5, 7), c3), i32x4.splat(high));
    c3 = v128.shuffle<i32>(p0, p1, 0, 2, 4, 6);
    low += 0x9e3779b9;
    high += 0xbb67ae85;
  }
  // Lane i of the four vectors belongs to counter i: transpose.
  const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(target, toUniform(v128.shuffle<i64>(a, b, 0, 2)));
  v128.store(target, toUniform(v128.shuffle<i64>(a, b, 1, 3)), 16);
  v128.store(target, toUniform(v128.shuffle<i64>(c, d, 0, 2)), 32);
  v128.store(target, toUniform(v128.shuffle<i64>(c, d, 1, 3)), 48);
}
