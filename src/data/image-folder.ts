// Images in folders that are named by their classes, read in batches, in Node, Deno and Bun.
import { checkCount, checkSeed } from "../checks.ts";
import { stateError, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { HostArray } from "./array.ts";
import { type Dataset, dataset } from "./dataset.ts";
import { type ImagesOptions, imagesFrom, imagesTable, type RawImage } from "./images-from.ts";

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends ImagesOptions {
  /** Makes pixels of a file's bytes, such as pngjs or sharp do. */
  decode: (bytes: Uint8Array, path: string) => RawImage | Promise<RawImage>;
  /** Height and width of all images. */
  size: readonly [height: number, width: number];
  /** Default 32. */
  batchSize?: number;
  /** Another order in every epoch. Default true. */
  shuffle?: boolean;
  /** Of the orders. Default 0. */
  seed?: number;
  /** Endings of the files to read, in any case. Default png, jpg, jpeg, bmp, gif, webp. */
  extensions?: readonly string[];
  /** Names of the folders in the order of their class numbers. Default: all folders, by name. */
  classNames?: readonly string[];
}

/** What {@link imageFolder} finds. */
export interface ImageFolder {
  /** Batches: x [batch, height, width, channels], y the class numbers [batch]. Files are read as batches are. */
  readonly dataset: Dataset<{ x: HostArray; y: Int32Array }>;
  /** The name of each class number. */
  readonly classNames: readonly string[];
  /** The paths of the files and their class numbers, by class and name. */
  readonly files: readonly string[];
  readonly labels: Int32Array;
}

interface Entry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

interface Files {
  readdir(path: string, options: { withFileTypes: true }): Promise<Entry[]>;
  readFile(path: string): Promise<Uint8Array>;
}

/** The runtime's files, asked for in a way that bundlers do not see. */
function files(): Files {
  const host = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const found = host.process?.getBuiltinModule?.("node:fs/promises");
  if (found) return found as Files;
  throw stateError("imageFolder", {
    rule: "folders need a runtime with files",
    expected: "Node 20.16 or newer, Deno or Bun",
    received: "none",
    advice: "In browsers give the files of an input to createImageBitmap and imagesFrom.",
  });
}

/**
 * Finds the images in the folders of a folder: each folder is a class, folders within it belong to it. Images are read,
 * decoded and brought to one size batch by batch.
 * @throws StateError in runtimes without files; ValueError where there are no images, or on options out of range.
 * @example
 * const decode = (bytes) => PNG.sync.read(Buffer.from(bytes));   // pngjs
 * const { dataset, classNames } = await imageFolder("flowers", { decode, size: [64, 64], scale: 1 / 255 });
 * await model.fit(dataset, { epochs: 5 });
 * @see Keras 3 `utils.image_dataset_from_directory`.
 */
export async function imageFolder(directory: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const owner = "imageFolder";
  const checked = checkOptions(owner, options, {
    ...imagesTable,
    decode: "function!",
    size: "list!",
    batchSize: "number",
    shuffle: "boolean",
    seed: "number",
    extensions: "list",
    classNames: "list",
  });
  const { decode, batchSize = 32, shuffle = true, seed = 0, extensions, classNames, ...pictures } = checked;
  checkCount(owner, "batchSize", batchSize, 1);
  checkSeed(owner, seed);
  // Refused now, not when the first batch is read.
  imagesFrom({ data: [0], width: 1, height: 1 }, pictures);
  const fs = files();
  const endings = (extensions ?? ["png", "jpg", "jpeg", "bmp", "gif", "webp"]).map((ending) =>
    ending.replace(/^\./, ""),
  );
  const folders = (await fs.readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names =
    classNames ??
    folders
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("."))
      .sort();
  const missing = names.find((name) => !folders.some((folder) => folder.name === name));
  if (missing !== undefined)
    throw valueError(owner, { rule: "each class has a folder", expected: `${directory}/${missing}`, received: "none" });
  const found: string[][] = [];
  for (const name of names) found.push(await imagesIn(fs, `${directory}/${name}`, endings));
  const paths = found.flat();
  const labels = Int32Array.from(found.flatMap((list, label) => list.map(() => label)));
  if (paths.length === 0) {
    throw valueError(owner, {
      rule: "there must be images in folders that are classes",
      expected: `${directory}/class/image.png`,
      received: `${names.length} folders without images`,
    });
  }
  const rows = dataset({ at: Int32Array.from(paths.keys()) });
  const batches = (shuffle ? rows.shuffle({ seed }) : rows).batch(batchSize).map(async ({ at }) => {
    const chosen = Array.from(at.data as Int32Array);
    const raw = await Promise.all(chosen.map((index) => decoded(fs, paths[index] as string, decode)));
    return { x: imagesFrom(raw, pictures), y: Int32Array.from(chosen, (index) => labels[index] as number) };
  });
  return { dataset: batches, classNames: names, files: paths, labels };
}

/** Image files in a folder and in folders inside it, by name. */
async function imagesIn(fs: Files, folder: string, endings: readonly string[]): Promise<string[]> {
  const entries = (await fs.readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const isImage = (name: string) => endings.some((ending) => name.toLowerCase().endsWith(`.${ending.toLowerCase()}`));
  const found: string[] = [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await imagesIn(fs, path, endings)));
    else if (entry.isFile() && isImage(entry.name)) found.push(path);
  }
  return found;
}

async function decoded(fs: Files, path: string, decode: ImageFolderOptions["decode"]): Promise<RawImage> {
  const bytes = await fs.readFile(path);
  try {
    return await decode(bytes, path);
  } catch (error) {
    const wrapped = valueError("imageFolder", {
      rule: "a file cannot be decoded",
      expected: "pixels",
      received: (error as Error)?.message ?? String(error),
      context: path,
    });
    wrapped.cause = error;
    throw wrapped;
  }
}
