// Geometries of convolutions for trials.
import { formatShape } from "../../ir/shape.ts";
import type { ConvWindows } from "../../ir/windows.ts";
import { type Padding, spatialWindows, windowGeometry } from "../../tensor/ops/window.ts";

/** An image of one to three spatial axes, and the windows that a convolution puts on it. */
interface Image {
  readonly batch: number;
  readonly space: readonly number[];
  /** Of each group. */
  readonly channels: number;
  readonly size: readonly number[];
  /** Of each group. */
  readonly filters: number;
  readonly groups?: number;
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding?: Padding;
}

const image = (
  batch: number,
  space: Image["space"],
  channels: number,
  size: Image["size"],
  filters: number,
  rest: Partial<Image> = {},
): Image => ({ batch, space, channels, size, filters, ...rest });

/**
 * Around the edges of tiles, lines and blocks; strides, dilations, groups, padding; one and three axes; more rows and
 * more depth than a block has; nothing.
 */
const images: readonly Image[] = [
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
  image(2, [5, 6], 3, [3, 3], 8, { padding: "same" }),
  image(2, [7, 6], 4, [3, 2], 5, { padding: "same", stride: [2, 3] }),
  image(1, [6, 7], 2, [3, 3], 4, { padding: "same", dilation: [2, 1], groups: 2 }),
  image(2, [4, 5], 2, [2, 2], 3, {
    padding: [
      [0, 2],
      [3, 0],
    ],
  }),
  image(2, [9], 3, [4], 6, { padding: "causal", dilation: [2] }),
  image(1, [12], 2, [3], 4, { stride: [2] }),
  image(1, [3, 4, 5], 2, [2, 3, 2], 4, { padding: "same", stride: [1, 2, 1] }),
  image(1, [4, 4, 4], 3, [2, 2, 2], 2),
  // So many channels, filters and outputs that a backend may use Winograd's algorithm; whole and half tiles.
  image(3, [8, 8], 16, [3, 3], 24, { padding: "same" }),
  image(3, [9, 11], 24, [3, 3], 16),
  image(3, [7, 9], 16, [3, 3], 16, {
    padding: [
      [2, 0],
      [0, 2],
    ],
  }),
  image(0, [6, 5], 4, [3, 3], 4),
  image(2, [5, 5], 0, [3, 3], 4, { padding: "same" }),
];

/** The windows of every image, with their descriptions. */
export const convWindows: readonly { readonly windows: ConvWindows; readonly label: string }[] = images.map(
  ({
    batch,
    space,
    channels,
    size,
    filters,
    groups = 1,
    stride = size.map(() => 1),
    dilation = size.map(() => 1),
    padding = "valid",
  }) => {
    const geometry = windowGeometry("trial", space, { size, strides: stride, dilations: dilation, padding });
    const windows = spatialWindows(batch, space, groups * channels, geometry);
    return {
      windows: { ...windows, groups, filters: groups * filters },
      label: `${formatShape([batch, ...space, groups * channels])} by ${size.join("×")}, stride ${stride.join("×")}, dilation ${dilation.join("×")}, padding ${JSON.stringify(padding)}, groups ${groups}, ${filters} filters each`,
    };
  },
);
