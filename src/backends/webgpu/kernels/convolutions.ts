// Convolutions and their gradients on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import { type Kernel, perGroup, perItem, Shader } from "../shader.ts";
import { storeCode } from "./epilogue.ts";
import { inputOfTap, pixelCode, tapLoops, unravelCode, windowOfTap } from "./windows.ts";

const o = ["o0", "o1", "o2"] as const;
const x = ["x0", "x1", "x2"] as const;
const y = ["y0", "y1", "y2"] as const;

/** A thread for each element of the result. */
export const conv: Kernel<"conv"> = ({ windows, input, kernel, output, epilogue }, ctx) => {
  const { batch, channels, filters, groups, inputs, outputs, size } = windows;
  const count = batch * sizeOf(outputs) * filters;
  const [groupChannels, groupFilters] = [channels / groups, Math.max(filters / groups, 1)];
  const shader = new Shader(ctx);
  const [source, weight] = [shader.operand(input), shader.operand(kernel)];
  return perItem(
    ctx,
    shader,
    count,
    `${unravelCode("i", outputs, filters, o)}
let first = (channel / ${groupFilters}u) * ${groupChannels}u;
var sum = 0.0;
${tapLoops(
  size,
  `${inputOfTap(windows, o)}
let start = ${pixelCode(inputs, channels, x)} + first;
let row = tap * ${groupChannels}u;
for (var c = 0u; c < ${groupChannels}u; c++) {
  sum = fma(${source.get("start + c")}, ${weight.get(`(row + c) * ${filters}u + channel`)}, sum);
}`,
)}
${storeCode(shader, ctx, output, epilogue, { value: "sum", address: "i", flat: "i" })}`,
  );
};

/** A thread for each element of the image: it adds up the windows that hold it. */
export const convInputGrad: Kernel<"convInputGrad"> = ({ windows, dy, kernel, output }, ctx) => {
  const { batch, channels, filters, groups, inputs, outputs, size } = windows;
  const [groupChannels, groupFilters] = [Math.max(channels / groups, 1), filters / groups];
  const shader = new Shader(ctx);
  const [slope, weight, target] = [shader.operand(dy), shader.operand(kernel), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    batch * sizeOf(inputs) * channels,
    `${unravelCode("i", inputs, channels, x)}
let first = (channel / ${groupChannels}u) * ${groupFilters}u;
var sum = 0.0;
${tapLoops(
  size,
  `${windowOfTap(windows, x)}
let start = ${pixelCode(outputs, filters, y)} + first;
let row = (tap * ${groupChannels}u + channel % ${groupChannels}u) * ${filters}u + first;
for (var c = 0u; c < ${groupFilters}u; c++) {
  sum = fma(${slope.get("start + c")}, ${weight.get("row + c")}, sum);
}`,
)}
${target.set("i", "sum")}`,
  );
};

/** A workgroup for each element of the kernel: its threads share the places of all windows. */
export const convFilterGrad: Kernel<"convFilterGrad"> = ({ windows, input, dy, output, epilogue }, ctx) => {
  const { batch, channels, filters, groups, inputs, outputs, size } = windows;
  const [groupChannels, groupFilters] = [Math.max(channels / groups, 1), Math.max(filters / groups, 1)];
  const shader = new Shader(ctx);
  const [source, slope] = [shader.operand(input), shader.operand(dy)];
  return perGroup(
    ctx,
    shader,
    sizeOf(size) * (channels / groups) * filters,
    `let row = i / ${filters}u;
let own = i % ${filters}u;
let start = (own / ${groupFilters}u) * ${groupChannels}u + row % ${groupChannels}u;
let tap = i32(row / ${groupChannels}u);
let tap2 = tap % ${size[2]};
let tap1 = (tap / ${size[2]}) % ${size[1]};
let tap0 = tap / ${size[2] * size[1]};
var s = 0.0;
for (var p = l; p < ${batch * sizeOf(outputs)}u; p += 64u) {
  ${unravelCode("p", outputs, 1, o)}
  ${inputOfTap(windows, o)}
  s = fma(${source.get(`${pixelCode(inputs, channels, x)} + start`)}, ${slope.get(`p * ${filters}u + own`)}, s);
}
let sum = sumF(l, s);
if (l == 0u) {
  ${storeCode(shader, ctx, output, epilogue, { value: "sum", address: "i", flat: "i" })}
}`,
  );
};
