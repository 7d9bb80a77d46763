// What the examples share: Fashion-MNIST, a part of it, and how they are run.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readIdx } from "aretejs";

/** Images `[n, 28, 28]` in [0, 1] as float32, and labels `[n]` from 0 to 9 as int32. */
export interface LabelledImages {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly y: { readonly data: Int32Array; readonly shape: readonly number[] };
}

export interface ImageSets {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

export interface ExampleOptions {
  /** A few hundred images and one epoch: to see that it runs, not what it shows. Default false. */
  short?: boolean;
  /** Where lines go. Default console.log. */
  log?: (text: string) => void;
  /** Images to use. Default Fashion-MNIST. */
  images?: ImageSets;
}

/** Fashion-MNIST's classes, by label. */
export const CLASSES = [
  "T-shirt",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
] as const;

/** The images given, or Fashion-MNIST. */
export const imagesOf = async ({ images, log }: ExampleOptions): Promise<ImageSets> =>
  images ?? { train: await labelledImages("train", log), test: await labelledImages("t10k", log) };

/** Where Debian's package dataset-fashion-mnist puts the files, and where they are downloaded to, and from. */
const system = new URL("file:///usr/share/datasets/fashion-mnist/");
const cache = new URL(".cache/fashion-mnist/", import.meta.url);
const origin = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/";

async function labelledImages(part: "train" | "t10k", log: ExampleOptions["log"]): Promise<LabelledImages> {
  const pixels = await readIdx(await file(`${part}-images-idx3-ubyte.gz`, log));
  const labels = await readIdx(await file(`${part}-labels-idx1-ubyte.gz`, log));
  const data = new Float32Array(pixels.data.length);
  for (let i = 0; i < data.length; i++) data[i] = (pixels.data[i] as number) / 255;
  return { x: { data, shape: pixels.shape }, y: { data: Int32Array.from(labels.data), shape: labels.shape } };
}

/** A file of the data set; downloaded once. */
async function file(name: string, log: ExampleOptions["log"]): Promise<Uint8Array> {
  const known = [system, cache].map((folder) => new URL(name, folder)).find((path) => existsSync(path));
  if (known) return readFile(known);
  log?.(`Downloading ${origin}${name}`);
  const response = await fetch(`${origin}${name}`);
  if (!response.ok) throw new Error(`${origin}${name}: HTTP status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  await mkdir(cache, { recursive: true });
  await writeFile(new URL(name, cache), bytes);
  return bytes;
}

export interface Choice {
  /** Labels to keep; the new label is the place in this list. Default: all, unchanged. */
  classes?: readonly number[];
  /** How many of those to skip, and how many to take at most. Default 0 and all. */
  skip?: number;
  take?: number;
}

/** Some of the images, in their order. */
export function choose(
  { x, y }: LabelledImages,
  { classes, skip = 0, take = Number.POSITIVE_INFINITY }: Choice,
): LabelledImages {
  const size = x.data.length / y.data.length;
  const labels = Array.from(y.data, (label) => (classes ? classes.indexOf(label) : label));
  const rows = labels.flatMap((label, row) => (label >= 0 ? [row] : [])).slice(skip, skip + take);
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    data.set(x.data.subarray(row * size, (row + 1) * size), index * size);
  });
  return {
    x: { data, shape: [rows.length, ...x.shape.slice(1)] },
    y: { data: Int32Array.from(rows, (row) => labels[row] as number), shape: [rows.length] },
  };
}

/** Mean and standard deviation (divided by n). */
export function spread(values: ArrayLike<number>): { mean: number; stddev: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - mean) ** 2;
  return { mean, stddev: Math.sqrt(squares / values.length) };
}

export const percent = (share: number, digits = 2) => `${(100 * share).toFixed(digits)} %`;

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

/** Runs an example when its file is the one that was started. */
export async function runAsScript(url: string, run: (options: ExampleOptions) => Promise<unknown>): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return;
  await run({ short: process.argv.includes("--short"), log: console.log });
}
