// Operands of products that are the elements under windows of an image.
import { sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import type { Spatial } from "../../../ir/windows.ts";
import type { Shader } from "../shader.ts";
import { type Source, type WideSpaces, widen } from "./products-sources.ts";

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
