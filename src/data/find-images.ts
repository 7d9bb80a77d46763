// What `imageFolder` runs: applications load it when they call that.
import { checkCount, checkFraction, checkSeed } from "../checks.ts";
import { stateError, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { HostArray } from "./array.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { ImageDataset, ImageFolder, ImageFolderOptions } from "./image-folder.ts";
import type { imagesFrom, imagesTable, RawImage } from "./images-from.ts";
import type { trainTestSplit } from "./split.ts";

/** What it uses of files that the entry loads. */
interface Tools {
  readonly imagesFrom: typeof imagesFrom;
  readonly imagesTable: typeof imagesTable;
  readonly trainTestSplit: typeof trainTestSplit;
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

/** See `imageFolder`. */
export async function findImages(
  { imagesFrom, imagesTable, trainTestSplit }: Tools,
  directory: string,
  options: ImageFolderOptions,
): Promise<ImageFolder & { readonly validation?: ImageDataset }> {
  const owner = "imageFolder";
  const checked = checkOptions(owner, options, {
    ...imagesTable,
    decode: "function!",
    size: "list!",
    batchSize: "number",
    shuffle: "boolean",
    seed: "number",
    validationFraction: "number",
    extensions: "list",
    classNames: "list",
  });
  const {
    decode,
    batchSize = 32,
    shuffle = true,
    seed = 0,
    validationFraction,
    extensions,
    classNames,
    ...pictures
  } = checked;
  checkCount(owner, "batchSize", batchSize, 1);
  checkSeed(owner, seed);
  if (validationFraction !== undefined) checkFraction(owner, "validationFraction", validationFraction);
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
  const batches = (rows: Dataset<{ at: HostArray }>): ImageDataset =>
    rows.batch(batchSize).map(async ({ at }) => {
      const chosen = Array.from(at.data as Int32Array);
      const raw = await Promise.all(chosen.map((index) => decoded(fs, paths[index] as string, decode)));
      return { x: imagesFrom(raw, pictures), y: Int32Array.from(chosen, (index) => labels[index] as number) };
    });
  const all = { at: Int32Array.from(paths.keys()) };
  const [train, validation] =
    validationFraction === undefined
      ? [all]
      : trainTestSplit(all, { testFraction: validationFraction, stratify: labels, seed });
  const rows = dataset(train);
  return {
    dataset: batches(shuffle ? rows.shuffle({ seed }) : rows),
    ...(validation && { validation: batches(dataset(validation)) }),
    classNames: names,
    files: paths,
    labels,
  };
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
