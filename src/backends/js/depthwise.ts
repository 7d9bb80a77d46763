import type {
  DepthwiseConvFilterGradInstruction,
  DepthwiseConvInputGradInstruction,
  DepthwiseConvInstruction,
  DepthwiseGeometry,
} from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { Memory } from "./memory.ts";

/** y[o, c] = Σ x[pixel, c] · kernel[tap, c], added up in float64. */
export function depthwiseConv({ geometry, input, kernel, output }: DepthwiseConvInstruction, memory: Memory): void {
  const [x, k, y] = [memory.window(input), memory.window(kernel), memory.window(output)];
  const sums = new Float64Array(sizeOf(output.shape));
  eachTap(geometry, (o, pixel, tap) => {
    sums[o] = (sums[o] as number) + (x[pixel] as number) * (k[tap] as number);
  });
  y.set(sums);
}

/** dx[pixel, c] = Σ dy[o, c] · kernel[tap, c]. */
export function depthwiseConvInputGrad(
  { geometry, dy, kernel, output }: DepthwiseConvInputGradInstruction,
  memory: Memory,
): void {
  const [slope, k, dx] = [memory.window(dy), memory.window(kernel), memory.window(output)];
  const sums = new Float64Array(sizeOf(output.shape));
  eachTap(geometry, (o, pixel, tap) => {
    sums[pixel] = (sums[pixel] as number) + (slope[o] as number) * (k[tap] as number);
  });
  dx.set(sums);
}

/** dkernel[tap, c] = Σ x[pixel, c] · dy[o, c]. */
export function depthwiseConvFilterGrad(
  { geometry, input, dy, output }: DepthwiseConvFilterGradInstruction,
  memory: Memory,
): void {
  const [x, slope, dk] = [memory.window(input), memory.window(dy), memory.window(output)];
  const sums = new Float64Array(sizeOf(output.shape));
  eachTap(geometry, (o, pixel, tap) => {
    sums[tap] = (sums[tap] as number) + (x[pixel] as number) * (slope[o] as number);
  });
  dk.set(sums);
}

/** Visits every product of the sum: places of a result, of the element that a tap meets, and of the tap. */
function eachTap(
  { batch, inputs, outputs, size, strides, dilations, low, channels }: DepthwiseGeometry,
  visit: (output: number, input: number, tap: number) => void,
): void {
  for (let image = 0; image < batch; image++) {
    for (let oh = 0; oh < outputs[0]; oh++) {
      for (let ow = 0; ow < outputs[1]; ow++) {
        const o = ((image * outputs[0] + oh) * outputs[1] + ow) * channels;
        for (let kh = 0; kh < size[0]; kh++) {
          const h = oh * strides[0] - low[0] + kh * dilations[0];
          if (h < 0 || h >= inputs[0]) continue;
          for (let kw = 0; kw < size[1]; kw++) {
            const w = ow * strides[1] - low[1] + kw * dilations[1];
            if (w < 0 || w >= inputs[1]) continue;
            const pixel = ((image * inputs[0] + h) * inputs[1] + w) * channels;
            const tap = (kh * size[1] + kw) * channels;
            for (let c = 0; c < channels; c++) visit(o + c, pixel + c, tap + c);
          }
        }
      }
    }
  }
}
