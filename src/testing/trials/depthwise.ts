// Trials of depthwise convolutions and their gradients.
import type {
  DepthwiseConvFilterGradInstruction,
  DepthwiseConvInputGradInstruction,
  DepthwiseConvInstruction,
} from "../../ir/instructions/depthwise.ts";
import { formatShape } from "../../ir/shape.ts";
import type { DilatedWindows } from "../../ir/windows.ts";
import { type Padding, spatialWindows, windowGeometry } from "../../tensor/ops/window.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

/** Height and width. */
type Plane = readonly [height: number, width: number];

interface Case {
  readonly batch?: number;
  readonly inputs: Plane;
  readonly channels: number;
  readonly size: Plane;
  readonly strides?: Plane;
  readonly dilations?: Plane;
  readonly padding?: Padding;
}

/**
 * Rows that hold groups of pixels and rows that do not; strides and dilations with and without a common divisor; taps
 * that meet nothing.
 */
const cases: readonly Case[] = [
  { inputs: [1, 1], channels: 1, size: [1, 1] },
  { batch: 2, inputs: [1, 12], channels: 3, size: [1, 3], padding: "causal" },
  { batch: 2, inputs: [7, 13], channels: 16, size: [3, 3], padding: "same" },
  { inputs: [6, 9], channels: 32, size: [3, 3] },
  { inputs: [8, 17], channels: 21, size: [3, 3], strides: [2, 2], padding: "same" },
  { inputs: [9, 10], channels: 8, size: [3, 2], strides: [1, 3], dilations: [2, 2] },
  { inputs: [11, 12], channels: 5, size: [2, 3], strides: [4, 2], dilations: [2, 4], padding: "same" },
  { inputs: [5, 6], channels: 4, size: [1, 2], strides: [3, 3] },
  { inputs: [2, 1], channels: 9, size: [2, 3], dilations: [4, 3], padding: "same" },
  {
    batch: 3,
    inputs: [4, 5],
    channels: 12,
    size: [5, 5],
    padding: [
      [3, 2],
      [4, 0],
    ],
  },
  { batch: 0, inputs: [4, 4], channels: 4, size: [2, 2] },
  { inputs: [4, 4], channels: 0, size: [2, 2] },
];

function windowsOf(one: Case): DilatedWindows {
  const { batch = 1, inputs, channels, size, strides = [1, 1], dilations = [1, 1], padding = "valid" } = one;
  return spatialWindows(
    batch,
    inputs,
    channels,
    windowGeometry("trial", inputs, { size, strides, dilations, padding }),
  );
}

const labelOf = ({ inputs, size, strides, dilations, low, channels }: DilatedWindows) =>
  `windows ${formatShape(size)} every ${formatShape(strides)} by ${formatShape(dilations)} from ${formatShape(low)} of ${formatShape([...inputs, channels])}`;

/** One trial per case: the operands of a role, and the instruction on them. */
function trialsOf<
  I extends DepthwiseConvInstruction | DepthwiseConvInputGradInstruction | DepthwiseConvFilterGradInstruction,
>(
  make: (
    windows: DilatedWindows,
    setting: Setting,
    shapes: Record<"input" | "kernel" | "output", readonly number[]>,
  ) => I,
): Trial<I>[] {
  return cases.map((one, index) => {
    const setting = new Setting(index);
    const windows = windowsOf(one);
    const { batch, inputs, outputs, size, channels } = windows;
    const instruction = make(windows, setting, {
      input: [batch, ...inputs, channels],
      kernel: [...size, channels],
      output: [batch, ...outputs, channels],
    });
    return { label: labelOf(windows), instruction, arrays: setting.arrays, rtol: 1e-5, atol: 1e-5 };
  });
}

/** Trials of `depthwiseConv`. */
export const depthwiseConvTrials: Trials<"depthwiseConv"> = () =>
  trialsOf((windows, setting, { input, kernel, output }) => ({
    kind: "depthwiseConv",
    windows,
    input: setting.float(input),
    kernel: setting.float(kernel),
    output: setting.room(output),
  }));

/** Trials of `depthwiseConvInputGrad`. */
export const depthwiseConvInputGradTrials: Trials<"depthwiseConvInputGrad"> = () =>
  trialsOf((windows, setting, { input, kernel, output }) => ({
    kind: "depthwiseConvInputGrad",
    windows,
    dy: setting.float(output),
    kernel: setting.float(kernel),
    output: setting.room(input),
  }));

/** Trials of `depthwiseConvFilterGrad`. */
export const depthwiseConvFilterGradTrials: Trials<"depthwiseConvFilterGrad"> = () =>
  trialsOf((windows, setting, { input, kernel, output }) => ({
    kind: "depthwiseConvFilterGrad",
    windows,
    input: setting.float(input),
    dy: setting.float(output),
    output: setting.room(kernel),
  }));
