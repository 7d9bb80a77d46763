/** The multiply-add of products and convolutions, which the relaxed build rounds once. */

/** acc + x·y: fused where the build allows it. */
@inline
export function madd(x: v128, y: v128, acc: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, acc) : f32x4.add(acc, f32x4.mul(x, y));
}

/** A value that depends on x and y: it is not read, but what comes `after` it comes after both. */
@inline
export function both(x: v128, y: v128): v128 {
  return v128.shuffle<i32>(x, y, 0, 1, 2, 3);
}
