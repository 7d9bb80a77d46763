// Pooling and its gradient on the js backend.
import type { TypedArray } from "../../ir/dtype.ts";
import type { PoolGradInstruction, PoolInstruction } from "../../ir/instructions/pool.ts";
import type { Windows } from "../../ir/windows.ts";
import type { Memory } from "./memory.ts";

/** The sum of each window, or its value at the largest key. Sums are added up in float64. */
export function pool({ windows, keys, input, output }: PoolInstruction, memory: Memory): void {
  const { channels } = windows;
  const by = keys && memory.window(keys);
  const x = memory.window(input);
  const y = memory.window(output);
  eachWindow(windows, (window, pixels) => {
    for (let c = 0; c < channels; c++) {
      let result = 0;
      if (by) result = x[first(by, pixels, channels, c)] as number;
      else for (const pixel of pixels) result += x[pixel * channels + c] as number;
      y[window * channels + c] = result;
    }
  });
}

/** output = 0; each window adds dy to all its elements, or to the one with the largest key. */
export function poolGrad({ windows, keys, dy, output }: PoolGradInstruction, memory: Memory): void {
  const { channels } = windows;
  const by = keys && memory.window(keys);
  const slope = memory.window(dy);
  const dx = memory.window(output).fill(0);
  const add = (at: number, value: number) => {
    dx[at] = (dx[at] as number) + value;
  };
  eachWindow(windows, (window, pixels) => {
    for (let c = 0; c < channels; c++) {
      const value = slope[window * channels + c] as number;
      if (by) add(first(by, pixels, channels, c), value);
      else for (const pixel of pixels) add(pixel * channels + c, value);
    }
  });
}

/** The place of the largest key of a window: the first NaN, else the first of equal ones. */
function first(keys: TypedArray, pixels: readonly number[], channels: number, channel: number): number {
  let best = (pixels[0] as number) * channels + channel;
  for (const pixel of pixels) {
    const champion = keys[best] as number;
    if (Number.isNaN(champion)) break;
    const at = pixel * channels + channel;
    const challenger = keys[at] as number;
    if (challenger > champion || Number.isNaN(challenger)) best = at;
  }
  return best;
}

/**
 * Visits all windows in order with their elements' places, both counted in pixels (all channels of a place). The list
 * is used again for each window.
 */
function eachWindow(
  { batch, inputs, outputs, size, strides, low }: Windows,
  visit: (window: number, pixels: readonly number[]) => void,
): void {
  const [depth, height, width] = inputs;
  const range = (axis: 0 | 1 | 2, o: number) => {
    const start = o * strides[axis] - low[axis];
    return [Math.max(start, 0), Math.min(start + size[axis], inputs[axis])] as const;
  };
  const pixels: number[] = [];
  let window = 0;
  for (let image = 0; image < batch; image++) {
    for (let od = 0; od < outputs[0]; od++) {
      const [d0, d1] = range(0, od);
      for (let oh = 0; oh < outputs[1]; oh++) {
        const [h0, h1] = range(1, oh);
        for (let ow = 0; ow < outputs[2]; ow++) {
          const [w0, w1] = range(2, ow);
          pixels.length = 0;
          for (let d = d0; d < d1; d++) {
            for (let h = h0; h < h1; h++)
              for (let w = w0; w < w1; w++) pixels.push(((image * depth + d) * height + h) * width + w);
          }
          visit(window++, pixels);
        }
      }
    }
  }
}
