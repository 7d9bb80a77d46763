/** Depth, height and width. What has fewer spatial axes has leading ones of extent 1 (and padding 0). */
export type Spatial = readonly [depth: number, height: number, width: number];

/**
 * Windows that slide over the spatial axes of channels-last tensors: [batch, …inputs, channels] has [batch, …outputs]
 * windows of `size` elements. Element k of window o is input o·stride − low + k along each axis, where there is one.
 */
export interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly inputs: Spatial;
  readonly outputs: Spatial;
  readonly size: Spatial;
  readonly strides: Spatial;
  /** Elements that are missing before the first input. */
  readonly low: Spatial;
}

/** Windows whose elements are `dilations` apart: element k of window o is input o·stride − low + k·dilation. */
export interface DilatedWindows extends Windows {
  readonly dilations: Spatial;
}

/**
 * The windows of a convolution with `filters` filters. Channels and filters are cut into `groups` parts of equal
 * length; a filter sees the channels of its own part.
 */
export interface ConvWindows extends DilatedWindows {
  readonly groups: number;
  readonly filters: number;
}
