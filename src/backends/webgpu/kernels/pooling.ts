// Pooling and its gradient on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import { samePlace, type View } from "../../../ir/view.ts";
import type { Spatial, Windows } from "../../../ir/windows.ts";
import { type Context, type Kernel, type Operand, perItem, Shader } from "../shader.ts";
import { type Lanes, lanesFor } from "./channels.ts";
import { holderLoops, pixelCode, unravelCode } from "./windows.ts";

const axes = [0, 1, 2] as const;
const o = ["o0", "o1", "o2"] as const;
const x = ["x0", "x1", "x2"] as const;

/** Axes where a window may reach beyond the image. */
const clippedAxes = ({ inputs, outputs, size, strides, low }: Windows) =>
  axes.filter((axis) => low[axis] > 0 || (outputs[axis] - 1) * strides[axis] - low[axis] + size[axis] > inputs[axis]);

/** `s0`, `s1`, `s2`: where window `o0`, `o1`, `o2` begins, and `first`, the place of its first element. */
function startCode({ inputs, strides, low, channels }: Windows, lanes: Lanes): string {
  const starts = axes.map((axis) => `let s${axis} = o${axis} * ${strides[axis]} - ${low[axis]};`);
  return `${starts.join(" ")}
let first = ${pixelCode(inputs, channels, ["s0", "s1", "s2"])} + channel * ${lanes.count}u;`;
}

/**
 * The statements of `body` for all elements of a box that begins where the window does and that are in the image: `p`
 * is the place of an element. Small boxes are written out, larger ones are loops.
 */
function boxCode(
  { inputs, channels }: Windows,
  box: Spatial,
  clipped: readonly (0 | 1 | 2)[],
  body: (isIn: (size: Spatial) => string) => string,
): string {
  const [height, width] = [inputs[1], inputs[2]];
  const inside = (tap: (axis: 0 | 1 | 2) => string | number) =>
    clipped.map((axis) => `u32(s${axis} + ${tap(axis)}) < ${inputs[axis]}u`).join(" && ") || "true";
  if (sizeOf(box) > 16) {
    const loops = axes.map((axis) => `for (var t${axis} = 0; t${axis} < ${box[axis]}; t${axis}++) {`).join(" ");
    const isIn = (size: Spatial) => axes.map((axis) => `t${axis} < ${size[axis]}`).join(" && ");
    return `${loops}
if (${inside((axis) => `t${axis}`)}) {
let p = first + u32((t0 * ${height} + t1) * ${width} + t2) * ${channels}u;
${body(isIn)}
}}}}`;
  }
  const lines: string[] = [];
  for (let t0 = 0; t0 < box[0]; t0++) {
    for (let t1 = 0; t1 < box[1]; t1++) {
      for (let t2 = 0; t2 < box[2]; t2++) {
        const tap: Spatial = [t0, t1, t2];
        const isIn = (size: Spatial) => `${axes.every((axis) => tap[axis] < size[axis])}`;
        const guard = clipped.length > 0 ? `if (${inside((axis) => tap[axis])}) ` : "";
        lines.push(`${guard}{ let p = first + ${((t0 * height + t1) * width + t2) * channels}u; ${body(isIn)} }`);
      }
    }
  }
  return lines.join("\n");
}

/** Finds `best`, the largest key of a window, and `spot`, its place: the first NaN, else the first of equal keys. */
const selectCode = (windows: Windows, keys: Operand, lanes: Lanes): string => `var best = ${lanes.zero};
var spot = ${lanes.integers}(0u);
var any = false;
${boxCode(
  windows,
  windows.size,
  clippedAxes(windows),
  () => `let v = ${lanes.get(keys, "p")};
let isLarger = ${lanes.bools}(!any) | (((v > best) | ${lanes.isNan("v")}) & !${lanes.isNan("best")});
best = select(best, v, isLarger); spot = select(spot, ${lanes.integers}(p), isLarger); any = true;`,
)}`;

/** A thread for each window and channel, or four channels. */
export const pool: Kernel<"pool"> = ({ windows, keys, input, output }, ctx) => {
  const { batch, channels, outputs, size } = windows;
  const shader = new Shader(ctx);
  const lanes = lanesFor(channels, keys ? [input, keys] : [input], [output], shader, ctx);
  const [source, target] = [shader.operand(input), shader.operand(output)];
  const body = () => {
    if (!keys) {
      const add = `sum += ${lanes.get(source, "p")};`;
      return `var sum = ${lanes.zero};
${boxCode(windows, size, clippedAxes(windows), () => add)}
let result = sum;`;
    }
    const select = selectCode(windows, shader.operand(keys), lanes);
    return `${select}\nlet result = ${samePlace(keys, input) ? "best" : lanes.pick(source, "spot")};`;
  };
  return perItem(
    ctx,
    shader,
    (batch * sizeOf(outputs) * channels) / lanes.count,
    `${unravelCode("i", outputs, channels / lanes.count, o)}
${startCode(windows, lanes)}
${body()}
let at = i * ${lanes.count}u;
${lanes.set(target, "at", "result")}`,
    lanes.declarations,
  );
};

export const poolGrad: Kernel<"poolGrad"> = (instruction, ctx) => {
  const { size, strides } = instruction.windows;
  if (axes.every((axis) => strides[axis] >= size[axis])) return poolGradApart(instruction, ctx);
  return poolGradOverlapping(instruction, ctx);
};

/**
 * Windows that do not overlap: a thread for each cell of `strides` elements, which holds one window or none, and
 * channel. It stores the gradients of all elements of the cell.
 */
const poolGradApart: Kernel<"poolGrad"> = ({ windows, keys, dy, output }, ctx) => {
  const { batch, channels, inputs, outputs, size, strides, low } = windows;
  const shader = new Shader(ctx);
  const lanes = lanesFor(channels, keys ? [dy, keys] : [dy], [output], shader, ctx);
  const [slope, target] = [shader.operand(dy), shader.operand(output)];
  const cells = axes.map((axis) => Math.ceil((inputs[axis] + low[axis]) / strides[axis])) as unknown as Spatial;
  const isWindow = axes.map((axis) => `o${axis} < ${outputs[axis]}`).join(" && ");
  // Cells may reach beyond the image where windows do not.
  const clipped = axes.filter((axis) => low[axis] > 0 || cells[axis] * strides[axis] - low[axis] > inputs[axis]);
  const select = keys ? `${selectCode(windows, shader.operand(keys), lanes)}\nfound = spot;` : "";
  return perItem(
    ctx,
    shader,
    (batch * sizeOf(cells) * channels) / lanes.count,
    `${unravelCode("i", cells, channels / lanes.count, o)}
${startCode(windows, lanes)}
var slope = ${lanes.zero};
var found = ${lanes.integers}(0u);
if (${isWindow}) {
let window = ${pixelCode(outputs, channels, o)} + channel * ${lanes.count}u;
slope = ${lanes.get(slope, "window")};
${select}
}
${boxCode(
  windows,
  strides,
  clipped,
  (isIn) => `let part = select(${lanes.zero}, slope, ${
    keys ? `(found == ${lanes.integers}(p)) & ${lanes.bools}(${isIn(size)})` : `${lanes.bools}(${isIn(size)})`
  });
${lanes.set(target, "p", "part")}`,
)}`,
    lanes.declarations,
  );
};

/**
 * Windows that overlap: the place that each window selects is found once, and kept; then a thread for each element of
 * the image adds up the windows that hold it.
 */
const poolGradOverlapping: Kernel<"poolGrad"> = ({ windows, keys, dy, output }, ctx) => {
  const { batch, channels, inputs, outputs } = windows;
  const count = batch * sizeOf(outputs) * channels;
  const places = keys && count > 0 ? ctx.scratch(count) : undefined;
  const shader = new Shader(ctx);
  const [slope, target] = [shader.operand(dy), shader.operand(output)];
  const found = places && shader.operand(places);
  const add = `let w = ${pixelCode(outputs, channels, o)} + channel;
${found ? `if (${found.raw("w")} == i) { sum += ${slope.get("w")}; }` : `sum += ${slope.get("w")};`}`;
  const second = perItem(
    ctx,
    shader,
    batch * sizeOf(inputs) * channels,
    `${unravelCode("i", inputs, channels, x)}
var sum = 0.0;
${holderLoops(windows, x, add)}
${target.set("i", "sum")}`,
  );
  return keys && places ? [...selectPlaces(windows, keys, places, ctx), ...second] : second;
};

/** Stores the place that each window selects, as u32. */
function selectPlaces(windows: Windows, keys: View, places: View, ctx: Context) {
  const { batch, channels, outputs } = windows;
  const shader = new Shader(ctx);
  const lanes = lanesFor(1, [keys], [places], shader, ctx);
  const target = shader.operand(places);
  return perItem(
    ctx,
    shader,
    batch * sizeOf(outputs) * channels,
    `${unravelCode("i", outputs, channels, o)}
${startCode(windows, lanes)}
${selectCode(windows, shader.operand(keys), lanes)}
${target.raw("i")} = spot;`,
    lanes.declarations,
  );
}
