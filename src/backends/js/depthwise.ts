// Depthwise convolutions and their gradients on the js backend.
import type {
  DepthwiseConvFilterGradInstruction,
  DepthwiseConvInputGradInstruction,
  DepthwiseConvInstruction,
} from "../../ir/instructions/depthwise.ts";
import type { View } from "../../ir/view.ts";
import type { DilatedWindows } from "../../ir/windows.ts";
import type { Memory } from "./memory.ts";
import { eachTap } from "./taps.ts";

/** y[o, c] = Σ x[pixel, c] · kernel[tap, c]. */
export function depthwiseConv({ windows, input, kernel, output }: DepthwiseConvInstruction, memory: Memory): void {
  addProducts(windows, [input, kernel, output], memory, (o, pixel, tap) => [pixel, tap, o]);
}

/** dx[pixel, c] = Σ dy[o, c] · kernel[tap, c]. */
export function depthwiseConvInputGrad(
  { windows, dy, kernel, output }: DepthwiseConvInputGradInstruction,
  memory: Memory,
): void {
  addProducts(windows, [dy, kernel, output], memory, (o, pixel, tap) => [o, tap, pixel]);
}

/** dkernel[tap, c] = Σ x[pixel, c] · dy[o, c]. */
export function depthwiseConvFilterGrad(
  { windows, input, dy, output }: DepthwiseConvFilterGradInstruction,
  memory: Memory,
): void {
  addProducts(windows, [input, dy, output], memory, (o, pixel, tap) => [pixel, o, tap]);
}

/** c = Σ a · b over the taps of all windows, added up in float64; `places` says which rows of channels meet. */
function addProducts(
  windows: DilatedWindows,
  [a, b, c]: readonly [a: View, b: View, c: View],
  memory: Memory,
  places: (output: number, pixel: number, tap: number) => readonly [a: number, b: number, c: number],
): void {
  const { channels } = windows;
  const [left, right, result] = [memory.window(a), memory.window(b), memory.window(c)];
  const sums = new Float64Array(result.length);
  eachTap(windows, (...tap) => {
    const [i, j, k] = places(...tap).map((row) => row * channels) as [number, number, number];
    for (let c = 0; c < channels; c++)
      sums[k + c] = (sums[k + c] as number) + (left[i + c] as number) * (right[j + c] as number);
  });
  result.set(sums);
}
