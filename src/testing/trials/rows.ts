// Trials of reductions, running sums and softmax.
import type { DType } from "../../ir/dtype.ts";
import type { ArgReduceInstruction, CumsumInstruction, ReduceInstruction } from "../../ir/instructions/reduce.ts";
import type { SoftmaxGradInstruction, SoftmaxInstruction } from "../../ir/instructions/softmax.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

/** [outer, length, inner]: along the last axis, along the first, in the middle; short, long and empty. */
const extents: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 7, 1],
  [5, 16, 1],
  [3, 1025, 1],
  [1, 32, 30],
  [1, 9, 1027],
  [4, 5, 6],
  [7, 33, 3],
  [0, 4, 2],
  [2, 4, 0],
];
/** Only folds that have an identity can be empty. */
const hollow: readonly (readonly [number, number, number])[] = [...extents, [3, 0, 5], [1, 0, 1]];
const dtypes: readonly DType[] = ["float32", "int32"];
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Trials of `reduce`. */
export const reduceTrials: Trials<"reduce"> = () => [
  ...(["sum", "max", "min", "prod"] as const).flatMap((operation) =>
    dtypes.flatMap((dtype) =>
      hollow.map(([outer, length, inner], index): Trial<ReduceInstruction> => {
        const setting = new Setting(index);
        // Products near 1, so that they neither overflow nor vanish.
        const range =
          operation === "prod" ? { min: dtype === "int32" ? -1 : 0.99, max: dtype === "int32" ? 1 : 1.01 } : {};
        const shape = [outer, length, inner];
        const input = dtype === "int32" ? setting.int(shape, range) : setting.float(shape, range);
        return {
          label: `${operation} of ${dtype} [${shape.join(", ")}]`,
          instruction: {
            kind: "reduce",
            operation,
            outer,
            length,
            inner,
            input,
            output: setting.room([outer, inner], dtype),
          },
          arrays: setting.arrays,
          rtol: 1e-5,
          atol: operation === "sum" ? 1e-7 * length : 1e-6,
        };
      }),
    ),
  ),
  ...(["sum", "max", "min"] as const).map((operation): Trial<ReduceInstruction> => {
    const setting = new Setting(0);
    const input = setting.given([1, nan, 3, 4, -inf, 2, 3, 4, inf, 2, 3, 4], [3, 4, 1]);
    return {
      label: `${operation} with NaN and infinities`,
      instruction: { kind: "reduce", operation, outer: 3, length: 4, inner: 1, input, output: setting.room([3, 1]) },
      arrays: setting.arrays,
    };
  }),
];

/** Trials of `argReduce`: small integers, so that there are ties. */
export const argReduceTrials: Trials<"argReduce"> = () =>
  (["max", "min"] as const).flatMap((operation) => [
    ...dtypes.flatMap((dtype) =>
      extents.map(([outer, length, inner], index): Trial<ArgReduceInstruction> => {
        const setting = new Setting(index);
        const shape = [outer, length, inner];
        const values = Array.from({ length: outer * length * inner }, () => setting.pick([-2, -1, 0, 1, 2]));
        const input = setting.given(values, shape, dtype);
        return {
          label: `${operation} of ${dtype} [${shape.join(", ")}]`,
          instruction: {
            kind: "argReduce",
            operation,
            outer,
            length,
            inner,
            input,
            output: setting.room([outer, inner], "int32"),
          },
          arrays: setting.arrays,
        };
      }),
    ),
    ((): Trial<ArgReduceInstruction> => {
      const setting = new Setting(0);
      const input = setting.given(
        [1, nan, 9, nan, nan, 1, 2, 3, inf, inf, inf, inf, -inf, -inf, -inf, -inf, -inf, inf, -inf, inf],
        [5, 4, 1],
      );
      return {
        label: `${operation} with NaN and infinities`,
        instruction: {
          kind: "argReduce",
          operation,
          outer: 5,
          length: 4,
          inner: 1,
          input,
          output: setting.room([5, 1], "int32"),
        },
        arrays: setting.arrays,
      };
    })(),
  ]);

/** Trials of `cumsum`. */
export const cumsumTrials: Trials<"cumsum"> = () =>
  [false, true].flatMap((exclusive) =>
    [false, true].flatMap((reverse) =>
      dtypes.flatMap((dtype) =>
        hollow.map(([outer, length, inner], index): Trial<CumsumInstruction> => {
          const setting = new Setting(index);
          const shape = [outer, length, inner];
          const input = dtype === "int32" ? setting.int(shape) : setting.float(shape);
          return {
            label: `${dtype} [${shape.join(", ")}]${exclusive ? " exclusive" : ""}${reverse ? " reverse" : ""}`,
            instruction: {
              kind: "cumsum",
              outer,
              length,
              inner,
              exclusive,
              reverse,
              input,
              output: setting.room(shape, dtype),
            },
            arrays: setting.arrays,
            rtol: 1e-5,
            atol: 1e-7 * length,
          };
        }),
      ),
    ),
  );

const matrices: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 2],
  [32, 10],
  [5, 17],
  [2, 1031],
  [0, 4],
  [4, 0],
];

/** Trials of `softmax`: logits near zero, and so large that they overflow unless shifted. */
export const softmaxTrials: Trials<"softmax"> = () =>
  [false, true].flatMap((log) =>
    [1, 30, 1000].flatMap((scale) =>
      matrices.map(([rows, columns], index): Trial<SoftmaxInstruction> => {
        const setting = new Setting(index);
        const shape = [rows, columns];
        const input = setting.float(shape, { min: -scale, max: scale });
        return {
          label: `${log ? "log of " : ""}[${shape.join(", ")}], logits up to ${scale}`,
          instruction: { kind: "softmax", log, rows, columns, input, output: setting.room(shape) },
          arrays: setting.arrays,
          rtol: 1e-5,
          // Shifting a logit of 1000 rounds it to 6e-5.
          atol: log ? 1e-7 * Math.max(10, scale) : 1e-7,
        };
      }),
    ),
  );

/** Trials of `softmaxGrad`: y in (0, 1), or negative for the logarithm. */
export const softmaxGradTrials: Trials<"softmaxGrad"> = () =>
  [false, true].flatMap((log) =>
    matrices.map(([rows, columns], index): Trial<SoftmaxGradInstruction> => {
      const setting = new Setting(index);
      const shape = [rows, columns];
      const dy = setting.float(shape);
      const y = log ? setting.float(shape, { min: -8, max: 0 }) : setting.float(shape, { min: 0, max: 1 });
      return {
        label: `${log ? "log of " : ""}[${shape.join(", ")}]`,
        instruction: { kind: "softmaxGrad", log, rows, columns, dy, y, output: setting.room(shape) },
        arrays: setting.arrays,
        rtol: 1e-5,
        atol: 1e-6 + 1e-7 * columns,
      };
    }),
  );
