import type {
  DepthwiseConvFilterGradInstruction,
  DepthwiseConvInputGradInstruction,
  DepthwiseConvInstruction,
  DepthwiseGeometry,
} from "../../ir/instruction.ts";
import type { RecordWriter } from "./record-writer.ts";

/**
 * Sums of taps along one axis: result `first + p·step` for p < count is Σ_t source[p·stride − low + t·dilation] ·
 * kernel[kernelFirst + t·kernelStep], t < taps. In the order of the words in assembly/depthwise.ts.
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

/** A convolution is one such sum for both axes. */
export function writeDepthwise(
  { geometry, input, kernel, output }: DepthwiseConvInstruction,
  writer: RecordWriter,
): void {
  const axis = (at: 0 | 1): Taps => ({
    count: geometry.outputs[at],
    first: 0,
    step: 1,
    stride: geometry.strides[at],
    low: geometry.low[at],
    taps: geometry.size[at],
    dilation: geometry.dilations[at],
    kernelFirst: 0,
    kernelStep: 1,
  });
  writer.word(geometry.batch, geometry.channels, ...geometry.inputs, ...geometry.outputs, geometry.size[1]);
  writer.view(input);
  writer.view(kernel);
  writer.view(output);
  writePhases([[axis(0), axis(1)]], writer);
}

/** Its adjoint is one for each pair of residues that a place can leave when divided by the strides. */
export function writeDepthwiseInputGrad(
  { geometry, dy, kernel, output }: DepthwiseConvInputGradInstruction,
  writer: RecordWriter,
): void {
  writer.word(geometry.batch, geometry.channels, ...geometry.outputs, ...geometry.inputs, geometry.size[1]);
  writer.view(dy);
  writer.view(kernel);
  writer.view(output);
  const [rows, columns] = [residues(geometry, 0), residues(geometry, 1)];
  writePhases(
    rows.flatMap((row) => columns.map((column) => [row, column] as const)),
    writer,
  );
}

/**
 * Input i = first + p·s meets tap k of output (i + low − k·d) / s where that is whole: for one residue a row of taps s
 * / gcd(s, d) apart, which reach outputs d / gcd(s, d) apart. They are taken from the last, so that outputs ascend.
 */
function residues({ inputs, size, strides, dilations, low }: DepthwiseGeometry, axis: 0 | 1): Taps[] {
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

function writePhases(phases: readonly (readonly [Taps, Taps])[], writer: RecordWriter): void {
  writer.word(phases.length);
  for (const phase of phases) {
    for (const { count, first, step, stride, low, taps, dilation, kernelFirst, kernelStep } of phase) {
      writer.word(count, first, step, stride, low, taps, dilation, kernelFirst, kernelStep);
    }
  }
}

/** The words of the class FilterGrad. */
export function writeDepthwiseFilterGrad(
  { geometry, input, dy, output }: DepthwiseConvFilterGradInstruction,
  writer: RecordWriter,
): void {
  const { batch, channels, inputs, outputs, size, strides, dilations, low } = geometry;
  writer.word(batch, channels, ...inputs, ...outputs, ...size, ...strides, ...dilations, ...low);
  writer.view(input);
  writer.view(dy);
  writer.view(output);
}
