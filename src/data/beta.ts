// Numbers between 0 and 1 from the beta distribution, drawn on the host with equal bits on every engine.
import { log, pow, sinPi } from "../tensor/portable.ts";
import type { HostRandom } from "./rng.ts";

/** A number in [0, 1), of 32 bits. */
export const uniform = (random: HostRandom): number => random.below(2 ** 32) / 2 ** 32;

/** A number in (0, 1). */
const openUniform = (random: HostRandom): number => (random.below(2 ** 32) + 0.5) / 2 ** 32;

/** A number from Beta(a, a). @param a > 0. */
export function symmetricBeta(random: HostRandom, a: number): number {
  const [x, y] = [logGamma(random, a), logGamma(random, a)];
  return 1 / (1 + pow(Math.E, y - x));
}

/** The logarithm of a number from the gamma distribution, since small shapes give numbers that are too near 0. */
function logGamma(random: HostRandom, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + log(openUniform(random)) / shape;
  // Marsaglia and Tsang 2000: a power of a normal number, accepted nearly always.
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * log(openUniform(random))) * sinPi(2 * uniform(random));
    const root = 1 + normal / Math.sqrt(9 * d);
    if (root <= 0) continue;
    const cube = root * root * root;
    if (log(openUniform(random)) < 0.5 * normal * normal + d * (1 - cube + log(cube))) return log(d * cube);
  }
}
