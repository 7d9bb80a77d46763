// FarmHash's Fingerprint64 (farmhashna), with which TensorFlow, and so Keras, puts strings into bins.
// See https://github.com/google/farmhash, MIT licence; `tf.strings.to_hash_bucket_fast`.

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => u64((value >> by) | (value << (64n - by)));
const mix = (value: bigint): bigint => value ^ (value >> 47n);

function hash16(u: bigint, v: bigint, mul: bigint): bigint {
  const a = mix(u64((u ^ v) * mul));
  const b = mix(u64((v ^ a) * mul));
  return u64(b * mul);
}

type Pair = readonly [bigint, bigint];

/** The 64-bit fingerprint of bytes. */
export function fingerprint64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number) => view.getBigUint64(offset, true);
  const { length } = bytes;
  if (length <= 16) return hash0to16(bytes, view);
  const mul = K2 + BigInt(length) * 2n;
  if (length <= 32) {
    const a = u64(at(0) * K1);
    const b = at(8);
    const c = u64(at(length - 8) * mul);
    const d = u64(at(length - 16) * K2);
    return hash16(u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d), u64(a + rotate(u64(b + K2), 18n) + c), mul);
  }
  return length <= 64 ? hash33to64(at, length, u64(mul)) : hashLong(at, length);
}

function hash0to16(bytes: Uint8Array, view: DataView): bigint {
  const { length } = bytes;
  const mul = u64(K2 + BigInt(length) * 2n);
  if (length >= 8) {
    const a = u64(view.getBigUint64(0, true) + K2);
    const b = view.getBigUint64(length - 8, true);
    return hash16(u64(rotate(b, 37n) * mul + a), u64((rotate(a, 25n) + b) * mul), mul);
  }
  if (length >= 4) {
    const a = BigInt(view.getUint32(0, true));
    return hash16(u64(BigInt(length) + (a << 3n)), BigInt(view.getUint32(length - 4, true)), mul);
  }
  if (length === 0) return K2;
  const [a, b, c] = [bytes[0], bytes[length >> 1], bytes[length - 1]].map(BigInt as (n?: number) => bigint) as [
    bigint,
    bigint,
    bigint,
  ];
  return u64(mix(u64((a + (b << 8n)) * K2) ^ u64((BigInt(length) + (c << 2n)) * K0)) * K2);
}

function hash33to64(at: (offset: number) => bigint, length: number, mul: bigint): bigint {
  const a = u64(at(0) * K2);
  const b = at(8);
  const c = u64(at(length - 8) * mul);
  const d = u64(at(length - 16) * K2);
  const y = u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d);
  const z = hash16(y, u64(a + rotate(u64(b + K2), 18n) + c), mul);
  const e = u64(at(16) * mul);
  const f = at(24);
  const g = u64((y + at(length - 32)) * mul);
  const h = u64((z + at(length - 24)) * mul);
  return hash16(u64(rotate(u64(e + f), 43n) + rotate(g, 30n) + h), u64(e + rotate(u64(f + a), 18n) + g), mul);
}

/** Rounds over 64 bytes each; the last one covers the last 64 bytes, again where they overlap. */
function hashLong(at: (offset: number) => bigint, length: number): bigint {
  const seed = 81n;
  let x = seed;
  let y = u64(seed * K1 + 113n);
  let z = u64(mix(u64(y * K2 + 113n)) * K2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  x = u64(x * K2 + at(0));
  const end = Math.floor((length - 1) / 64) * 64;
  const round = (s: number, mul: bigint, scale: bigint) => {
    x = u64(rotate(u64(x + y + v[0] + at(s + 8)), 37n) * mul);
    y = u64(rotate(u64(y + v[1] + at(s + 48)), 42n) * mul);
    x ^= u64(w[1] * scale);
    y = u64(y + v[0] * scale + at(s + 40));
    z = u64(rotate(u64(z + w[0]), 33n) * mul);
    v = weak(at, s, u64(v[1] * mul), u64(x + w[0]));
    w = weak(at, s + 32, u64(z + w[1]), u64(y + at(s + 16)));
    [z, x] = [x, z];
  };
  for (let s = 0; s < end; s += 64) round(s, K1, 1n);
  const mul = u64(K1 + ((z & 0xffn) << 1n));
  w = [u64(w[0] + BigInt((length - 1) & 63)), w[1]];
  v = [u64(v[0] + w[0]), v[1]];
  w = [u64(w[0] + v[0]), w[1]];
  round(length - 64, mul, 9n);
  return hash16(u64(hash16(v[0], w[0], mul) + u64(mix(y) * K0) + z), u64(hash16(v[1], w[1], mul) + x), mul);
}

/** A weak hash of 32 bytes with two seeds. */
function weak(at: (offset: number) => bigint, s: number, seed1: bigint, seed2: bigint): Pair {
  const [w, x, y, z] = [at(s), at(s + 8), at(s + 16), at(s + 24)];
  const first = u64(seed1 + w);
  const second = rotate(u64(seed2 + first + z), 21n);
  const sum = u64(first + x + y);
  return [u64(sum + z), u64(second + rotate(sum, 44n) + first)];
}
