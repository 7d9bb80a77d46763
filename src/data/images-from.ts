// Pixels of canvases, pictures and video frames, or as they are, as arrays of images.
import { checkCount } from "../checks.ts";
import { literal, shapeError, stateError, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { resizingWeights } from "../tensor/ops/resizing.ts";
import type { HostArray } from "./array.ts";

/** Pixels: rows of RGBA, RGB or gray bytes, as `ImageData` and decoders of PNG and JPEG give them. */
export interface RawImage {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/** What {@link imagesFrom} takes: something with pixels, or that a canvas can draw. */
export type ImageSource = RawImage | CanvasImageSource | VideoFrame;

/** Which channels images have. */
export type Channels = "grayscale" | "rgb" | "rgba";

/** Options of {@link imagesFrom}. */
export interface ImagesOptions {
  /** Default "rgb". "grayscale" weighs red, green and blue as Keras does: 0.2989, 0.587, 0.114. */
  channels?: Channels;
  /** Height and width to bring images to, bilinearly. Default: their own, which must then be equal. */
  size?: readonly [height: number, width: number];
  /** Whether each pixel looks at all pixels under it where an image shrinks. Default false, as in Keras. */
  antialias?: boolean;
  /** Multiplies the bytes: 1 / 255 brings them to [0, 1]. Default 1. */
  scale?: number;
}

/** The table of the options, for what takes them, too. */
export const imagesTable = { channels: "string", size: "list", antialias: "boolean", scale: "number" } as const;

const channelCounts: Readonly<Record<Channels, number>> = { grayscale: 1, rgb: 3, rgba: 4 };

/**
 * Images as an array [images, height, width, channels], float32. Takes one or a list of: canvases, `ImageData`,
 * `ImageBitmap`, `<img>`, `<video>`, `VideoFrame`, and in all runtimes `{ data, width, height }` with 1, 3 or 4 bytes a
 * pixel.
 * @throws ShapeError on images of different sizes without `size`, or data of another length; StateError where there is
 * no canvas to draw on, or a picture has not loaded; ValueError on options out of range.
 * @example const x = imagesFrom(canvas, { channels: "grayscale", size: [28, 28], scale: 1 / 255 });
 * const scores = await model.predict(x);
 */
export function imagesFrom(source: ImageSource | readonly ImageSource[], options: ImagesOptions = {}): HostArray {
  const owner = "imagesFrom";
  const { channels = "rgb", size, antialias = false, scale = 1 } = checkOptions(owner, options, imagesTable);
  if (!Object.hasOwn(channelCounts, channels))
    throw valueError(owner, { rule: "unknown channels", expected: "grayscale, rgb or rgba", received: channels });
  if (!Number.isFinite(scale))
    throw valueError(owner, { rule: "scale multiplies bytes", expected: "a finite number", received: scale });
  if (size?.length === 2) for (const extent of size) checkCount(owner, "each extent of size", extent, 1);
  else if (size) throw valueError(owner, { rule: "size is height and width", expected: "[28, 28]", received: size });
  const list = (Array.isArray(source) ? source : [source]) as readonly ImageSource[];
  const images = list.map((one, index) => withChannels(pixelsOf(owner, one, index), channels));
  const [first] = images;
  if (!first) throw valueError(owner, { rule: "there must be images", expected: "one or more", received: "none" });
  const [height, width] = size ?? [first.height, first.width];
  const count = channelCounts[channels];
  const data = new Float32Array(images.length * height * width * count);
  images.forEach((image, index) => {
    if (!size && (image.height !== height || image.width !== width)) {
      throw shapeError(owner, {
        rule: "images have one size",
        expected: `${height} × ${width}`,
        received: `${image.height} × ${image.width}`,
        context: `image ${index}`,
        advice: "Give size: [height, width].",
      });
    }
    const pixels = resized(image, count, height, width, antialias);
    const at = index * pixels.length;
    for (let i = 0; i < pixels.length; i++) data[at + i] = (pixels[i] as number) * scale;
  });
  return { data, shape: [images.length, height, width, count] };
}

function pixelsOf(owner: string, source: ImageSource, index: number): RawImage {
  if (typeof source === "object" && source !== null && "data" in source && "width" in source) {
    const { data, width, height } = source as RawImage;
    if ([1, 3, 4].some((count) => data.length === width * height * count) && width > 0 && height > 0)
      return source as RawImage;
    throw shapeError(owner, {
      rule: "an image has 1, 3 or 4 numbers for each pixel",
      expected: `${width} × ${height} pixels`,
      received: `${data.length} numbers`,
      context: `image ${index}`,
    });
  }
  const canvas = canvasOf(source);
  if (canvas) return read(canvas, 0, 0);
  const [width, height] = extentsOf(source as object);
  if (width === undefined || height === undefined)
    throw valueError(owner, {
      rule: "takes images",
      expected: "a canvas, ImageData, a picture, or { data, width, height }",
      received: literal(source),
      ...(source instanceof Uint8Array && { advice: "Decode the file first, such as with createImageBitmap(blob)." }),
    });
  if (width === 0 || height === 0) {
    throw stateError(owner, {
      rule: "the picture has no pixels yet",
      expected: "one that has loaded",
      received: `${width} × ${height}`,
      advice: "Await image.decode() first.",
    });
  }
  if (typeof OffscreenCanvas === "undefined") {
    throw stateError(owner, {
      rule: "there is no canvas to draw the picture on",
      expected: "a browser",
      received: "a runtime without OffscreenCanvas",
      advice: "Decode to { data, width, height }.",
    });
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(source as CanvasImageSource, 0, 0, width, height);
  return read(context, width, height);
}

type Drawing = Pick<CanvasRenderingContext2D, "getImageData"> & { readonly canvas: { width: number; height: number } };

/** The drawing of a canvas; undefined for what is none. */
function canvasOf(source: unknown): Drawing | undefined {
  const { getContext } = source as { getContext?: (kind: string) => Drawing | null };
  return typeof getContext === "function" ? (getContext.call(source, "2d") ?? undefined) : undefined;
}

function read(context: Drawing | null, width: number, height: number): RawImage {
  const { width: own = width, height: tall = height } = context?.canvas ?? {};
  if (context) return context.getImageData(0, 0, own, tall);
  throw stateError("imagesFrom", { rule: "the canvas cannot be read", expected: "a 2d canvas", received: "none" });
}

/** Width and height, whatever they are called: of pictures, videos, frames, others. */
function extentsOf(source: object): (number | undefined)[] {
  const { naturalWidth, naturalHeight, videoWidth, videoHeight, displayWidth, displayHeight, width, height } =
    source as Record<string, number | undefined>;
  return [naturalWidth ?? videoWidth ?? displayWidth ?? width, naturalHeight ?? videoHeight ?? displayHeight ?? height];
}

function withChannels({ data, width, height }: RawImage, channels: Channels): RawImage {
  const own = data.length / (width * height);
  const wanted = channelCounts[channels];
  if (own === wanted) return { data, width, height };
  const pixels = new Float32Array(width * height * wanted);
  for (let i = 0; i < width * height; i++) {
    const value = (channel: number) => data[i * own + (own === 1 ? 0 : channel)] as number;
    if (wanted === 1) pixels[i] = 0.2989 * value(0) + 0.587 * value(1) + 0.114 * value(2);
    else for (let c = 0; c < wanted; c++) pixels[i * wanted + c] = c === 3 ? 255 : value(c);
  }
  return { data: pixels, width, height };
}

/** Two passes of weighted sums, columns first. */
function resized(
  { data, width, height }: RawImage,
  count: number,
  rows: number,
  columns: number,
  antialias: boolean,
): ArrayLike<number> {
  if (rows === height && columns === width) return data;
  const across = weighted(data, height, width, count, columns, antialias);
  return weighted(across, 1, height, columns * count, rows, antialias);
}

/** [outer, n, inner] to [outer, m, inner]. */
function weighted(
  data: ArrayLike<number>,
  outer: number,
  n: number,
  inner: number,
  m: number,
  antialias: boolean,
): Float32Array {
  const weights = resizingWeights(n, m, antialias);
  const out = new Float32Array(outer * m * inner);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const weight = weights[i * n + j] as number;
      if (weight === 0) continue;
      for (let o = 0; o < outer; o++) {
        const [from, to] = [(o * n + j) * inner, (o * m + i) * inner];
        for (let k = 0; k < inner; k++) out[to + k] = (out[to + k] as number) + weight * (data[from + k] as number);
      }
    }
  }
  return out;
}
