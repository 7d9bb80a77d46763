// WGSL for windows that slide over the spatial axes of channels-last tensors.
import type { DilatedWindows, Spatial, Windows } from "../../../ir/windows.ts";

/** Names of the coordinates along depth, height and width. */
export type Coordinates = readonly [depth: string, height: string, width: string];

const axes = [0, 1, 2] as const;

/** Takes the number of an element apart: `channel` (u32), the coordinates and `image` (i32). */
export function unravelCode(flat: string, extents: Spatial, channels: number, names: Coordinates): string {
  const lines = [`let channel = ${flat} % ${Math.max(channels, 1)}u;`];
  let below = channels;
  for (const axis of [...axes].reverse()) {
    lines.push(`let ${names[axis]} = i32((${flat} / ${Math.max(below, 1)}u) % ${Math.max(extents[axis], 1)}u);`);
    below *= extents[axis];
  }
  lines.push(`let image = i32(${flat} / ${Math.max(below, 1)}u);`);
  return lines.join("\n");
}

/** Where the channels of a pixel of `image` begin. */
export const pixelCode = (extents: Spatial, channels: number, [d, h, w]: Coordinates): string =>
  `u32(((image * ${extents[0]} + ${d}) * ${extents[1]} + ${h}) * ${extents[2]} + ${w}) * ${channels}u`;

/** Loops over the elements of a window: `tap0`, `tap1`, `tap2` are the coordinates in it, `tap` is the number. */
export const tapLoops = (size: Spatial, body: string): string =>
  `${axes.map((axis) => `for (var tap${axis} = 0; tap${axis} < ${size[axis]}; tap${axis}++) {`).join(" ")}
let tap = u32((tap0 * ${size[1]} + tap1) * ${size[2]} + tap2);
${body}
}}}`;

/** The input `x0`, `x1`, `x2` that a tap of window `names` meets; goes on with the next tap where there is none. */
export const inputOfTap = ({ strides, low, dilations, inputs }: DilatedWindows, names: Coordinates): string =>
  axes
    .map(
      (axis) => `let x${axis} = ${names[axis]} * ${strides[axis]} - ${low[axis]} + tap${axis} * ${dilations[axis]};
if (x${axis} < 0 || x${axis} >= ${inputs[axis]}) { continue; }`,
    )
    .join("\n");

/** The window `y0`, `y1`, `y2` whose tap meets input `names`; goes on with the next tap where there is none. */
export const windowOfTap = ({ strides, low, dilations, outputs }: DilatedWindows, names: Coordinates): string =>
  axes
    .map(
      (axis) => `let t${axis} = ${names[axis]} + ${low[axis]} - tap${axis} * ${dilations[axis]};
if (t${axis} < 0 || t${axis} % ${strides[axis]} != 0) { continue; }
let y${axis} = t${axis} / ${strides[axis]};
if (y${axis} >= ${outputs[axis]}) { continue; }`,
    )
    .join("\n");

/** Loops over the windows that hold input `names`: `o0`, `o1`, `o2`. */
export function holderLoops({ strides, low, size, outputs }: Windows, names: Coordinates, body: string): string {
  const loops = axes.map((axis) => {
    const [at, stride] = [`(${names[axis]} + ${low[axis]})`, strides[axis]];
    return `for (var o${axis} = max(0, (${at} - ${size[axis]} + ${stride}) / ${stride}); o${axis} <= min(${outputs[axis] - 1}, ${at} / ${stride}); o${axis}++) {`;
  });
  return `${loops.join("\n")}\n${body}\n}}}`;
}
