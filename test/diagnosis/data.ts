// Small made-up data sets for networks that are diagnosed.

import { randoms } from "../../examples/shared.ts";
import type { HostArray } from "../../src/data/array.ts";

export interface Samples {
  readonly x: HostArray;
  readonly y: HostArray;
}

/** Normal random numbers by Box and Muller. */
export function normals(seed: number): () => number {
  const random = randoms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Clusters around random centres: x [rows, features] with deviation about 1, y class numbers [rows]. */
export function clusters(
  seed: number,
  { rows = 512, features = 20, classes = 5, scale = 1, offset = 0 } = {},
): Samples {
  const normal = normals(seed);
  const centres = Float32Array.from({ length: classes * features }, () => normal());
  const y = Int32Array.from({ length: rows }, (_, row) => (row * 7 + (row >> 3)) % classes);
  const x = Float32Array.from(
    { length: rows * features },
    (_, i) =>
      offset +
      scale *
        (0.8 * (centres[(y[Math.floor(i / features)] as number) * features + (i % features)] as number) +
          0.6 * normal()),
  );
  return { x: { data: x, shape: [rows, features] }, y: { data: y, shape: [rows] } };
}

/** Images [rows, 12, 12, 1] in [0, 1]: a bright bar at a place and in a direction that follow from the class. */
export function bars(seed: number, { rows = 384, size = 12, classes = 4 } = {}): Samples {
  const random = randoms(seed);
  const data = new Float32Array(rows * size * size);
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  for (let row = 0; row < rows; row++) {
    const label = y[row] as number;
    const at = 2 + Math.floor(random() * 4) + (label >> 1) * 4;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const isOn = (label % 2 === 0 ? i : j) === at;
        data[(row * size + i) * size + j] = Math.min(1, (isOn ? 0.8 : 0) + 0.2 * random());
      }
  }
  return { x: { data, shape: [rows, size, size, 1] }, y: { data: y, shape: [rows] } };
}

/** Sequences [rows, time, 4] of noise; the class says whether a feature rises or falls, and which. */
export function sequences(seed: number, { rows = 256, time = 16, classes = 4 } = {}): Samples {
  const normal = normals(seed);
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const data = Float32Array.from({ length: rows * time * 4 }, (_, i) => {
    const row = Math.floor(i / (time * 4));
    const step = Math.floor(i / 4) % time;
    const label = y[row] as number;
    const slope = i % 4 === label >> 1 ? (label % 2 === 0 ? 1 : -1) * (step / time - 0.5) * 3 : 0;
    return slope + 0.5 * normal();
  });
  return { x: { data, shape: [rows, time, 4] }, y: { data: y, shape: [rows] } };
}

/** Whole numbers [rows, time] below 30; the class is which of two signs is more frequent. */
export function tokens(seed: number, { rows = 256, time = 12 } = {}): Samples {
  const random = randoms(seed);
  const y = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const data = Int32Array.from({ length: rows * time }, (_, i) => {
    const label = y[Math.floor(i / time)] as number;
    return random() < 0.4 ? 1 + label : Math.floor(random() * 30);
  });
  return { x: { data, shape: [rows, time] }, y: { data: y, shape: [rows] } };
}

/** A smooth function of features, standardized: y [rows, 1], times `scale`, plus `offset`. */
export function curve(seed: number, { rows = 512, features = 8, scale = 1, offset = 0 } = {}): Samples {
  const normal = normals(seed);
  const x = Float32Array.from({ length: rows * features }, () => normal());
  const raw = Array.from({ length: rows }, (_, row) => {
    const at = (feature: number) => x[row * features + feature] as number;
    return Math.sin(at(0)) + 0.5 * at(1) * at(2) + 0.3 * at(3) + 0.1 * normal();
  });
  const mean = raw.reduce((a, b) => a + b) / rows;
  const deviation = Math.sqrt(raw.reduce((sum, v) => sum + (v - mean) ** 2, 0) / rows);
  return {
    x: { data: x, shape: [rows, features] },
    y: { data: Float32Array.from(raw, (v) => offset + (scale * (v - mean)) / deviation), shape: [rows, 1] },
  };
}

/** Class numbers as one-hot rows. */
export function oneHot({ data }: HostArray, classes: number): HostArray {
  const rows = data.length;
  const out = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) out[row * classes + (data[row] as number)] = 1;
  return { data: out, shape: [rows, classes] };
}
