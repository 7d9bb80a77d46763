import type { DType, TypedArray } from "./dtype.ts";
import type { Primitive } from "./primitive.ts";
import type { Shape } from "./shape.ts";

/**
 * THE instruction set. A program is a list of these on buffers; a backend is a table with one entry per kind, so a
 * kernel that a backend forgot is a compile error.
 */
export type Instruction =
  | MapInstruction
  | MatmulInstruction
  | ConvInputGradInstruction
  | ReduceInstruction
  | ArgReduceInstruction
  | SoftmaxInstruction
  | SoftmaxGradInstruction
  | GatherInstruction
  | ScatterAddInstruction
  | RandomInstruction
  | CumsumInstruction
  | PoolInstruction
  | PoolGradInstruction
  | DepthwiseConvInstruction
  | DepthwiseConvInputGradInstruction
  | DepthwiseConvFilterGradInstruction
  | CopyInstruction
  | FillInstruction;

export type InstructionKind = Instruction["kind"];

/** Index into {@link Program.buffers}. */
export type BufferId = number;

/** A strided window on a buffer. Offset and strides count elements; a stride of 0 repeats (a broadcast axis). */
export interface View {
  readonly buffer: BufferId;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/**
 * A fused elementwise loop: every input is read at the same index of `shape` and every output written there.
 *
 * Inputs have a stride per axis of `shape`, the innermost being 0 (constant) or 1 (contiguous). Outputs are contiguous.
 * `shape` is collapsed to the fewest axes. An output may share a buffer with an input of the same strides (in place).
 * int32 inputs are converted to float32 when read; int32 outputs are truncated towards zero when written.
 */
export interface MapInstruction {
  readonly kind: "map";
  readonly shape: Shape;
  readonly inputs: readonly View[];
  readonly outputs: readonly View[];
  readonly expression: Expression;
}

/** A small program of scalar primitives in static single assignment: node i may use nodes before it. */
export interface Expression {
  readonly nodes: readonly ExpressionNode[];
  /** Node per output of the instruction. */
  readonly outputs: readonly number[];
}

export type ExpressionNode =
  | { readonly op: "input"; readonly index: number }
  | { readonly op: "constant"; readonly value: number }
  | { readonly op: Primitive; readonly args: readonly number[] };

/**
 * output[b] = a[b] · b[b]. `a` is [batch…, M, K] and `b` is [batch…, K, N], each with one of its last two strides equal
 * to 1 (so transposes cost nothing; batch stride 0 repeats an operand); `output` is [batch…, M, N] with columns of
 * stride 1, and its elements are those of a contiguous tensor, in row-major order where there is an epilogue. There is
 * one batch axis unless strides need more: the heads of attention are a second one, whose results stand side by side in
 * rows of all heads.
 *
 * With `rowAxes`, there is one batch axis, and `a` is [batch, rows…, depth…] with any strides: so many axes make up M
 * in row-major order, the others K. Patches of an image are such a view (elements in several patches appear as often),
 * which makes this instruction a convolution and its filter gradient.
 *
 * The epilogue is a map over shape [batch…·M, N] or its collapsed form, one of whose inputs is `output`; it may run on
 * rows as soon as they are done. It never writes what `a` or `b` read.
 */
export interface MatmulInstruction {
  readonly kind: "matmul";
  readonly a: View;
  readonly b: View;
  readonly output: View;
  readonly rowAxes?: number;
  readonly epilogue?: MapInstruction;
}

/**
 * Gradient of a convolution's input, which is also the transposed convolution: output = 0; then the elements of dy[g] ·
 * filter[g]ᵀ are added where `patches` says, which is the view of the output that a convolution would read.
 *
 * `dy` is [groups, M, N] and `filter` [groups, K, N], both with any strides; `output` is contiguous, `entries` samples
 * one after the other; `patches` is a view of it, [groups, rows…, depth…] of M rows (`rowAxes` axes) and K elements
 * each; its last axis has stride 1. The M rows are `entries` times as many rows of one sample, and touch that sample
 * only.
 */
export interface ConvInputGradInstruction {
  readonly kind: "convInputGrad";
  readonly entries: number;
  readonly rowAxes: number;
  readonly dy: View;
  readonly filter: View;
  readonly patches: View;
  readonly output: View;
}

/**
 * Contiguous input [outer, length, inner] to contiguous output [outer, inner]. An empty reduction gives the operation's
 * identity.
 */
export interface ReduceInstruction {
  readonly kind: "reduce";
  readonly operation: "sum" | "max" | "min" | "prod";
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly input: View;
  readonly output: View;
}

/** As reduce; the output is int32: the first index of the extreme. A NaN counts as the extreme. */
export interface ArgReduceInstruction {
  readonly kind: "argReduce";
  readonly operation: "max" | "min";
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly input: View;
  readonly output: View;
}

/** Along the last axis of contiguous [rows, columns]; `log` gives the logarithm, computed stably. */
export interface SoftmaxInstruction {
  readonly kind: "softmax";
  readonly log: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly input: View;
  readonly output: View;
}

/** Gradient through softmax from its result y: y·(dy − Σ dy·y); through its logarithm: dy − e^y·Σ dy. */
export interface SoftmaxGradInstruction {
  readonly kind: "softmaxGrad";
  readonly log: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly dy: View;
  readonly y: View;
  readonly output: View;
}

/**
 * output[i, :] = table[indices[i], :]; all contiguous; indices int32. A row for an index out of range is NaN (0 for an
 * int32 table).
 */
export interface GatherInstruction {
  readonly kind: "gather";
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly table: View;
  readonly indices: View;
  readonly output: View;
}

/** output = 0; then output[indices[i], :] += updates[i, :] in order of i; indices out of range are passed over. */
export interface ScatterAddInstruction {
  readonly kind: "scatterAdd";
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly indices: View;
  readonly updates: View;
  readonly output: View;
}

/**
 * Uniform numbers in (0, 1) by Philox 4×32-10: (u₂₃ + ½)·2⁻²³ from the top 23 bits, so the same in float32 and float64.
 * `key` is int32 [4]: seed (low, high) and step (low, high). The counter of elements 4i … 4i+3 is (i, stream, step low,
 * 2·step high), the key that of the seed. An odd last word belongs to random numbers of the host.
 */
export interface RandomInstruction {
  readonly kind: "random";
  readonly stream: number;
  readonly count: number;
  readonly key: View;
  readonly output: View;
}

/** Running sums along `length` of contiguous [outer, length, inner]. */
export interface CumsumInstruction {
  readonly kind: "cumsum";
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly input: View;
  readonly output: View;
}

/**
 * Windows that slide over three spatial axes of channels-last tensors: [batch, …inputs, channels] has [batch, …outputs,
 * channels] windows. Element k of window o is input o·stride − low + k along each axis, where there is one; every
 * window has an element.
 */
export interface Windows {
  readonly batch: number;
  readonly inputs: Spatial;
  readonly outputs: Spatial;
  readonly size: Spatial;
  readonly strides: Spatial;
  readonly low: Spatial;
  readonly channels: number;
}

/** Depth, height and width; what has fewer spatial axes has leading ones. */
export type Spatial = readonly [depth: number, height: number, width: number];

/**
 * Per window and channel: with "select" the input where `keys` (of the input's shape) is largest, with "sum" the sum of
 * the input; all contiguous. Of equal keys the first in row-major order counts; NaN is larger than every number.
 */
export interface PoolInstruction {
  readonly kind: "pool";
  readonly operation: "select" | "sum";
  readonly windows: Windows;
  /** Only with "select". */
  readonly keys?: View;
  readonly input: View;
  readonly output: View;
}

/**
 * The adjoint of pool: output = 0; then each window adds its `dy` to all of its elements ("sum") or to the one that its
 * keys select; all contiguous. `windows.inputs` are the output's extents.
 */
export interface PoolGradInstruction {
  readonly kind: "poolGrad";
  readonly operation: "select" | "sum";
  readonly windows: Windows;
  /** Only with "select". */
  readonly keys?: View;
  readonly dy: View;
  readonly output: View;
}

/**
 * A convolution in which channels do not meet, channels last: y[b, o, c] = Σ_k x[b, o·stride − low + k·dilation, c] ·
 * kernel[k, c] over both spatial axes and the taps that meet an element of x. Input [batch, …inputs, channels], kernel
 * [...size, channels], output [batch, …outputs, channels].
 */
export interface DepthwiseGeometry {
  readonly batch: number;
  readonly inputs: Plane;
  readonly outputs: Plane;
  readonly size: Plane;
  readonly strides: Plane;
  readonly dilations: Plane;
  readonly low: Plane;
  readonly channels: number;
}

/** Height and width. */
export type Plane = readonly [height: number, width: number];

/** All contiguous. */
export interface DepthwiseConvInstruction {
  readonly kind: "depthwiseConv";
  readonly geometry: DepthwiseGeometry;
  readonly input: View;
  readonly kernel: View;
  readonly output: View;
}

/** The adjoint in the input: output [batch, …inputs, channels] from dy [batch, …outputs, channels]. */
export interface DepthwiseConvInputGradInstruction {
  readonly kind: "depthwiseConvInputGrad";
  readonly geometry: DepthwiseGeometry;
  readonly dy: View;
  readonly kernel: View;
  readonly output: View;
}

/** The adjoint in the kernel: output [...size, channels] from input and dy. */
export interface DepthwiseConvFilterGradInstruction {
  readonly kind: "depthwiseConvFilterGrad";
  readonly geometry: DepthwiseGeometry;
  readonly input: View;
  readonly dy: View;
  readonly output: View;
}

/** Strided copy between views of one shape and dtype. The views never overlap. */
export interface CopyInstruction {
  readonly kind: "copy";
  readonly input: View;
  readonly output: View;
}

/** Writes one value to every element of a view. */
export interface FillInstruction {
  readonly kind: "fill";
  readonly value: number;
  readonly output: View;
}

/**
 * What a buffer is for. A variable has storage that outlives the run; a constant its data; temporaries and inputs lie
 * where the backend puts them (see `planArena`).
 */
export type BufferKind = "temporary" | "input" | "constant" | "variable";

export interface BufferSpec {
  readonly kind: BufferKind;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** Inputs and variables: their names, for printing and errors. */
  readonly name?: string;
  /** Constants: their data. */
  readonly data?: TypedArray;
}

/** A compiled graph: plain data that can be printed, compared, sent to a worker. */
export interface Program {
  readonly buffers: readonly BufferSpec[];
  readonly instructions: readonly Instruction[];
  /** Contiguous views by input name. */
  readonly inputs: Readonly<Record<string, View>>;
  /** Contiguous views by output name. They stay valid until the next run of any program on the backend. */
  readonly outputs: Readonly<Record<string, View>>;
  /** Buffer ids of the variables, in the order in which `Backend.load` takes their storages. */
  readonly variables: readonly BufferId[];
}

/** The views that an instruction reads and writes, its epilogue's included. */
export function viewsOf(instruction: Instruction): { reads: readonly View[]; writes: readonly View[] } {
  switch (instruction.kind) {
    case "map":
      return { reads: instruction.inputs, writes: instruction.outputs };
    case "matmul":
      return {
        reads: [
          instruction.a,
          instruction.b,
          ...(instruction.epilogue?.inputs ?? []).filter((view) => view.buffer !== instruction.output.buffer),
        ],
        writes: [instruction.output, ...(instruction.epilogue?.outputs ?? [])],
      };
    case "convInputGrad":
      return { reads: [instruction.dy, instruction.filter], writes: [instruction.output] };
    case "softmaxGrad":
      return { reads: [instruction.dy, instruction.y], writes: [instruction.output] };
    case "gather":
      return { reads: [instruction.table, instruction.indices], writes: [instruction.output] };
    case "scatterAdd":
      return { reads: [instruction.indices, instruction.updates], writes: [instruction.output] };
    case "pool":
      return {
        reads: instruction.keys ? [instruction.keys, instruction.input] : [instruction.input],
        writes: [instruction.output],
      };
    case "poolGrad":
      return {
        reads: instruction.keys ? [instruction.keys, instruction.dy] : [instruction.dy],
        writes: [instruction.output],
      };
    case "depthwiseConv":
      return { reads: [instruction.input, instruction.kernel], writes: [instruction.output] };
    case "depthwiseConvInputGrad":
      return { reads: [instruction.dy, instruction.kernel], writes: [instruction.output] };
    case "depthwiseConvFilterGrad":
      return { reads: [instruction.input, instruction.dy], writes: [instruction.output] };
    case "random":
      return { reads: [instruction.key], writes: [instruction.output] };
    case "fill":
      return { reads: [], writes: [instruction.output] };
    default:
      return { reads: [instruction.input], writes: [instruction.output] };
  }
}
