/** Four words of 32 bits, unsigned. */
export type Block = [number, number, number, number];

/**
 * Philox 4×32 with ten rounds: a bijection of the counter for each key, random enough to pass BigCrush. A value is a
 * function of its position alone, so any part of a stream can be computed independently.
 * @see Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
 */
export function philox(counter: Readonly<Block>, key: readonly [number, number]): Block {
  let [x0, x1, x2, x3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0);
    const low0 = Math.imul(0xd2511f53, x0);
    const high1 = multiplyHigh(0xcd9e8d57, x2);
    const low1 = Math.imul(0xcd9e8d57, x2);
    [x0, x1, x2, x3] = [high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0];
    // Weyl sequences: the golden ratio and √3 − 1.
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [x0 >>> 0, x1 >>> 0, x2 >>> 0, x3 >>> 0];
}

/** The upper 32 bits of a 32×32-bit product, from four 16×16-bit products: each partial sum is exact in a float64. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x10000);
  const carry = Math.floor((aLow * bHigh + (middle % 0x10000)) / 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + carry) | 0;
}
