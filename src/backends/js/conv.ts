// Convolutions and their gradients on the js backend, as plain loops.
import type {
  ConvFilterGradInstruction,
  ConvInputGradInstruction,
  ConvInstruction,
} from "../../ir/instructions/conv.ts";
import type { ConvWindows } from "../../ir/windows.ts";
import { map } from "./map.ts";
import type { Memory } from "./memory.ts";
import { eachTap } from "./taps.ts";

// All sums are kept in float64 and rounded once, when stored; epilogues run after the whole convolution.

/** y[f…] += x · kernel[f…] */
export function conv({ windows, input, kernel, output, epilogue }: ConvInstruction, memory: Memory): void {
  const [x, k, y] = [memory.window(input), memory.window(kernel), memory.window(output)];
  const sums = new Float64Array(y.length);
  eachRow(windows, (xAt, kAt, yAt, filters) => {
    const value = x[xAt] as number;
    for (let f = 0; f < filters; f++) sums[yAt + f] = (sums[yAt + f] as number) + value * (k[kAt + f] as number);
  });
  y.set(sums);
  if (epilogue) map(epilogue, memory);
}

/** dx += Σ_f dy[f] · kernel[f] */
export function convInputGrad({ windows, dy, kernel, output }: ConvInputGradInstruction, memory: Memory): void {
  const [slope, k, dx] = [memory.window(dy), memory.window(kernel), memory.window(output)];
  const sums = new Float64Array(dx.length);
  eachRow(windows, (xAt, kAt, yAt, filters) => {
    let sum = 0;
    for (let f = 0; f < filters; f++) sum += (slope[yAt + f] as number) * (k[kAt + f] as number);
    sums[xAt] = (sums[xAt] as number) + sum;
  });
  dx.set(sums);
}

/** dkernel[f…] += x · dy[f…] */
export function convFilterGrad({ windows, input, dy, output, epilogue }: ConvFilterGradInstruction, memory: Memory) {
  const [x, slope, dk] = [memory.window(input), memory.window(dy), memory.window(output)];
  const sums = new Float64Array(dk.length);
  eachRow(windows, (xAt, kAt, yAt, filters) => {
    const value = x[xAt] as number;
    for (let f = 0; f < filters; f++) sums[kAt + f] = (sums[kAt + f] as number) + value * (slope[yAt + f] as number);
  });
  dk.set(sums);
  if (epilogue) map(epilogue, memory);
}

/**
 * Visits all elements of x under a window, with where they are and where the rows of filters that they meet begin in
 * the kernel and in y.
 */
function eachRow(
  windows: ConvWindows,
  visit: (xAt: number, kernelAt: number, yAt: number, filters: number) => void,
): void {
  const { groups, channels, filters } = windows;
  const [groupChannels, groupFilters] = [channels / groups, filters / groups];
  eachTap(windows, (output, pixel, tap) => {
    for (let channel = 0; channel < channels; channel++) {
      const group = Math.floor(channel / groupChannels);
      const row = tap * groupChannels + channel - group * groupChannels;
      const first = group * groupFilters;
      visit(pixel * channels + channel, row * filters + first, output * filters + first, groupFilters);
    }
  });
}
