// Tensors without inputs: constants and placeholders; and what ops accept as an operand.
import { literal, valueError } from "../../errors.ts";
import { show } from "../../format.ts";
import { type DType, dtypeOf, type NumericArray, type TypedArray } from "../../ir/dtype.ts";
import { checkShape, type Shape, sizeOf } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { flatten, isNumericView, type NestedNumbers } from "../nested.ts";
import { defineOp, lowerLeaf, record } from "../op.ts";
import { Tensor } from "../tensor.ts";
import { Variable } from "../variable.ts";

/** What ops accept: a tensor, a variable (its value), or a number. */
export type Operand = Tensor | Variable | number;

/** An operand as a tensor. */
export function asTensor(operand: Operand): Tensor {
  if (operand instanceof Tensor) return operand;
  if (operand instanceof Variable) return operand.tensor;
  if (typeof operand === "number") return scalar(operand);
  throw valueError("op", {
    rule: "operands are tensors, variables or numbers",
    expected: "a Tensor",
    received: literal(operand),
    advice: "Wrap arrays in tensor(…).",
  });
}

/** Attributes of a constant: one number, or data of a known length. */
export type ConstantAttrs =
  | { readonly value: number }
  | { readonly data: TypedArray; readonly shape: Shape; readonly dtype: DType };

/** A number, or data that are known when the graph is recorded. */
export const constantOp = /* @__PURE__ */ defineOp<ConstantAttrs>({
  name: "constant",
  literal: (attrs) => ("value" in attrs ? Float32Array.of(attrs.value) : attrs.data),
  infer: (_, attrs) =>
    "value" in attrs ? { shape: [], dtype: "float32" } : { shape: attrs.shape, dtype: attrs.dtype },
  vjp: () => [],
  lower: lowerLeaf,
});

/** A float32 scalar constant. */
export function scalar(value: number): Tensor {
  return record(constantOp, [], { value });
}

/** The number that a scalar constant holds, else undefined. */
export function constantValue(tensor: Tensor): number | undefined {
  return tensor.op === constantOp ? (tensor.attrs as { value?: number }).value : undefined;
}

/** The data that a constant tensor holds, else undefined. */
export function constantData(tensor: Tensor): TypedArray | undefined {
  return tensor.op === constantOp ? (tensor.attrs as { data?: TypedArray }).data : undefined;
}

/** Options of {@link tensor}. */
export interface TensorOptions {
  /** Default: int32 for integer arrays, else float32. */
  dtype?: DType;
}

/**
 * A constant tensor from a typed array with its shape, or from nested arrays of numbers. The data are not copied: do
 * not change a typed array after handing it over.
 *
 * @param shape default: that of the nesting, or `[length]` for a typed array.
 * @throws ValueError where the number of values does not fit the shape, or rows differ in length.
 * @example tensor([[1, 2], [3, 4]]); tensor(new Float32Array(6), [2, 3]);
 */
export function tensor(values: NumericArray | NestedNumbers, shape?: Shape, options: TensorOptions = {}): Tensor {
  const flat = isNumericView(values)
    ? { data: values, shape: [values.length] }
    : flatten("tensor", values, Float64Array);
  const { dtype = dtypeOf(flat.data) } = checkOptions("tensor", options, { dtype: "string" });
  const target = shape === undefined ? flat.shape : checkShape("tensor", shape);
  if (sizeOf(target) !== flat.data.length) {
    throw valueError("tensor", {
      rule: "the shape must hold the values",
      expected: `${sizeOf(target)} values`,
      received: flat.data.length,
      context: `shape [${target}]`,
    });
  }
  return record(constantOp, [], { data: convert(flat.data, dtype), shape: target, dtype });
}

/** Float64Array stays, for the reference backend in float64. */
function convert(data: NumericArray, dtype: DType): TypedArray {
  if (dtype === "int32") return data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>);
  return data instanceof Float32Array || data instanceof Float64Array
    ? data
    : Float32Array.from(data as ArrayLike<number>);
}

/** Values that are given at every run. */
export const inputOp = /* @__PURE__ */ defineOp<{ name: string; shape: Shape; dtype: DType }>({
  name: "input",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjp: () => [],
  lower: lowerLeaf,
});

/** A place for values that are given at every run: written through `Executable.input(name)`. */
export function placeholder(name: string, shape: Shape, dtype: DType = "float32"): Tensor {
  return record(inputOp, [], { name, shape: checkShape(`placeholder ${show(name)}`, shape), dtype });
}
