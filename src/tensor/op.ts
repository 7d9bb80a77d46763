// How a primitive op is declared and recorded.
import type { DType, TypedArray } from "../ir/dtype.ts";
import type { Instruction } from "../ir/instruction.ts";
import type { Algebra } from "../ir/primitive.ts";
import { checkSize, type Shape, stridesOf } from "../ir/shape.ts";
import type { BufferId, View } from "../ir/view.ts";
import { Tensor } from "./tensor.ts";

/** The primitive ops; all others are made of these. The property tests have a table typed over this list. */
export type OpName =
  | "constant"
  | "input"
  | "variable"
  | "elementwise"
  | "cast"
  | "matmul"
  | "conv"
  | "convInputGrad"
  | "convFilterGrad"
  | "reduce"
  | "argReduce"
  | "softmax"
  | "softmaxGrad"
  | "reshape"
  | "transpose"
  | "broadcastTo"
  | "slice"
  | "concat"
  | "pad"
  | "gather"
  | "scatterAdd"
  | "groupRows"
  | "setRows"
  | "random"
  | "cumsum"
  | "pool"
  | "poolGrad"
  | "depthwiseConv"
  | "depthwiseConvInputGrad"
  | "depthwiseConvFilterGrad"
  | "withGradient"
  | "scan"
  | "scanOutput"
  | "scanOutputGrad";

/** Tensors by name. */
type Tensors = Readonly<Record<string, Tensor>>;

/** New values of a table, and of some of the arrays that belong to it. */
interface Updated {
  readonly w: Tensor;
  readonly slots: Partial<Tensors>;
}

/** Recorded maths that gives new values of a table from its gradient. */
export type RowUpdate = (table: Tensor, gradient: Tensor, others: Tensors) => Updated;

interface OpBase<A extends object> {
  readonly name: OpName;
  /** Shape and dtype of the result; throws on inputs that do not fit. */
  infer(inputs: readonly Tensor[], attrs: A): { shape: Shape; dtype: DType };
  /**
   * Gradient per input, recorded with ops; null where there is none. `dy` has the result's shape. A gradient may have
   * the shape that its input was broadcast to: `gradients` sums it.
   */
  vjp(dy: Tensor, inputs: readonly Tensor[], y: Tensor, attrs: A): readonly (Tensor | null)[];
  /**
   * Of a gradient that is zero but for some rows, and takes fewer elements so: `update` of these rows alone. `update`
   * gets the rows of a table and of other arrays of its shape, with the gradients of these rows, and gives new ones;
   * what comes back are whole arrays with these rows set. Undefined where all rows at once are less work, unless
   * `always`.
   */
  byRows?(gradient: Tensor, update: RowUpdate, table: Tensor, others: Tensors, always: boolean): Updated | undefined;
  /** Of an op whose result is known when it is recorded: the values. */
  literal?(attrs: A): TypedArray;
}

/** An op that is lowered to instructions or to a view. */
export interface KernelOp<A extends object> extends OpBase<A> {
  /**
   * Emits instructions and returns a view of the result; ops that move no data return another view of an input.
   */
  lower(ctx: LowerContext, inputs: readonly View[], output: Tensor, attrs: A): View;
}

/** An op on single elements (inputs broadcast): the compiler fuses it with its neighbours into one loop. */
export interface ElementwiseOp<A extends object> extends OpBase<A> {
  expression<T>(m: Algebra<T>, inputs: readonly T[], attrs: A): T;
}

/** Shape rule, gradient and lowering of one op in one literal. */
// biome-ignore lint/suspicious/noExplicitAny: a list of ops with different attributes needs a common type
export type OpDefinition<A extends object = any> = KernelOp<A> | ElementwiseOp<A>;

/** What an op's lowering may do. */
export interface LowerContext {
  emit(instruction: Instruction): void;
  /** A new contiguous temporary. */
  allocate(shape: Shape, dtype: DType): View;
  /** The view itself where it is contiguous, else a copy of it. */
  contiguous(view: View): View;
  /** A buffer for constants, program inputs and variables, made on first need. */
  leaf(tensor: Tensor): BufferId;
  /** The view of a tensor that has been lowered. */
  view(tensor: Tensor): View;
  /** Emits the loop of a scan, and notes the views of its outputs. */
  lowerScan?(scan: Tensor, inputs: readonly View[]): View;
}

/** Lowers a constant, a program input or a variable: the whole of its buffer. */
export const lowerLeaf = (ctx: LowerContext, _: readonly View[], leaf: Tensor): View => ({
  buffer: ctx.leaf(leaf),
  dtype: leaf.dtype,
  offset: 0,
  shape: leaf.shape,
  strides: stridesOf(leaf.shape),
});

/** Declares a primitive op. */
export function defineOp<A extends object>(definition: OpDefinition<A>): OpDefinition<A> {
  return definition;
}

export function isElementwise(op: OpDefinition): op is ElementwiseOp<object> {
  return "expression" in op;
}

/** Records one node. @throws ValueError where it has more elements than a backend could hold. */
export function record<A extends object>(op: OpDefinition<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const { shape, dtype } = op.infer(inputs, attrs);
  return new Tensor(op, inputs, attrs, checkSize(op.name, shape), dtype);
}
