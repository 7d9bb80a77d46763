// Grids of images: samples with what a model says of them, and the filters of a first layer.

import { checkCount } from "../checks.ts";
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { checkNumber, shapeError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { extentOf } from "./extent.ts";
import { type Body, figure, inRows, type PlotOptions, plotTable } from "./figure.ts";
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

/** An image with what is written below it; what begins with a cross is bold. */
interface Tile {
  readonly url: string;
  readonly captions: readonly string[];
}

/** Before the name of a class that was predicted wrongly. */
const WRONG = "✕ ";

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
  const { labels, predictions, classNames } = checked;
  const { data, shape } = toHostArray(owner, given);
  const [samples = 0, height = 0, width = 0, channels = 1] = shape;
  if (![3, 4].includes(shape.length) || ![1, 3, 4].includes(channels) || shape.includes(0))
    throw shapeError(owner, {
      rule: "images have height, width and at most 4 channels",
      expected: "[samples, height, width] or [samples, height, width, 1, 3 or 4], none of them 0",
      received: formatShape(shape),
    });
  const count = Math.min(samples, checkCount(owner, "count", checked.count ?? 25, 1));
  const size = height * width * channels;
  const byteOf = bytesIn(rangeOf(owner, data.subarray(0, count * size), checked.range));
  const nameOf = (value: number | string) => String(classNames?.[Number(value)] ?? value);
  const truth = labels && Array.from(labels as ArrayLike<number | string>, nameOf);
  const said = predictions === undefined ? undefined : predicted(owner, predictions);
  for (const [what, list] of Object.entries({ labels: truth, predictions: said }))
    if (list && list.length < count)
      throw shapeError(owner, { rule: `${what} must fit the images`, expected: count, received: list.length });
  let wrong = 0;
  const tiles = Array.from({ length: count }, (_, index): Tile => {
    const pixels = Uint8Array.from(data.subarray(index * size, (index + 1) * size), byteOf);
    const is = truth?.[index];
    const [value, share] = said?.[index] ?? [];
    const name = value === undefined ? is : nameOf(value);
    const isWrong = is !== undefined && is !== name;
    if (isWrong) wrong++;
    const answer = name === undefined ? [] : [`${isWrong ? WRONG : ""}${name}${share ?? ""}`];
    return { url: pngUrl(width, height, channels, pixels), captions: isWrong ? [...answer, `is ${is}`] : answer };
  });
  return drawGrid(owner, checked, tiles, 80, height / width, {
    title: "Images",
    description: `${count} of ${samples} images${truth && said ? `, ${wrong} predicted wrongly` : ""}`,
  });
}

/** Which values are black and white. @throws ValueError where the given ones are no numbers. */
function rangeOf(owner: string, data: Iterable<number>, given: readonly number[] | undefined): readonly number[] {
  if (given) return [0, 1].map((end) => checkNumber(owner, `range[${end}]`, given[end], "a finite number", () => true));
  const [low, high] = extentOf(data);
  if (low < 0 || high > 255) return [low, high];
  return [0, high <= 1 && !(data instanceof Uint8Array) ? 1 : 255];
}

/** The bytes of values between that of black and that of white. */
const bytesIn =
  ([low = 0, high = 1]: readonly number[]) =>
  (value: number): number =>
    Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low || 1)))) || 0;

/** The class that a model says, by its number or name, and how sure it is, for each sample. */
function predicted(
  owner: string,
  given: ArrayInput | readonly string[],
): readonly (readonly [value: string | number, share?: string])[] {
  if (Array.isArray(given) && typeof given[0] === "string") return given.map((name) => [name]);
  const { data, shape } = toHostArray(owner, given as ArrayInput);
  const [samples = 0, classes] = shape;
  if (classes === undefined) return Array.from(data, (value) => [value]);
  return Array.from({ length: samples }, (_, index) => {
    const row = Array.from(data.subarray(index * classes, (index + 1) * classes));
    // One probability is that of class 1.
    const shares = classes === 1 ? [1 - (row[0] as number), ...row] : row;
    const [, share] = extentOf(shares);
    return [Math.max(0, shares.indexOf(share)), share >= 0 && share <= 1 ? ` ${Math.round(100 * share)} %` : ""];
  });
}

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
  if (![3, 4].includes(shape.length) || height * width * channels * filters !== (kernel.data.length || -1))
    throw shapeError(owner, {
      rule: "a kernel of images has four axes",
      expected: "[height, width, channels, filters], or [features, units] with imageShape, none of them 0",
      received: formatShape(kernel.shape),
    });
  const count = Math.min(filters, checkCount(owner, "count", checked.count ?? 64, 1));
  const tiles = Array.from({ length: count }, (_, filter): Tile => {
    const weights = kernel.data.filter((_, at) => at % filters === filter);
    return { captions: [], url: pngUrl(width, height, 3, Uint8Array.from(filterPixels(weights, channels))) };
  });
  return drawGrid(owner, checked, tiles, 52, height / width, {
    title: "Filters",
    description: `${count} of ${filters} filters of ${height} × ${width}`,
  });
}

/** Colours of the largest weights below and above 0; 0 is white. */
const [BELOW, ABOVE] = [
  [224, 90, 0],
  [0, 90, 160],
];

/** Red, green and blue of each pixel of a filter. */
function filterPixels(weights: ArrayLike<number>, channels: number): number[] {
  const means = Array.from({ length: weights.length / channels }, (_, pixel) => {
    let sum = 0;
    for (let at = 0; at < channels; at++) sum += weights[pixel * channels + at] as number;
    return sum / channels;
  });
  const values = channels === 3 ? Array.from(weights) : means;
  const [low, high] = extentOf(values);
  const largest = Math.max(-low, high, Number.MIN_VALUE);
  if (channels === 3) return values.map(bytesIn([-largest, largest]));
  return values.flatMap((value) =>
    (value < 0 ? BELOW : ABOVE).map((end) => Math.round(255 + (end - 255) * (Math.abs(value / largest) || 0))),
  );
}

/** @param least about how many pixels an image has, where the columns are not given. */
function drawGrid(
  owner: string,
  options: GridOptions,
  tiles: readonly Tile[],
  least: number,
  ratio: number,
  words: { readonly title: string; readonly description: string },
): Plot {
  const draw =
    ({ url, captions }: Tile) =>
    (side: number): Body => {
      const height = side * ratio;
      const image = tag("image", { class: "p", width: side, height, href: url });
      const texts = captions.map((text, line) =>
        label(side / 2, height + 12 + 14 * line, text, text.startsWith(WRONG) ? "c k w" : "c k", side + 8),
      );
      return { content: image + texts.join(""), height: height + 14 * captions.length };
    };
  return figure(owner, options, {
    ...words,
    draw: (room) => {
      const columns = checkCount(owner, "columns", options.columns ?? Math.floor(room / least), 1);
      return [inRows(room, columns, 8, tiles.map(draw))];
    },
  });
}
