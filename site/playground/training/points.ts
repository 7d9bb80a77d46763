// The data sets of points in the plane.
import { clamp, type LabelledPoint } from "../points-code.ts";
import type { Settings } from "../settings.ts";

/** Random numbers in [0, 1), the same for the same seed: mulberry32. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The indices from 0 to count - 1 in a random order. */
export function shuffled(count: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Draws a standard normal number: Box and Muller's method. */
const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Makes a point of a class; the noise is added later. */
type Shape = (label: 0 | 1, random: () => number) => readonly [x: number, y: number];

const shapes: Readonly<Record<"circles" | "xor" | "gaussians" | "spiral", Shape>> = {
  circles: (label, random) => {
    const radius = label === 1 ? 2.4 * Math.sqrt(random()) : 3.6 + 1.4 * random();
    const angle = 2 * Math.PI * random();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  xor: (label, random) => {
    const [x, y] = [0.3 + 4.5 * random(), 0.3 + 4.5 * random()];
    const sign = random() < 0.5 ? 1 : -1;
    return [sign * x, (label === 1 ? sign : -sign) * y];
  },
  gaussians: (label, random) => {
    const center = label === 1 ? 2 : -2;
    return [center + 0.8 * normal(random), center + 0.8 * normal(random)];
  },
  spiral: (label, random) => {
    const t = Math.sqrt(random());
    const angle = 3.5 * Math.PI * t + (label === 1 ? 0 : Math.PI);
    const radius = 0.3 + 5 * t;
    return [radius * Math.sin(angle), radius * Math.cos(angle)];
  },
};

/** The points of a data set of the plane, in [-6, 6]; classes take turns. */
export function pointsOf(settings: Settings): readonly LabelledPoint[] {
  if (settings.data === "drawn" || settings.data === "fashion") return settings.points;
  const shape = shapes[settings.data];
  const random = randoms(settings.seed);
  const noise = Number(settings.noise) * 2;
  return Array.from({ length: Number(settings.samples) }, (_, i) => {
    const label = i % 2 === 0 ? 0 : 1;
    const [x, y] = shape(label, random);
    return { x: clamp(x + noise * normal(random)), y: clamp(y + noise * normal(random)), label };
  });
}
