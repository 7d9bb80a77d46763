// Convolutions and their gradients on the GPU, as products whose operands are read from images.
import type { InstructionOf } from "../../../ir/instruction.ts";
import { sizeOf, stridesOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import type { ConvWindows, Spatial } from "../../../ir/windows.ts";
import type { Context, Dispatch, Kernel, Shader } from "../shader.ts";
import { isMatrix, type Patches, patches } from "./patches.ts";
import { type Axes, type Source, strided, type WideSpaces } from "./products-sources.ts";
import { product } from "./products-tile.ts";

const axes = [0, 1, 2] as const;
const spatial = (of: (axis: 0 | 1 | 2) => number): Spatial => [of(0), of(1), of(2)];
const line = (extent: number, stride: number): Axes => ({ shape: [extent], strides: [stride] });
const partsOf = ({ channels, filters, groups }: ConvWindows) => ({
  groupChannels: channels / groups,
  groupFilters: filters / groups,
});

/** The windows of a convolution on its input. */
function patchesOf(windows: ConvWindows): Patches {
  const { batch, inputs, outputs, size, strides, dilations, low, channels } = windows;
  return {
    batch,
    image: inputs,
    channels,
    groupChannels: partsOf(windows).groupChannels,
    windows: outputs,
    taps: size,
    strides,
    origin: spatial((axis) => -low[axis]),
    steps: dilations,
  };
}

/** The elements under windows, as a plain matrix where it is one. */
function imageSource(
  shader: Shader,
  view: View,
  geometry: Patches,
  taps: "outer" | "depth",
  name: string,
  allowed: WideSpaces,
): Source {
  if (!isMatrix(geometry)) return patches(shader, view, geometry, taps, name, allowed);
  const { batch, windows, channels, groupChannels } = geometry;
  const pixels = line(batch * sizeOf(windows), channels);
  const own = line(groupChannels, 1);
  const groups = line(channels / groupChannels, groupChannels);
  const [outer, depth] = taps === "outer" ? [own, pixels] : [pixels, own];
  return strided(shader, view, { batch: groups, outer, depth }, name, allowed);
}

/** A product with the elements under windows on the left, and filters as columns. */
function windowProduct(
  ctx: Context,
  { windows, input, output, epilogue }: InstructionOf<"conv"> | InstructionOf<"convFilterGrad">,
  right: View,
  taps: "outer" | "depth",
): readonly Dispatch[] {
  const { batch, outputs, size, filters, groups } = windows;
  const { groupChannels, groupFilters } = partsOf(windows);
  const [places, own] = [batch * sizeOf(outputs), sizeOf(size) * groupChannels];
  const [rows, depth] = taps === "outer" ? [own, places] : [places, own];
  const batches = line(groups, groupFilters);
  return product(ctx, {
    batches: groups,
    rows,
    columns: groupFilters,
    depth,
    left: (shader, allowed) => imageSource(shader, input, patchesOf(windows), taps, "a", allowed),
    right: (shader, allowed) =>
      strided(
        shader,
        right,
        { batch: batches, outer: line(groupFilters, 1), depth: line(depth, filters) },
        "b",
        allowed,
      ),
    target: { view: output, batch: batches, rows: line(rows, filters), columns: groupFilters, epilogue },
  });
}

/** Rows are windows, columns filters, and the depth is taps and channels. */
export const conv: Kernel<"conv"> = (instruction, ctx) => windowProduct(ctx, instruction, instruction.kernel, "depth");

/** Rows are taps and channels, columns filters, and the depth is all windows. */
export const convFilterGrad: Kernel<"convFilterGrad"> = (instruction, ctx) =>
  windowProduct(ctx, instruction, instruction.dy, "outer");

/**
 * Along one axis: the inputs first, first + stride, … meet taps tap, tap + tapStep, … only, the first of them in
 * output `origin` for the first input, each further one `step` outputs away.
 */
interface Phase {
  readonly first: number;
  readonly inputs: number;
  readonly tap: number;
  readonly taps: number;
  readonly tapStep: number;
  readonly origin: number;
  readonly step: number;
}

function phasesOf({ inputs, size, strides, dilations, low }: ConvWindows, axis: 0 | 1 | 2): Phase[] {
  const [stride, dilation] = [strides[axis], dilations[axis]];
  const phases: Phase[] = [];
  for (let first = 0; first < Math.min(stride, inputs[axis]); first++) {
    const meeting = Array.from({ length: size[axis] }, (_, tap) => tap).filter(
      (tap) => (first + low[axis] - tap * dilation) % stride === 0,
    );
    const [tap = 0, next = tap] = meeting;
    phases.push({
      first,
      inputs: Math.ceil((inputs[axis] - first) / stride),
      tap,
      taps: meeting.length,
      tapStep: next - tap,
      origin: meeting.length > 0 ? (first + low[axis] - tap * dilation) / stride : 0,
      step: (-(next - tap) * dilation) / stride,
    });
  }
  return phases;
}

/**
 * Rows are inputs, columns channels, and the depth is taps and filters. With strides, inputs whose places leave
 * different remainders meet different taps: each such set of inputs is a product of its own, a convolution with
 * stride 1 over dy.
 */
export const convInputGrad: Kernel<"convInputGrad"> = ({ windows, dy, kernel, output }, ctx) => {
  const dispatches: Dispatch[] = [];
  for (const depth of phasesOf(windows, 0))
    for (const height of phasesOf(windows, 1))
      for (const width of phasesOf(windows, 2))
        dispatches.push(...inputGradOf([depth, height, width], windows, { dy, kernel, output }, ctx));
  return dispatches;
};

function inputGradOf(
  phases: readonly [Phase, Phase, Phase],
  windows: ConvWindows,
  { dy, kernel, output }: Readonly<Record<"dy" | "kernel" | "output", View>>,
  ctx: Context,
): Dispatch[] {
  const { batch, inputs, outputs, size, strides, channels, filters, groups } = windows;
  const { groupChannels, groupFilters } = partsOf(windows);
  const taps = spatial((axis) => phases[axis].taps);
  const places = spatial((axis) => phases[axis].inputs);
  const [, ...pixels] = stridesOf([batch, ...inputs, channels]);
  const kernelSteps = stridesOf([...size, groupChannels, filters]);
  const dot = (of: (axis: 0 | 1 | 2) => number, steps: readonly number[]) =>
    axes.reduce<number>((sum, axis) => sum + of(axis) * (steps[axis] as number), 0);
  const geometry: Patches = {
    batch,
    image: outputs,
    channels: filters,
    groupChannels: groupFilters,
    windows: places,
    taps,
    strides: [1, 1, 1],
    origin: spatial((axis) => phases[axis].origin),
    steps: spatial((axis) => phases[axis].step),
  };
  const weights = { ...kernel, offset: kernel.offset + dot((axis) => phases[axis].tap, kernelSteps) };
  return product(ctx, {
    batches: groups,
    rows: batch * sizeOf(places),
    columns: groupChannels,
    depth: sizeOf(taps) * groupFilters,
    left: (shader, allowed) => imageSource(shader, dy, geometry, "depth", "a", allowed),
    right: (shader, allowed) =>
      strided(
        shader,
        weights,
        {
          batch: line(groups, groupFilters),
          outer: line(groupChannels, filters),
          depth: {
            shape: [...taps, groupFilters],
            strides: [...axes.map((axis) => phases[axis].tapStep * (kernelSteps[axis] as number)), 1],
          },
        },
        "b",
        allowed,
      ),
    target: {
      view: { ...output, offset: output.offset + dot((axis) => phases[axis].first, pixels) },
      batch: line(groups, groupChannels),
      rows: {
        shape: [batch, ...places],
        strides: [sizeOf(inputs) * channels, ...axes.map((axis) => strides[axis] * (pixels[axis] as number))],
      },
      columns: groupChannels,
    },
  });
}
