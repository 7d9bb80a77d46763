import type {
  DepthwiseConvFilterGradInstruction,
  DepthwiseConvInputGradInstruction,
  DepthwiseConvInstruction,
} from "../../ir/instructions/depthwise.ts";
import type { View } from "../../ir/view.ts";
import type { DilatedWindows, Spatial } from "../../ir/windows.ts";
import type { RecordWriter } from "./record-writer.ts";
import { planeFields } from "./spatial-fields.ts";

/**
 * Sums of taps along one axis: result `first + p·step` for p < count is Σ_t source[p·stride − low + t·dilation] ·
 * kernel[kernelFirst + t·kernelStep], t < taps. The class of this name in assembly/depthwise.ts.
 */
interface Taps {
  readonly count: number;
  readonly first: number;
  readonly step: number;
  readonly stride: number;
  readonly low: number;
  readonly taps: number;
  readonly dilation: number;
  readonly kernelFirst: number;
  readonly kernelStep: number;
}

/** Sums of taps along height and width that make up a result. */
type Phase = readonly [rows: Taps, columns: Taps];

/** A convolution is one phase. */
export function writeDepthwise(
  { windows, input, kernel, output }: DepthwiseConvInstruction,
  writer: RecordWriter,
): void {
  const axis = (at: 1 | 2): Taps => ({
    count: windows.outputs[at],
    first: 0,
    step: 1,
    stride: windows.strides[at],
    low: windows.low[at],
    taps: windows.size[at],
    dilation: windows.dilations[at],
    kernelFirst: 0,
    kernelStep: 1,
  });
  const operands = { source: input, kernel, output };
  writePhases(windows, windows.inputs, windows.outputs, operands, [[axis(1), axis(2)]], writer);
}

/** Its adjoint has one for each pair of residues that a place can leave when divided by the strides. */
export function writeDepthwiseInputGrad(
  { windows, dy, kernel, output }: DepthwiseConvInputGradInstruction,
  writer: RecordWriter,
): void {
  const [rows, columns] = [residues(windows, 1), residues(windows, 2)];
  const phases = rows.flatMap((row) => columns.map((column): Phase => [row, column]));
  writePhases(windows, windows.outputs, windows.inputs, { source: dy, kernel, output }, phases, writer);
}

/**
 * Input i = first + p·s meets tap k of output (i + low − k·d) / s where that is whole: for one residue a row of taps s
 * / gcd(s, d) apart, which reach outputs d / gcd(s, d) apart. They are taken from the last, so that outputs ascend.
 */
function residues({ inputs, size, strides, dilations, low }: DilatedWindows, axis: 1 | 2): Taps[] {
  const [extent, stride, dilation] = [inputs[axis], strides[axis], dilations[axis]];
  return Array.from({ length: Math.min(stride, extent) }, (_, first) => {
    const taps = Array.from({ length: size[axis] }, (_, k) => k).filter(
      (k) => (first + low[axis] - k * dilation) % stride === 0,
    );
    const [k0 = 0, k1 = k0] = taps;
    const last = taps.at(-1) ?? 0;
    return {
      count: Math.ceil((extent - first) / stride),
      first,
      step: stride,
      stride: 1,
      low: taps.length > 0 ? (last * dilation - first - low[axis]) / stride : 0,
      taps: taps.length,
      dilation: Math.max(1, ((k1 - k0) * dilation) / stride),
      kernelFirst: last,
      kernelStep: k0 - k1,
    };
  });
}

function writePhases(
  { batch, channels, size }: DilatedWindows,
  from: Spatial,
  to: Spatial,
  { source, kernel, output }: Readonly<Record<"source" | "kernel" | "output", View>>,
  phases: readonly Phase[],
  writer: RecordWriter,
): void {
  writer.fields({
    batch,
    channels,
    ...planeFields({ source: from, out: to }),
    kernelWidth: size[2],
    source: writer.addressOf(source),
    kernel: writer.addressOf(kernel),
    output: writer.addressOf(output),
    phases: phases.length,
  });
  for (const taps of phases.flat()) writer.fields({ ...taps });
}

/** The words of the class FilterGrad. */
export function writeDepthwiseFilterGrad(
  { windows, input, dy, output }: DepthwiseConvFilterGradInstruction,
  writer: RecordWriter,
): void {
  const { batch, channels, inputs, outputs, size, strides, dilations, low } = windows;
  writer.fields({
    batch,
    channels,
    ...planeFields({ in: inputs, out: outputs, size, stride: strides, dilation: dilations, low }),
    input: writer.addressOf(input),
    dy: writer.addressOf(dy),
    output: writer.addressOf(output),
  });
}
