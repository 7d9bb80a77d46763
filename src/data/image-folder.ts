// Images in folders that are named by their classes, read in batches, in Node, Deno and Bun.
import type { HostArray } from "./array.ts";
import type { Dataset } from "./dataset.ts";
import { type ImagesOptions, imagesFrom, imagesTable, type RawImage } from "./images-from.ts";
import { trainTestSplit } from "./split.ts";

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
  /** Of the orders, and of the images to validate with. Default 0. */
  seed?: number;
  /** Share of the images of each class to validate with, in (0, 1). Default: none. */
  validationFraction?: number;
  /** Endings of the files to read, in any case. Default png, jpg, jpeg, bmp, gif, webp. */
  extensions?: readonly string[];
  /** Names of the folders in the order of their class numbers. Default: all folders, by name. */
  classNames?: readonly string[];
}

/** What {@link imageFolder} finds. */
export interface ImageFolder {
  /**
   * Batches to train with: x [batch, height, width, channels], y the class numbers [batch]. Files are read as batches
   * are.
   */
  readonly dataset: ImageDataset;
  /** The name of each class number. */
  readonly classNames: readonly string[];
  /** The paths of the files and their class numbers, by class and name. */
  readonly files: readonly string[];
  readonly labels: Int32Array;
}

/** Batches of images and their class numbers. */
export type ImageDataset = Dataset<{ x: HostArray; y: Int32Array }>;

/**
 * Finds the images in the folders of a folder: each folder is a class, folders within it belong to it. Images are read,
 * decoded and brought to one size batch by batch.
 * @returns also `validation`, batches in one order, where there is a `validationFraction`.
 * @throws StateError in runtimes without files; ValueError where there are no images, or on options out of range.
 * @example
 * const decode = (bytes) => PNG.sync.read(Buffer.from(bytes));   // pngjs
 * const options = { decode, size: [64, 64], scale: 1 / 255, validationFraction: 0.2 };
 * const { dataset, validation, classNames } = await imageFolder("flowers", options);
 * await model.fit(dataset, { epochs: 5, validationData: validation });
 * @see Keras 3 `utils.image_dataset_from_directory`.
 */
export async function imageFolder(
  directory: string,
  options: ImageFolderOptions & {
    /** Share of the images of each class to validate with, in (0, 1). */
    validationFraction: number;
  },
): Promise<ImageFolder & { readonly validation: ImageDataset }>;
export async function imageFolder(directory: string, options: ImageFolderOptions): Promise<ImageFolder>;
export async function imageFolder(
  directory: string,
  options: ImageFolderOptions,
): Promise<ImageFolder & { readonly validation?: ImageDataset }> {
  // Handed over, not imported there: else `aretejs/data` would export them for that file.
  const tools = { imagesFrom, imagesTable, trainTestSplit };
  return (await import("./find-images.ts")).findImages(tools, directory, options);
}
