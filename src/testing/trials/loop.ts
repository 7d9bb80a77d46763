// Trials of loops.
import type { Instruction } from "../../ir/instruction.ts";
import type { LoopInstruction } from "../../ir/instructions/loop.ts";
import type { View } from "../../ir/view.ts";
import { addition } from "../programs.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

/** A view of one row after another of a contiguous [rows, columns], from this row on. */
function rowsOf(stack: View, first: number, by: number, outer: readonly number[] = []): View {
  const [, columns = 0] = stack.shape;
  return {
    ...stack,
    offset: stack.offset + first * columns,
    shape: [1, columns],
    strides: [columns, 1],
    advances: [...outer, by * columns],
  };
}

/** A matrix as a batch of one. */
const asBatch = (view: View): View => ({ ...view, shape: [1, ...view.shape], strides: [0, ...view.strides] });

/**
 * Trials of `loop`: h' = h·W + x over steps, forwards and backwards, with h in rows or in one place; loops in loops;
 * several values of a step in one buffer.
 */
export const loopTrials: Trials<"loop"> = () => {
  const recurrence = (
    steps: number,
    columns: number,
    isBackward: boolean,
    isStacked: boolean,
  ): Trial<LoopInstruction> => {
    const setting = new Setting(steps + columns);
    const kernel = setting.float([columns, columns], { min: -1 / columns, max: 1 / columns });
    const x = setting.float([steps, columns]);
    const states = setting.float([isStacked ? steps + 1 : 1, columns]);
    const product = setting.room([1, columns]);
    const before = isStacked ? rowsOf(states, 0, 1) : states;
    const after = isStacked ? rowsOf(states, 1, 1) : states;
    const input = isBackward ? rowsOf(x, steps - 1, -1) : rowsOf(x, 0, 1);
    const body: Instruction[] = [
      { kind: "matmul", a: asBatch(before), b: asBatch(kernel), output: asBatch(product) },
      addition(product, input, after),
    ];
    return {
      label: `${steps} steps of ${columns} columns${isBackward ? ", backwards" : ""}${isStacked ? ", in rows" : ""}`,
      instruction: { kind: "loop", steps, body, work: 1, reads: [kernel, x, states], writes: [product, states] },
      arrays: setting.arrays,
      rtol: 1e-4,
      atol: 1e-4,
    };
  };
  const nested = (outer: number, inner: number): Trial<LoopInstruction> => {
    const setting = new Setting(outer);
    const x = setting.float([outer * inner, 3]);
    const sums = setting.float([outer, 3]);
    const part = { ...rowsOf(x, 0, inner), advances: [inner * 3, 3] };
    const body: Instruction[] = [addition(rowsOf(sums, 0, 1), part, rowsOf(sums, 0, 1))];
    const [reads, writes] = [[x, sums], [sums]];
    const loop: LoopInstruction = { kind: "loop", steps: inner, body, work: 1, reads, writes };
    return {
      label: `${outer} times ${inner} steps`,
      instruction: { kind: "loop", steps: outer, body: [loop], work: 1, reads, writes },
      arrays: setting.arrays,
      rtol: 1e-5,
      atol: 1e-5,
    };
  };
  /** h' = h·W + (x + x), where x + x and h·W lie side by side, and an epilogue reads both. */
  const besides = (steps: number, columns: number): Trial<LoopInstruction> => {
    const setting = new Setting(steps + columns);
    const kernel = setting.float([columns, columns], { min: -1 / columns, max: 1 / columns });
    const x = setting.float([steps, columns]);
    const states = setting.float([steps + 1, columns]);
    const values = setting.room([2, columns]);
    const [twice, product] = [rowsOf(values, 0, 0), rowsOf(values, 1, 0)];
    const row = rowsOf(x, 0, 1);
    const body: Instruction[] = [
      addition(row, row, twice),
      {
        kind: "matmul",
        a: asBatch(rowsOf(states, 0, 1)),
        b: asBatch(kernel),
        output: asBatch(product),
        epilogue: addition(product, twice, rowsOf(states, 1, 1)),
      },
    ];
    return {
      label: `${steps} steps of ${columns} columns, values in one buffer`,
      instruction: { kind: "loop", steps, body, work: 1, reads: [kernel, x, states, values], writes: [values, states] },
      arrays: setting.arrays,
      rtol: 1e-4,
      atol: 1e-4,
    };
  };
  return [
    ...[1, 2, 7].flatMap((steps) =>
      [1, 4, 33].flatMap((columns) =>
        [false, true].flatMap((isBackward) =>
          [false, true].map((isStacked) => recurrence(steps, columns, isBackward, isStacked)),
        ),
      ),
    ),
    recurrence(40, 128, true, true),
    nested(1, 1),
    nested(3, 4),
    besides(5, 33),
    besides(5, 128),
  ];
};
