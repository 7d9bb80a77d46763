// What a trial of an instruction is, and the arrays that it runs on.
import { HostRandom } from "../../data/rng.ts";
import type { DType, TypedArray } from "../../ir/dtype.ts";
import type { Instruction, InstructionKind } from "../../ir/instruction.ts";
import { type Shape, sizeOf, stridesOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { viewOf } from "../programs.ts";

/** One instruction on given memory, to be run on two backends. */
export interface Trial<I extends Instruction = Instruction> {
  readonly label: string;
  readonly arrays: readonly TypedArray[];
  readonly instruction: I;
  /**
   * How far float32 results may be from float64 ones: |difference| ≤ atol + rtol·|expected|. Default 0: equal after
   * rounding.
   */
  readonly rtol?: number;
  readonly atol?: number;
}

/** The trials of one kind of instruction. */
export type Trials<K extends InstructionKind> = () => readonly Trial<Extract<Instruction, { kind: K }>>[];

/** The values around and under results before a run, so that a kernel that writes elsewhere is caught. */
const sentinel = -987654;

/** The layout of a view in its buffer. */
export interface Layout {
  /** Strides; default contiguous. */
  strides?: readonly number[];
  /** Elements that the strides reach over; default those of the shape. */
  span?: number;
}

/** The memory of one trial: each operand in a buffer of its own, at an offset, between sentinels. */
export class Setting {
  readonly arrays: TypedArray[] = [];
  private readonly random: HostRandom;

  /** @param seed the same seed gives the same contents. */
  constructor(seed: number) {
    this.random = new HostRandom(seed, 0, 0);
  }

  /** float32 contents, exact in float32. */
  float(shape: Shape, layout: Layout & { min?: number; max?: number } = {}): View {
    const { min = -1, max = 1 } = layout;
    return this.place(shape, "float32", layout, () => Math.fround(min + (max - min) * this.uniform()));
  }

  /** int32 contents from min to max, both included. */
  int(shape: Shape, layout: Layout & { min?: number; max?: number } = {}): View {
    const { min = -9, max = 9 } = layout;
    return this.place(shape, "int32", layout, () => min + this.random.below(max - min + 1));
  }

  /** Given contents, contiguous. */
  given(values: readonly number[], shape: Shape = [values.length], dtype: DType = "float32"): View {
    return this.place(shape, dtype, {}, (index) => values[index] as number);
  }

  /** Room for a result. */
  room(shape: Shape, dtype: DType = "float32", layout: Layout = {}): View {
    return this.place(shape, dtype, layout, () => sentinel);
  }

  /** A number in [0, 1). */
  uniform(): number {
    return this.random.below(2 ** 20) / 2 ** 20;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)] as T;
  }

  private place(
    shape: Shape,
    dtype: DType,
    { strides = stridesOf(shape), span = sizeOf(shape) }: Layout,
    content: (index: number) => number,
  ): View {
    // Odd offsets, so that no kernel can count on an alignment of more than one element.
    const offset = 1 + 2 * this.random.below(3);
    const size = offset + span + 4;
    const array = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    array.fill(sentinel);
    for (let index = 0; index < span; index++) array[offset + index] = content(index);
    return viewOf(this.arrays.push(array) - 1, shape, { dtype, offset, strides });
  }
}
