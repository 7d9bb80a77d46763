// Depthwise convolutions and their gradients on the GPU: a thread has one channel, or four that lie side by side.
import { sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import type { DilatedWindows } from "../../../ir/windows.ts";
import { type Context, type Dispatch, type Kernel, perItem, Shader } from "../shader.ts";
import { lanesFor } from "./channels.ts";
import { inputOfTap, pixelCode, tapLoops, unravelCode, windowOfTap } from "./windows.ts";

const o = ["o0", "o1", "o2"] as const;
const x = ["x0", "x1", "x2"] as const;
const y = ["y0", "y1", "y2"] as const;

/** A thread for each place of the result. */
export const depthwiseConv: Kernel<"depthwiseConv"> = ({ windows, input, kernel, output }, ctx) =>
  gathered(windows, "outputs", input, kernel, output, ctx);

/** A thread for each place of the image: it adds up the windows that hold it. */
export const depthwiseConvInputGrad: Kernel<"depthwiseConvInputGrad"> = ({ windows, dy, kernel, output }, ctx) =>
  gathered(windows, "inputs", dy, kernel, output, ctx);

/** result[place] = Σ over taps of source[the place that the tap meets] · kernel[tap]. */
function gathered(
  windows: DilatedWindows,
  places: "inputs" | "outputs",
  source: View,
  kernel: View,
  output: View,
  ctx: Context,
): Dispatch[] {
  const { batch, channels, inputs, outputs, size } = windows;
  const shader = new Shader(ctx);
  const lanes = lanesFor(channels, [source, kernel], [output], shader, ctx);
  const [from, weight, target] = [shader.operand(source), shader.operand(kernel), shader.operand(output)];
  const [meet, met] =
    places === "outputs"
      ? [inputOfTap(windows, o), pixelCode(inputs, channels, x)]
      : [windowOfTap(windows, x), pixelCode(outputs, channels, y)];
  return perItem(
    ctx,
    shader,
    (batch * sizeOf(windows[places]) * channels) / lanes.count,
    `${unravelCode("i", windows[places], channels / lanes.count, places === "outputs" ? o : x)}
var sum = ${lanes.zero};
${tapLoops(
  size,
  `${meet}
let at = ${met} + channel * ${lanes.count}u;
let weightAt = tap * ${channels}u + channel * ${lanes.count}u;
sum = fma(${lanes.get(from, "at")}, ${lanes.get(weight, "weightAt")}, sum);`,
)}
let to = i * ${lanes.count}u;
${lanes.set(target, "to", "sum")}`,
    lanes.declarations,
  );
}

/** At least so many windows are worth a part of their own. */
const leastPart = 32;
const mostParts = 256;

/**
 * A thread for each tap, channel and part of all windows; where there are several parts, a second dispatch adds them
 * up in order.
 */
export const depthwiseConvFilterGrad: Kernel<"depthwiseConvFilterGrad"> = ({ windows, input, dy, output }, ctx) => {
  const { batch, channels, inputs, outputs, size } = windows;
  const count = sizeOf(size) * channels;
  if (count === 0) return [];
  const places = batch * sizeOf(outputs);
  const wanted = Math.min(Math.floor((4 * ctx.device.lanes) / count), Math.floor(places / leastPart), mostParts);
  const slice = Math.max(Math.ceil(places / Math.max(wanted, 1)), 1);
  const parts = Math.max(Math.ceil(places / slice), 1);
  const sums = parts > 1 ? ctx.scratch(parts * count) : output;
  const shader = new Shader(ctx);
  const lanes = lanesFor(channels, [input, dy], [sums], shader, ctx);
  const [source, slope, target] = [shader.operand(input), shader.operand(dy), shader.operand(sums)];
  const units = count / lanes.count;
  const first = perItem(
    ctx,
    shader,
    parts * units,
    `let unit = i % ${units}u;
let own = (unit % ${channels / lanes.count}u) * ${lanes.count}u;
let tap = i32(unit / ${channels / lanes.count}u);
let tap2 = tap % ${size[2]};
let tap1 = (tap / ${size[2]}) % ${size[1]};
let tap0 = tap / ${size[2] * size[1]};
let low = (i / ${units}u) * ${slice}u;
var sum = ${lanes.zero};
for (var p = low; p < min(low + ${slice}u, ${places}u); p++) {
${unravelCode("p", outputs, 1, o)}
${inputOfTap(windows, o)}
let at = ${pixelCode(inputs, channels, x)} + own;
let slopeAt = p * ${channels}u + own;
sum = fma(${lanes.get(source, "at")}, ${lanes.get(slope, "slopeAt")}, sum);
}
let to = i * ${lanes.count}u;
${lanes.set(target, "to", "sum")}`,
    lanes.declarations,
  );
  return parts > 1 ? [...first, ...addUp(sums, parts, count, output, ctx)] : first;
};

function addUp(parts: View, count: number, length: number, output: View, ctx: Context): Dispatch[] {
  const shader = new Shader(ctx);
  const [source, target] = [shader.operand(parts), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    length,
    `var sum = 0.0;
for (var part = 0u; part < ${count}u; part++) { sum += ${source.get(`part * ${length}u + i`)}; }
${target.set("i", "sum")}`,
  );
}
