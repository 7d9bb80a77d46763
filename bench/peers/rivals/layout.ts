import type { Operand } from "./ours.ts";

/** [outer, inner, width] → [inner, outer, width]. */
export function swapped(data: Float32Array, outer: number, inner: number, width: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < outer; i++)
    for (let j = 0; j < inner; j++)
      out.set(data.subarray((i * inner + j) * width, (i * inner + j + 1) * width), (j * outer + i) * width);
  return out;
}

/** [batch, height, width, channels] → [batch, channels, height, width]. */
export function channelsFirst({ data, shape }: Operand): Operand {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const size = height * width * channels;
  const out = new Float32Array(data.length);
  for (let b = 0; b < batch; b++)
    out.set(swapped(data.subarray(b * size, (b + 1) * size), height * width, channels, 1), b * size);
  return { data: out, shape: [batch, channels, height, width] };
}

/** [height, width, in, out] → [out, in, height, width]. */
export function filtersFirst({ data, shape }: Operand): Operand {
  const [height, width, inputs, filters] = shape as [number, number, number, number];
  const inputsFirst = swapped(data, height * width, inputs, filters);
  return { data: swapped(inputsFirst, inputs * height * width, filters, 1), shape: [filters, inputs, height, width] };
}
