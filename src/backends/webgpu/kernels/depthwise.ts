// Depthwise convolutions and their gradients on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import { type Kernel, perGroup, perItem, Shader } from "../shader.ts";
import { inputOfTap, pixelCode, tapLoops, unravelCode, windowOfTap } from "./windows.ts";

const o = ["o0", "o1", "o2"] as const;
const x = ["x0", "x1", "x2"] as const;
const y = ["y0", "y1", "y2"] as const;

/** A thread for each element of the result. */
export const depthwiseConv: Kernel<"depthwiseConv"> = ({ windows, input, kernel, output }, ctx) => {
  const { batch, channels, inputs, outputs, size } = windows;
  const shader = new Shader(ctx);
  const [source, weight, target] = [shader.operand(input), shader.operand(kernel), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    batch * sizeOf(outputs) * channels,
    `${unravelCode("i", outputs, channels, o)}
var sum = 0.0;
${tapLoops(
  size,
  `${inputOfTap(windows, o)}
sum = fma(${source.get(`${pixelCode(inputs, channels, x)} + channel`)}, ${weight.get(`tap * ${channels}u + channel`)}, sum);`,
)}
${target.set("i", "sum")}`,
  );
};

/** A thread for each element of the image: it adds up the windows that hold it. */
export const depthwiseConvInputGrad: Kernel<"depthwiseConvInputGrad"> = ({ windows, dy, kernel, output }, ctx) => {
  const { batch, channels, inputs, outputs, size } = windows;
  const shader = new Shader(ctx);
  const [slope, weight, target] = [shader.operand(dy), shader.operand(kernel), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    batch * sizeOf(inputs) * channels,
    `${unravelCode("i", inputs, channels, x)}
var sum = 0.0;
${tapLoops(
  size,
  `${windowOfTap(windows, x)}
sum = fma(${slope.get(`${pixelCode(outputs, channels, y)} + channel`)}, ${weight.get(`tap * ${channels}u + channel`)}, sum);`,
)}
${target.set("i", "sum")}`,
  );
};

/** A workgroup for each element of the kernel: its threads share the places of all windows. */
export const depthwiseConvFilterGrad: Kernel<"depthwiseConvFilterGrad"> = ({ windows, input, dy, output }, ctx) => {
  const { batch, channels, inputs, outputs, size } = windows;
  const shader = new Shader(ctx);
  const [source, slope, target] = [shader.operand(input), shader.operand(dy), shader.operand(output)];
  return perGroup(
    ctx,
    shader,
    sizeOf(size) * channels,
    `let own = i % ${channels}u;
let tap = i32(i / ${channels}u);
let tap2 = tap % ${size[2]};
let tap1 = (tap / ${size[2]}) % ${size[1]};
let tap0 = tap / ${size[2] * size[1]};
var s = 0.0;
for (var p = l; p < ${batch * sizeOf(outputs)}u; p += 64u) {
  ${unravelCode("p", outputs, 1, o)}
  ${inputOfTap(windows, o)}
  s = fma(${source.get(`${pixelCode(inputs, channels, x)} + own`)}, ${slope.get(`p * ${channels}u + own`)}, s);
}
let sum = sumF(l, s);
if (l == 0u) { ${target.set("i", "sum")} }`,
  );
};
