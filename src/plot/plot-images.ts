// Grids of images: samples with what a model says of them, and the filters of a first layer.

import { checkCount } from "../checks.ts";
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { checkNumber, shapeError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { extentOf } from "./extent.ts";
import { type Body, figure, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { pngUrl } from "./png.ts";
import { label, tag } from "./svg.ts";

/** Options of grids of images. */
interface GridOptions extends PlotOptions {
  /** Images beside each other. Default as many as have about 80 pixels each. */
  columns?: number;
  /** How many are drawn, from the first on. */
  count?: number;
}

/** Options of {@link plotImages}. `count` is 25 by default. */
export interface PlotImagesOptions extends GridOptions {
  /** The true classes: numbers, or names. */
  labels?: ArrayLike<number> | readonly string[];
  /** What a model says: classes as numbers or names, or a probability for each class, [samples, classes]. */
  predictions?: ArrayInput | readonly string[];
  /** Names of the classes, by their numbers. */
  classNames?: readonly string[];
  /**
   * Which values are black and white. Default [0, 1] or [0, 255] where all are in these, else the smallest and the
   * largest.
   */
  range?: readonly [number, number];
}

/** Options of {@link plotFilters}. `count` is 64 by default. */
export interface PlotFiltersOptions extends GridOptions {
  /** For the kernel of a dense layer: height and width of the images, and their channels where there are several. */
  imageShape?: readonly number[];
}

const gridTable = { ...plotTable, columns: "number", count: "number" } as const;

/** An image with what is written below it. */
interface Tile {
  readonly width: number;
  readonly height: number;
  readonly url: string;
  readonly captions: readonly { readonly text: string; readonly isWrong?: boolean }[];
}

/**
 * Images in a grid, with their labels. Where there are predictions, these are written, and a wrong one is marked with
 * the true class below it.
 * @param given images, [samples, height, width] or with 1, 3 or 4 channels at the end.
 * @throws ShapeError where shapes do not fit; ValueError on options out of range.
 * @example plotImages(x, { labels: y, predictions: await model.predict(x), classNames });
 */
export function plotImages(given: ArrayInput, options: PlotImagesOptions = {}): Plot {
  const owner = "plotImages";
  const checked = checkOptions(owner, options, {
    ...gridTable,
    labels: "object or list",
    predictions: "number or object or list",
    classNames: "list",
    range: "list",
  });
  const { data, shape } = toHostArray(owner, given);
  const [samples = 0, height = 0, width = 0, channels = 1] = shape;
  if (!(shape.length === 3 || (shape.length === 4 && isChannels(channels))))
    throw shapeError(owner, {
      rule: "images have height, width and at most 4 channels",
      expected: "[samples, height, width] or [samples, height, width, 1, 3 or 4]",
      received: formatShape(shape),
    });
  checkPixels(owner, shape);
  const count = Math.min(samples, checkCount(owner, "count", checked.count ?? 25, 1));
  const size = height * width * channels;
  const [low, high] = rangeOf(owner, data.subarray(0, count * size), checked.range);
  const nameOf = (value: number | string) => String(checked.classNames?.[Number(value)] ?? value);
  const truth = checked.labels && Array.from(checked.labels as ArrayLike<number | string>).map(nameOf);
  const said = checked.predictions === undefined ? undefined : predicted(owner, checked.predictions, nameOf);
  for (const [what, list] of Object.entries({ labels: truth, predictions: said }))
    if (list && list.length < count)
      throw shapeError(owner, { rule: `${what} must fit the images`, expected: count, received: list.length });
  const tiles = Array.from({ length: count }, (_, index): Tile => {
    const pixels = Uint8Array.from(data.subarray(index * size, (index + 1) * size), (value) =>
      byteOf(value, low, high),
    );
    const [is, says] = [truth?.[index], said?.[index]];
    const captions: { text: string; isWrong?: boolean }[] = [];
    if (says) {
      const isWrong = is !== undefined && is !== says.name;
      captions.push({ text: `${isWrong ? "✕ " : ""}${says.name}${says.share}`, isWrong });
      if (is !== undefined) captions.push({ text: isWrong ? `is ${is}` : "" });
    } else if (is !== undefined) captions.push({ text: is });
    return { width, height, captions, url: pngUrl(width, height, channels as 1 | 3 | 4, pixels) };
  });
  const wrong = tiles.filter(({ captions }) => captions[0]?.isWrong).length;
  const words = `${count} of ${samples} images${truth && said ? `, ${wrong} predicted wrongly` : ""}`;
  return figure(owner, checked, {
    title: "Images",
    description: words,
    draw: (room) => drawGrid(owner, tiles, checked, room),
  });
}

const isChannels = (channels: number): boolean => [1, 3, 4].includes(channels);

/** Refuses images without a pixel. @throws ShapeError. */
function checkPixels(owner: string, shape: readonly number[]): void {
  if (shape.includes(0))
    throw shapeError(owner, {
      rule: "there must be an image",
      expected: "at least 1 along each axis",
      received: formatShape(shape),
    });
}

/** Which values are black and white. @throws ValueError where the given ones are no numbers. */
function rangeOf(
  owner: string,
  data: Iterable<number>,
  given: readonly [number, number] | undefined,
): readonly [number, number] {
  if (given)
    return [0, 1].map((end) => checkNumber(owner, `range[${end}]`, given[end], "a finite number", () => true)) as [
      number,
      number,
    ];
  const [low, high] = extentOf(data);
  if (low >= 0 && high <= 255) return high <= 1 && !(data instanceof Uint8Array) ? [0, 1] : [0, 255];
  return [low, high];
}

const byteOf = (value: number, low: number, high: number): number =>
  Number.isNaN(value) ? 0 : Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low || 1))));

/** The class that a model says, and how sure it is, for each sample. */
function predicted(
  owner: string,
  given: ArrayInput | readonly string[],
  nameOf: (value: number | string) => string,
): { name: string; share: string }[] {
  const isNames = Array.isArray(given) && typeof given[0] === "string";
  if (isNames) return (given as readonly string[]).map((name) => ({ name: nameOf(name), share: "" }));
  const { data, shape } = toHostArray(owner, given as ArrayInput);
  const [samples = 0, classes] = shape;
  if (classes === undefined) return Array.from(data, (value) => ({ name: nameOf(value), share: "" }));
  return Array.from({ length: samples }, (_, index) => {
    const row = data.subarray(index * classes, (index + 1) * classes);
    // One probability is that of class 1.
    if (classes === 1) {
      const share = row[0] as number;
      return { name: nameOf(share >= 0.5 ? 1 : 0), share: inPercent(Math.max(share, 1 - share)) };
    }
    let best = 0;
    for (let each = 1; each < classes; each++) if ((row[each] as number) > (row[best] as number)) best = each;
    return { name: nameOf(best), share: inPercent(row[best] as number) };
  });
}

const inPercent = (share: number): string => (share >= 0 && share <= 1 ? ` ${Math.round(100 * share)} %` : "");

/**
 * The filters of a first layer as images: weights below 0 are orange, above 0 blue, each filter by its own largest. The
 * channels are averaged, but for three, which are drawn as red, green and blue.
 * @param given a kernel, [height, width, channels, filters], or that of a dense layer, [features, units] with
 * `imageShape`.
 * @throws ShapeError where shapes do not fit; ValueError on options out of range.
 * @example const weights = await getNamedWeights(model); plotFilters(weights["conv2d/kernel"]);
 */
export function plotFilters(given: ArrayInput, options: PlotFiltersOptions = {}): Plot {
  const owner = "plotFilters";
  const checked = checkOptions(owner, options, { ...gridTable, imageShape: "list" });
  const kernel = toHostArray(owner, given);
  const { imageShape } = checked;
  imageShape?.forEach((count, axis) => {
    checkCount(owner, `imageShape[${axis}]`, count, 1);
  });
  const shape = imageShape && kernel.shape.length === 2 ? [...imageShape, kernel.shape[1] as number] : kernel.shape;
  const [height = 0, width = 0, channels = 1, filters = 0] = shape.length === 3 ? shape.toSpliced(2, 0, 1) : shape;
  if (![3, 4].includes(shape.length) || height * width * channels * filters !== kernel.data.length)
    throw shapeError(owner, {
      rule: "a kernel of images has four axes",
      expected: "[height, width, channels, filters], or [features, units] with imageShape",
      received: formatShape(kernel.shape),
    });
  checkPixels(owner, kernel.shape);
  const count = Math.min(filters, checkCount(owner, "count", checked.count ?? 64, 1));
  const tiles = Array.from({ length: count }, (_, filter): Tile => {
    const at = (pixel: number, channel: number) =>
      kernel.data[(pixel * channels + channel) * filters + filter] as number;
    const pixels = filterPixels(height * width, channels, at);
    return { width, height, captions: [], url: pngUrl(width, height, 3, pixels) };
  });
  return figure(owner, checked, {
    title: "Filters",
    description: `${count} of ${filters} filters of ${height} × ${width}`,
    draw: (room) => drawGrid(owner, tiles, { columns: Math.max(1, Math.floor(room / 52)), ...checked }, room),
  });
}

/** Colours of the largest weights below and above 0; 0 is white. */
const [BELOW, ABOVE] = [
  [224, 90, 0],
  [0, 90, 160],
];

function filterPixels(size: number, channels: number, at: (pixel: number, channel: number) => number): Uint8Array {
  const pixels = new Uint8Array(3 * size);
  const values = Array.from({ length: size }, (_, pixel) =>
    Array.from({ length: channels }, (_, channel) => at(pixel, channel)),
  );
  const means = values.map((each) => each.reduce((a, b) => a + b, 0) / channels);
  const drawn = channels === 3 ? values.flat() : means;
  const largest = drawn.reduce((most, value) => Math.max(most, Math.abs(value) || 0), Number.MIN_VALUE);
  for (let pixel = 0; pixel < size; pixel++) {
    const mean = (means[pixel] as number) / largest;
    for (let channel = 0; channel < 3; channel++) {
      const end = ((mean < 0 ? BELOW : ABOVE) as number[])[channel] as number;
      pixels[3 * pixel + channel] =
        channels === 3
          ? byteOf(values[pixel]?.[channel] as number, -largest, largest)
          : Math.round(255 + (end - 255) * (Math.abs(mean) || 0));
    }
  }
  return pixels;
}

function drawGrid(owner: string, tiles: readonly Tile[], options: GridOptions, width: number): Body {
  const gap = 8;
  const columns = checkCount(owner, "columns", options.columns ?? Math.max(1, Math.floor(width / 80)), 1);
  const side = Math.max(8, (width - gap * (columns - 1)) / columns);
  const lines = Math.max(0, ...tiles.map(({ captions }) => captions.length));
  const tall = Math.max(0, ...tiles.map((tile) => (side * tile.height) / tile.width));
  const step = tall + 14 * lines + gap;
  const content = tiles.map((tile, index) => {
    const [x, y] = [(index % columns) * (side + gap), Math.floor(index / columns) * step];
    const image = tag("image", {
      x,
      y,
      width: side,
      height: tall,
      href: tile.url,
      style: "image-rendering:pixelated",
    });
    const captions = tile.captions.map(({ text, isWrong = false }, line) => {
      const options = { anchor: "middle", size: 11, room: side + gap - 4, isBold: isWrong, as: "t" } as const;
      return text && label(x + side / 2, y + tall + 12 + 14 * line, text, options);
    });
    return image + captions.join("");
  });
  return {
    content: content.join(""),
    height: Math.ceil(tiles.length / columns) * step,
    width: side * columns + gap * (columns - 1),
  };
}
