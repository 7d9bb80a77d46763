// How the operands of products are read: matrices with strides, and the elements under windows of an image.
import { type Shape, sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import type { Spatial } from "../../../ir/windows.ts";
import { type Operand, offsetCode, type Shader, type Space } from "../shader.ts";

/**
 * One operand of a product as WGSL. An element has two numbers: the outer one (a row of the left operand, a column of
 * the right one) and the depth, over which the product adds up. What follows from one number alone is declared once
 * for it, under a name, and used for many elements.
 */
export interface Source {
  /** Along which of its two numbers neighbours lie side by side in memory. */
  readonly along: "outer" | "depth";
  /** Whether four neighbours, from a multiple of 4 on, are one load. */
  readonly isWide: boolean;
  /** Statements that stand before all others; `z` is the number of the batch. */
  readonly start: string;
  /** Statements that declare what `value` needs of an outer number. */
  outer(name: string, index: string): string;
  /** Statements that declare what `value` needs of a depth. */
  depth(name: string, index: string): string;
  /** An expression of type f32: the element of two declared names. */
  value(outer: string, depth: string): string;
  /** Statements that declare the four neighbours from an element on as vec4<f32>; only where it is wide. */
  four(name: string, outer: string, depth: string): string;
}

/** Extents, and how far an element of memory is from the one before along each. */
export interface Axes {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Spaces where a shader's stores allow loads of four words: see `Shader.wide`. */
export type WideSpaces = ReadonlySet<Space>;

/** Whether all distances but the innermost, which is 1, are multiples of 4, and the innermost extent is one. */
function isQuartered(inner: Axes, others: readonly Axes[]): boolean {
  const last = inner.shape.length - 1;
  const steps = [inner, ...others].flatMap(({ shape, strides }, index) =>
    shape.flatMap((extent, axis) => ((index === 0 && axis === last) || extent === 1 ? [] : [strides[axis] as number])),
  );
  return inner.strides[last] === 1 && (inner.shape[last] as number) % 4 === 0 && steps.every((step) => step % 4 === 0);
}

/** Whether the operand is read by four words; then its space is wide. */
function widen(shader: Shader, { place }: Operand, allowed: WideSpaces, isPossible: boolean): boolean {
  if (!isPossible || place.base % 4 !== 0 || !allowed.has(place.space)) return false;
  shader.wide.add(place.space);
  return true;
}

/** A matrix, or several: `view` says where it begins. */
export function strided(
  shader: Shader,
  view: View,
  { batch, outer, depth }: Readonly<Record<"batch" | "outer" | "depth", Axes>>,
  name: string,
  allowed: WideSpaces,
): Source {
  const operand = shader.operand(view);
  const isAlongDepth = depth.strides.at(-1) === 1 && (depth.shape.at(-1) as number) > 1;
  const [inner, other] = isAlongDepth ? [depth, outer] : [outer, depth];
  const isWide = widen(shader, operand, allowed, isQuartered(inner, [other, batch]));
  return {
    along: isAlongDepth ? "depth" : "outer",
    isWide,
    start: `let ${name}Batch = ${offsetCode("z", batch.shape, batch.strides)};`,
    outer: (local, index) => `let ${local} = ${name}Batch + ${offsetCode(index, outer.shape, outer.strides)};`,
    depth: (local, index) => `let ${local} = ${offsetCode(index, depth.shape, depth.strides)};`,
    value: (row, k) => operand.get(`${row} + ${k}`),
    four: (local, row, k) => `let ${local}At = ${row} + ${k}; let ${local} = ${operand.getFour(`${local}At`, true)};`,
  };
}

/**
 * Windows on channels-last images: tap t of window p is element p·stride + origin + t·step along each axis, 0 where
 * the image has none. The numbers of windows count [batch, …windows], those of taps [...taps, channels of a group].
 */
export interface Patches {
  readonly batch: number;
  readonly image: Spatial;
  readonly channels: number;
  readonly groupChannels: number;
  readonly windows: Spatial;
  readonly taps: Spatial;
  readonly strides: Spatial;
  readonly origin: Spatial;
  readonly steps: Spatial;
}

const axes = [0, 1, 2] as const;

/** The elements under the taps of windows. @param taps which number counts the taps; `z` is the number of the group. */
export function patches(
  shader: Shader,
  view: View,
  geometry: Patches,
  taps: "outer" | "depth",
  name: string,
  allowed: WideSpaces,
): Source {
  const { batch, image, channels, groupChannels, windows, strides, origin, steps } = geometry;
  const operand = shader.operand(view);
  const isWide = widen(shader, operand, allowed, groupChannels % 4 === 0 && channels % 4 === 0);
  const pitches = [image[1] * image[2] * channels, image[2] * channels, channels];
  const checked = axes.filter((axis) => {
    const reach = (geometry.taps[axis] - 1) * steps[axis];
    const first = origin[axis] + Math.min(0, reach);
    return first < 0 || (windows[axis] - 1) * strides[axis] + origin[axis] + Math.max(0, reach) >= image[axis];
  });
  /** The number along each axis of [first, …extents, last]; i32. */
  const numbers = (index: string, extents: Spatial, last: number) => {
    let below = last;
    const parts = [...axes].reverse().map((axis) => {
      const part = `i32((${index} / ${below}u) % ${extents[axis]}u)`;
      below *= extents[axis];
      return extents[axis] === 1 ? "0" : part;
    });
    return { parts: parts.reverse(), first: `i32(${index} / ${below}u)` };
  };
  const window = (local: string, index: string) => {
    const { parts, first } = numbers(index, windows, 1);
    const places = axes.map((axis) => `let ${local}x${axis} = ${parts[axis]} * ${strides[axis]} + ${origin[axis]};`);
    const images = batch > 1 ? ` + ${first} * ${image[0] * (pitches[0] as number)}` : "";
    const sum = axes.map((axis) => `${local}x${axis} * ${pitches[axis]}`).join(" + ");
    return `${places.join(" ")} let ${local} = ${sum}${images} + ${name}Group;`;
  };
  const tap = (local: string, index: string) => {
    const { parts } = numbers(index, geometry.taps, groupChannels);
    const places = axes.map((axis) => `let ${local}x${axis} = ${parts[axis]} * ${steps[axis]};`);
    const sum = axes.map((axis) => `${local}x${axis} * ${pitches[axis]}`).join(" + ");
    return `${places.join(" ")} let ${local} = ${sum} + i32(${index} % ${groupChannels}u);`;
  };
  const isInside = (one: string, other: string) =>
    checked.map((axis) => `u32(${one}x${axis} + ${other}x${axis}) < ${image[axis]}u`).join(" && ");
  return {
    along: taps,
    isWide,
    start: `let ${name}Group = i32(z) * ${groupChannels};`,
    outer: taps === "outer" ? tap : window,
    depth: taps === "outer" ? window : tap,
    // Where there is no element the place is wrong: what is read there (loads stay within the buffer) is not used.
    value: (row, k) => {
      const element = operand.get(`u32(${row} + ${k})`);
      return checked.length > 0 ? `select(0.0, ${element}, ${isInside(row, k)})` : element;
    },
    four: (local, row, k) => {
      const elements = operand.getFour(`${local}At`, true);
      return `let ${local}At = u32(${row} + ${k}); let ${local} = ${
        checked.length > 0 ? `select(vec4<f32>(), ${elements}, ${isInside(row, k)})` : elements
      };`;
    },
  };
}

/** Whether every window is one element, and window p is element p: then the image is a matrix of pixels. */
export const isMatrix = ({ image, windows, taps, strides, origin }: Patches): boolean =>
  sizeOf(taps) === 1 &&
  axes.every((axis) => windows[axis] === image[axis] && strides[axis] === 1 && origin[axis] === 0);
