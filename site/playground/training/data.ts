// The data sets of the playground, split into training and validation data.
import { readIdx } from "aretejs";
import type { LabelledPoint } from "../points-code.ts";
import type { Settings } from "../settings.ts";
import { pointsOf, randoms, shuffled } from "./points.ts";

/** Samples and labels: points `[n, 2]` of class 0 or 1, or images `[n, 28, 28, 1]` of class 0 to 9. */
export interface Samples {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly y: { readonly data: Int32Array; readonly shape: readonly number[] };
}

export interface Data {
  readonly train: Samples;
  readonly validation: Samples;
}

/** What a coordinate of the plane is multiplied by before the network sees it: at scale 1 it lies in [-2, 2]. */
export const inputFactor = (settings: Settings): number => Number(settings.scale) / 3;

/** Every fourth sample is for validation. */
const isForValidation = (index: number) => index % 4 === 3;

export function pointData(settings: Settings): Data {
  const factor = inputFactor(settings);
  const points = pointsOf(settings);
  // In random order: with classes in turn, every fourth point would be of one class.
  const order = [...shuffled(points.length, randoms(settings.seed + 1))].map((i) => points[i] as LabelledPoint);
  const part = (rows: readonly LabelledPoint[]): Samples => ({
    x: { data: Float32Array.from(rows.flatMap(({ x, y }) => [x * factor, y * factor])), shape: [rows.length, 2] },
    y: { data: Int32Array.from(rows, ({ label }) => label), shape: [rows.length] },
  });
  return {
    train: part(order.filter((_, i) => !isForValidation(i))),
    validation: part(order.filter((_, i) => isForValidation(i))),
  };
}

let fashion: Promise<Uint8Array> | undefined;

/** 600 images to train on and 200 to validate with, read from the file at the address once. */
export async function fashionData(settings: Settings, url: string): Promise<Data> {
  fashion ??= fetch(url).then(async (response) => {
    if (!response.ok) throw new Error(`The images could not be loaded: HTTP status ${response.status}.`);
    return (await readIdx(new Uint8Array(await response.arrayBuffer()))).data as Uint8Array;
  });
  const pixels = await fashion.catch((error: unknown) => {
    fashion = undefined;
    throw error;
  });
  const size = 28 * 28;
  const indices = Array.from({ length: pixels.length / size }, (_, i) => i);
  const factor = Number(settings.scale) / 255;
  // Ten classes in turn: every fourth group of ten.
  const isValidation = (index: number) => isForValidation(Math.floor(index / 10));
  const part = (images: readonly number[]): Samples => {
    const data = new Float32Array(images.length * size);
    images.forEach((image, row) => {
      for (let i = 0; i < size; i++) data[row * size + i] = (pixels[image * size + i] as number) * factor;
    });
    return {
      x: { data, shape: [images.length, 28, 28, 1] },
      y: { data: Int32Array.from(images, (image) => image % 10), shape: [images.length] },
    };
  };
  return {
    train: part(indices.filter((i) => !isValidation(i))),
    validation: part(indices.filter(isValidation)),
  };
}
