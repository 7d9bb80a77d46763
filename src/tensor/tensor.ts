// The node of a recorded graph.
import { valueError } from "../errors.ts";
import { cut, Printed, short } from "../format.ts";
import type { DType, TypedArray } from "../ir/dtype.ts";
import { formatShape, type Shape } from "../ir/shape.ts";
import { hostJson } from "./host-json.ts";
import type { OpDefinition } from "./op.ts";

/**
 * An immutable node of a graph: an op, its inputs, its attributes, a shape, a dtype. It computes nothing and owns no
 * memory of a backend; `data()` compiles and runs what is needed.
 */
export class Tensor extends Printed {
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
  ) {
    super();
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Compiles, runs and reads: the values in row-major order, in a new array. */
  async data(): Promise<TypedArray> {
    // Imported only when values are read: recording needs no compiler and no backend.
    const { evaluate } = await import("../backends/evaluate.ts");
    return (await evaluate([this]))[0] as TypedArray;
  }

  /**
   * As {@link data}, as nested arrays of numbers (a number for a scalar).
   *
   * The type says how deep the nesting is, which nothing checks: a tensor's rank is known when it is recorded, not when
   * TypeScript compiles. Without a type argument it is that of a matrix, such as predictions [samples, values].
   * @example const p = await t.array<number[][][]>(); p[0][0][0]; const loss = await mean.array<number>();
   */
  async array<Nested extends NestedArray = Rows>(): Promise<Nested> {
    return nest(await this.data(), this.shape) as Nested;
  }

  /**
   * `Tensor float32 [2, 2] [[1, 2], [3, 4]]`; what has to be computed shows what computes it: `Tensor float32 [8, 2]
   * (matmul)`.
   */
  override toString(): string {
    const {
      name = "",
      fn,
      variable,
    } = this.attrs as { name?: string; fn?: { name: string }; variable?: { name: string } };
    const what = this.constant
      ? textOf(this.constant, this.shape)
      : `(${fn?.name ?? `${this.op.name} ${variable?.name ?? name}`.trim()})`;
    return cut(`Tensor ${this.dtype} ${formatShape(this.shape)} ${what}`, 400);
  }

  /** A constant in a form that is taken wherever arrays are; other tensors as text. */
  override toJSON(): unknown {
    return this.constant ? hostJson(this.constant, this.shape) : String(this);
  }

  /**
   * The rows along the first axis, as {@link array} gives them, of values that are there: those of a constant, and of
   * what `predict` gave. Other tensors and scalars are not iterable. (A method that throws would throw in tests, too,
   * which look into objects that hold tensors.)
   * @example for (const [probability] of await model.predict(x)) console.log(probability);
   */
  get [Symbol.iterator](): () => Iterator<Rows[number]> {
    const { constant } = this;
    const rows = constant && this.rank > 0 && (() => (nest(constant, this.shape) as Rows)[Symbol.iterator]());
    return (rows || undefined) as () => Iterator<Rows[number]>;
  }

  /** Text for templates. @throws ValueError for `t * 2` and `t > 1`, which would silently be NaN and false. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint !== "number") return this.toString();
    throw valueError("tensor", {
      rule: "operators take numbers",
      expected: "a number",
      received: this,
      advice: "Compute with ops, or with await t.array().",
    });
  }

  private get constant(): TypedArray | undefined {
    return this.op.literal?.(this.attrs);
  }
}

/** Numbers in arrays in arrays, as deep as a tensor has axes. */
export type NestedArray = number | NestedArray[];

/** At least one row of at least one number. */
export type Rows = [[number, ...number[]], ...[number, ...number[]][]];

/** Row-major values as nested arrays. */
export function nest(data: ArrayLike<number>, shape: Shape, offset = 0): NestedArray {
  if (shape.length === 0) return data[offset] as number;
  const [extent = 0, ...rest] = shape;
  const step = rest.reduce((size, inner) => size * inner, 1);
  return Array.from({ length: extent }, (_, index) => nest(data, rest, offset + index * step));
}

/**
 * The first five values of the last axis, for as many rows of a matrix, and for two along each axis of what has more
 * axes.
 */
function textOf(data: ArrayLike<number>, shape: Shape, offset = 0, rows = shape.length > 2 ? 2 : 5): string {
  if (shape.length === 0) return short(data[offset] as number);
  const [extent = 0, ...rest] = shape;
  const step = rest.reduce((size, inner) => size * inner, 1);
  const shown = Array.from({ length: Math.min(extent, rest.length === 0 ? 5 : rows) }, (_, index) =>
    textOf(data, rest, offset + index * step, rows),
  );
  return `[${shown.join(", ")}${shown.length < extent ? ", …" : ""}]`;
}
