import { randomKey } from "../tensor/ops/random.ts";
import { philox } from "../tensor/philox.ts";
import { log } from "../tensor/portable.ts";

/**
 * A random matrix [rows, columns], uniform over those with orthonormal columns (rows, if these are fewer), times
 * `gain`: the Q of a QR decomposition of normal numbers, with the signs of R's diagonal made positive. Computed on the
 * host in float64, with nothing but arithmetic and square roots, so the same on every engine. Cost: 2·longer·shorter²
 * multiply-adds.
 */
export function orthogonalMatrix(
  rows: number,
  columns: number,
  gain: number,
  { seed, stream }: { seed: number; stream: number },
): Float32Array {
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const draw = normals(seed, stream);
  const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, draw));
  orthonormalize(vectors);
  const isTall = rows >= columns;
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return gain * ((isTall ? vectors[column]?.[row] : vectors[row]?.[column]) as number);
  });
}

/**
 * Gram–Schmidt, each vector cleaned twice ("twice is enough"), which gives orthogonality to rounding and a positive
 * diagonal of R.
 */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, index) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of vectors.slice(0, index)) subtract(vector, earlier, dot(vector, earlier));
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) - factor * (b[i] as number);
}

/** Normal numbers by Marsaglia's polar method over Philox. */
function normals(seed: number, stream: number): () => number {
  const [low, high] = randomKey(seed) as unknown as [number, number];
  let counter = 0;
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const block = philox([counter++, stream, 0, 0], [low, high]);
      const u = ((block[0] as number) + 0.5) * 2 ** -31 - 1;
      const v = ((block[1] as number) + 0.5) * 2 ** -31 - 1;
      const s = u * u + v * v;
      if (s >= 1) continue;
      const scale = Math.sqrt((-2 * log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  };
}
