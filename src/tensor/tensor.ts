import type { DType, TypedArray } from "./dtype.ts";
import type { OpDefinition } from "./op.ts";
import type { Shape } from "./shape.ts";

/**
 * An immutable node of a graph: an op, its inputs, its attributes, a shape, a dtype. It computes nothing and owns no memory of
 * a backend; `data()` compiles and runs what is needed.
 */
export class Tensor {
  private static count = 0;
  /** Numbers tensors in the order in which they were recorded, so inputs come before what uses them. */
  readonly id: number = Tensor.count++;

  /** Use the ops (or `tensor(…)`) to make tensors. */
  constructor(
    readonly op: OpDefinition,
    readonly inputs: readonly Tensor[],
    readonly attrs: object,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Compiles, runs and reads: the values in row-major order, in an array of the caller's own. */
  async data(): Promise<TypedArray> {
    // The one look upwards in the house, taken only when somebody asks for numbers: recording needs no compiler and no backend.
    const { evaluate } = await import("../backends/evaluate.ts");
    return (await evaluate([this]))[0] as TypedArray;
  }

  /** As {@link data}, as nested arrays of numbers (a number for a scalar). */
  async array(): Promise<NestedArray> {
    return nest(await this.data(), this.shape);
  }
}

/** Numbers in arrays in arrays, as deep as a tensor has axes. */
export type NestedArray = number | NestedArray[];

/** Row-major values as nested arrays. */
export function nest(data: ArrayLike<number>, shape: Shape, offset = 0): NestedArray {
  if (shape.length === 0) return data[offset] as number;
  const [extent = 0, ...rest] = shape;
  const step = rest.reduce((size, inner) => size * inner, 1);
  return Array.from({ length: extent }, (_, index) => nest(data, rest, offset + index * step));
}
