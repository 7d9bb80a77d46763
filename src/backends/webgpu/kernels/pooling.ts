// Pooling and its gradient on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import type { Windows } from "../../../ir/windows.ts";
import { type Kernel, type Operand, perItem, Shader } from "../shader.ts";
import { type Coordinates, elementLoops, holderLoops, pixelCode, unravelCode } from "./windows.ts";

const o = ["o0", "o1", "o2"] as const;
const x = ["x0", "x1", "x2"] as const;
const z = ["z0", "z1", "z2"] as const;

/** Finds `spot`, the first element of window `names` whose key is largest; NaN is larger than every number. */
const selectCode = (windows: Windows, key: Operand, names: Coordinates) => `var best = 0.0;
var spot = 0u;
var any = false;
${elementLoops(
  windows,
  names,
  `let p = ${pixelCode(windows.inputs, windows.channels, z)} + channel;
let v = ${key.get("p")};
if (!any || (!isNan(best) && (v > best || isNan(v)))) { best = v; spot = p; any = true; }`,
)}`;

/** A thread for each window and channel. */
export const pool: Kernel<"pool"> = ({ windows, keys, input, output }, ctx) => {
  const { batch, channels, inputs, outputs } = windows;
  const shader = new Shader(ctx);
  const [source, target] = [shader.operand(input), shader.operand(output)];
  const body = keys
    ? `${selectCode(windows, shader.operand(keys), o)}
${target.raw("i")} = ${source.raw("spot")};`
    : `var sum = 0.0;
${elementLoops(windows, o, `sum += ${source.get(`${pixelCode(inputs, channels, z)} + channel`)};`)}
${target.set("i", "sum")}`;
  const count = batch * sizeOf(outputs) * channels;
  return perItem(ctx, shader, count, `${unravelCode("i", outputs, channels, o)}\n${body}`);
};

/** A thread for each element of the image: it adds up what the windows that hold it give. */
export const poolGrad: Kernel<"poolGrad"> = ({ windows, keys, dy, output }, ctx) => {
  const { batch, channels, inputs, outputs } = windows;
  const shader = new Shader(ctx);
  const [slope, target] = [shader.operand(dy), shader.operand(output)];
  const add = `sum += ${slope.get(`${pixelCode(outputs, channels, o)} + channel`)};`;
  return perItem(
    ctx,
    shader,
    batch * sizeOf(inputs) * channels,
    `${unravelCode("i", inputs, channels, x)}
var sum = 0.0;
${holderLoops(windows, x, keys ? `${selectCode(windows, shader.operand(keys), o)}\nif (spot == i) { ${add} }` : add)}
${target.set("i", "sum")}`,
  );
};
