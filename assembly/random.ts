/** Philox 4×32-10 (Salmon et al., 2011): a counter and a key give four random words. Four counters at once. */
import { at } from "./simd";
import { ownScratch } from "./threads";

@unmanaged
class Random {
  stream: i32;
  count: i32;
  /** int32 [4]: seed (low, high) and step (low, high). */
  key: usize;
  output: usize;
  /** One block: the last numbers, where a whole block is not wanted. */
  scratch: usize;
}

/** Multipliers, and what is added to the key after each round. */
const CONSTANTS: usize = memory.data<i32>([0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85], 4);

/** Numbers made at a time, from eight counters. */
const BLOCK: i32 = 32;

/** Uniform numbers in (0, 1); elements 4i … 4i+3 come from the counter (i, stream, step low, 2·step high). */
export function random(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Random>(record);
  const blocks = (r.count + BLOCK - 1) / BLOCK;
  const share = (blocks + threads - 1) / threads;
  const to = min((thread + 1) * share, blocks);
  const low = load<i32>(r.key);
  const high = load<i32>(r.key, 4);
  const step = load<i32>(r.key, 8);
  // Odd numbers belong to the host's streams.
  const last = load<i32>(r.key, 12) << 1;
  const words = ownScratch(r.scratch);
  for (let block = thread * share; block < to; ++block) {
    const target = r.output + (block * BLOCK << 2);
    const left = r.count - block * BLOCK;
    generate(low, high, block * (BLOCK >> 2), r.stream, step, last, left >= BLOCK ? target : words);
    if (left < BLOCK) for (let i = 0; i < left; ++i) store<i32>(target + (i << 2), load<i32>(words + (i << 2)));
  }
}

/** Top 23 bits plus a half, over 2²³: never 0 or 1, and exact in float32. */
@inline
function toUniform(x: v128): v128 {
  return f32x4.mul(
    f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(x, 9)), f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7)
  );
}

/** The 64-bit products of four lanes are in two vectors; their odd words are the high halves. */
@inline
function highs(p: v128, q: v128): v128 {
  return v128.shuffle<i32>(p, q, 1, 3, 5, 7);
}

@inline
function lows(p: v128, q: v128): v128 {
  return v128.shuffle<i32>(p, q, 0, 2, 4, 6);
}

/** Numbers from `counter` and the seven after it: two chains of four, which hide each other's latency. */
function generate(low: i32, high: i32, counter: i32, stream: i32, step: i32, last: i32, target: usize): void {
  let k0 = i32x4.splat(low), k1 = i32x4.splat(high);
  let a0 = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)), b0 = i32x4.add(a0, i32x4.splat(4));
  let a1 = i32x4.splat(stream), b1 = a1;
  let a2 = i32x4.splat(step), b2 = a2;
  let a3 = i32x4.splat(last), b3 = a3;
  for (let round = 0; round < 10; ++round) {
    const m0 = at(CONSTANTS), m1 = at(CONSTANTS + 4);
    const p0 = i64x2.extmul_low_i32x4_u(a0, m0), p1 = i64x2.extmul_high_i32x4_u(a0, m0);
    const q0 = i64x2.extmul_low_i32x4_u(a2, m1), q1 = i64x2.extmul_high_i32x4_u(a2, m1);
    a0 = v128.xor(highs(q0, q1), v128.xor(a1, k0));
    a1 = lows(q0, q1);
    a2 = v128.xor(highs(p0, p1), v128.xor(a3, k1));
    a3 = lows(p0, p1);
    const r0 = i64x2.extmul_low_i32x4_u(b0, m0), r1 = i64x2.extmul_high_i32x4_u(b0, m0);
    const s0 = i64x2.extmul_low_i32x4_u(b2, m1), s1 = i64x2.extmul_high_i32x4_u(b2, m1);
    b0 = v128.xor(highs(s0, s1), v128.xor(b1, k0));
    b1 = lows(s0, s1);
    b2 = v128.xor(highs(r0, r1), v128.xor(b3, k1));
    b3 = lows(r0, r1);
    k0 = i32x4.add(k0, at(CONSTANTS + 8));
    k1 = i32x4.add(k1, at(CONSTANTS + 12));
  }
  storeNumbers(target, a0, a1, a2, a3);
  storeNumbers(target + 64, b0, b1, b2, b3);
}

/** Lane i of the four vectors belongs to one counter: transposes. */
@inline
function storeNumbers(target: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(target, toUniform(v128.shuffle<i64>(a, b, 0, 2)));
  v128.store(target, toUniform(v128.shuffle<i64>(a, b, 1, 3)), 16);
  v128.store(target, toUniform(v128.shuffle<i64>(c, d, 0, 2)), 32);
  v128.store(target, toUniform(v128.shuffle<i64>(c, d, 1, 3)), 48);
}
