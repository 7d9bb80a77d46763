// Reductions along an axis on the js backend.
import type { DType } from "../../ir/dtype.ts";
import type { ArgReduceInstruction, ReduceInstruction } from "../../ir/instructions/reduce.ts";
import type { Memory } from "./memory.ts";

interface Fold {
  /** What an empty reduction gives. */
  readonly identity: number;
  readonly combine: (x: number, y: number) => number;
}

const add = (x: number, y: number): number => x + y;

/** Folds run in float64 and are rounded once, when stored; NaN spreads. Integers wrap around. */
const folds: Readonly<Record<DType, Readonly<Record<ReduceInstruction["operation"], Fold>>>> = {
  float32: {
    sum: { identity: 0, combine: add },
    prod: { identity: 1, combine: (x, y) => x * y },
    max: { identity: Number.NEGATIVE_INFINITY, combine: Math.max },
    min: { identity: Number.POSITIVE_INFINITY, combine: Math.min },
  },
  int32: {
    sum: { identity: 0, combine: add },
    prod: { identity: 1, combine: Math.imul },
    max: { identity: -2147483648, combine: Math.max },
    min: { identity: 2147483647, combine: Math.min },
  },
};

/** [outer, length, inner] to [outer, inner]. */
export function reduce({ operation, outer, length, inner, input, output }: ReduceInstruction, memory: Memory): void {
  const { identity, combine } = folds[output.dtype][operation];
  const x = memory.window(input);
  const y = memory.window(output);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * length * inner + i;
      let result = identity;
      for (let l = 0; l < length; l++) result = combine(result, x[first + l * inner] as number);
      y[o * inner + i] = result;
    }
  }
}

/** The first index of the extreme; the first NaN, where there is one. */
export function argReduce(
  { operation, outer, length, inner, input, output }: ArgReduceInstruction,
  memory: Memory,
): void {
  const sign = operation === "max" ? 1 : -1;
  const x = memory.window(input);
  const y = memory.window(output);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * length * inner + i;
      let best = 0;
      for (let l = 1; l < length; l++) {
        const champion = x[first + best * inner] as number;
        if (Number.isNaN(champion)) break;
        const challenger = x[first + l * inner] as number;
        if (sign * challenger > sign * champion || Number.isNaN(challenger)) best = l;
      }
      y[o * inner + i] = best;
    }
  }
}
