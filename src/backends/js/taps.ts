// The loop over windows and their elements that convolutions and pooling of the js backend share.
import type { DilatedWindows } from "../../ir/windows.ts";

/**
 * Visits every element that a window meets, window by window: the places of the window, of the element and of the tap
 * (the element within the window), each counted in rows of channels.
 */
export function eachTap(
  { batch, inputs, outputs, size, strides, dilations, low }: DilatedWindows,
  visit: (output: number, pixel: number, tap: number) => void,
): void {
  /** The input under tap k of window o; −1 where there is none. */
  const under = (axis: 0 | 1 | 2, o: number, k: number) => {
    const place = o * strides[axis] - low[axis] + k * dilations[axis];
    return place < inputs[axis] ? place : -1;
  };
  let output = 0;
  for (let image = 0; image < batch; image++) {
    for (let od = 0; od < outputs[0]; od++) {
      for (let oh = 0; oh < outputs[1]; oh++) {
        for (let ow = 0; ow < outputs[2]; ow++) {
          for (let kd = 0; kd < size[0]; kd++) {
            const d = under(0, od, kd);
            if (d < 0) continue;
            for (let kh = 0; kh < size[1]; kh++) {
              const h = under(1, oh, kh);
              if (h < 0) continue;
              const row = ((image * inputs[0] + d) * inputs[1] + h) * inputs[2];
              for (let kw = 0; kw < size[2]; kw++) {
                const w = under(2, ow, kw);
                if (w >= 0) visit(output, row + w, (kd * size[1] + kh) * size[2] + kw);
              }
            }
          }
          output++;
        }
      }
    }
  }
}
