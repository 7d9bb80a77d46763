import type { Shape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";

/** An image without margins, and the windows that a convolution puts on it. */
export interface Image {
  readonly groups: number;
  readonly batch: number;
  readonly space: readonly [number, number];
  /** Of each group. */
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Of each group. */
  readonly filters: number;
}

const image = (
  batch: number,
  space: Image["space"],
  channels: number,
  size: Image["size"],
  filters: number,
  rest: Partial<Image> = {},
): Image => ({
  groups: 1,
  batch,
  space,
  channels,
  size,
  stride: [1, 1],
  dilation: [1, 1],
  filters,
  ...rest,
});

/**
 * Around the edges of tiles, lines and blocks; strides, dilations, groups; more rows and more depth than a block has;
 * nothing.
 */
export const images: readonly Image[] = [
  image(1, [1, 1], 1, [1, 1], 1),
  image(2, [5, 6], 1, [3, 3], 4),
  image(3, [7, 7], 2, [3, 2], 9),
  image(2, [6, 9], 3, [2, 4], 17),
  image(2, [8, 8], 8, [3, 3], 16),
  image(2, [9, 7], 16, [3, 3], 8, { stride: [2, 1] }),
  image(2, [9, 9], 5, [2, 2], 5, { stride: [2, 3], dilation: [3, 2] }),
  image(1, [7, 8], 1, [2, 2], 3, { stride: [2, 2], dilation: [2, 2] }),
  image(2, [6, 6], 4, [3, 3], 6, { groups: 3 }),
  image(2, [6, 6], 1, [3, 3], 2, { groups: 4, stride: [2, 2] }),
  image(2, [5, 4], 12, [1, 1], 7),
  image(2, [5, 4], 12, [1, 1], 7, { stride: [2, 2] }),
  image(2, [3, 3], 6, [3, 3], 1),
  image(1, [22, 21], 7, [4, 4], 12),
  image(2, [4, 4], 50, [3, 3], 12),
  image(1, [6, 5], 4, [3, 3], 400),
  image(0, [6, 5], 4, [3, 3], 4),
];

/** All patches of an image that `place` puts into memory: [groups, batch, windows…, size…, channels]. */
export function patchesOf(
  { groups, batch, space, channels, size, stride, dilation }: Image,
  place: (shape: Shape) => View,
): { patches: View; label: string } {
  const depth = groups * channels;
  const view = place([batch, ...space, depth]);
  const windows = space.map((extent, axis) => {
    const reach = ((size[axis] as number) - 1) * (dilation[axis] as number);
    return Math.floor((extent - reach - 1) / (stride[axis] as number)) + 1;
  });
  const steps = [space[1] * depth, depth];
  const by = (factors: readonly number[]) => steps.map((step, axis) => step * (factors[axis] as number));
  return {
    patches: {
      ...view,
      shape: [groups, batch, ...windows, ...size, channels],
      strides: [channels, space[0] * space[1] * depth, ...by(stride), ...by(dilation), 1],
    },
    label: `of [${batch}, ${space.join(", ")}, ${depth}] by ${size.join("×")}, stride ${stride.join("×")}, dilation ${dilation.join("×")}, groups ${groups}`,
  };
}
