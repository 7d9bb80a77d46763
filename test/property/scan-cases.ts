// Cases of the ops that recurrences are recorded as.
import fc from "fast-check";
import type { Shape } from "../../src/ir/shape.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import { type Scanned, scan } from "../../src/tensor/scan/scan.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Cases, values as Values } from "./op-cases.ts";

/** A recurrence over the rows of x, from the last on or from the first; its second value is none of its products. */
const recurrence =
  (isBackward: boolean, of: (run: Scanned, w: Tensor) => Tensor) =>
  ([x, w, h]: readonly Tensor[]): Tensor => {
    const [rows = 0, columns = 0] = (x as Tensor).shape;
    const run = scan(rows, [h, ops.zeros([1, columns])] as Tensor[], (index, [a, b]) => {
      const row = ops.slice(x as Tensor, [isBackward ? rows - 1 - index : index, 0], [1, columns]);
      const next = ops.tanh(ops.add(row, ops.matmul(a as Tensor, w as Tensor)));
      const decayed = ops.add(ops.mul(b as Tensor, 0.7), ops.mul(next, w as Tensor));
      return { next: [next, ops.sum(decayed, 0, true)], outputs: [ops.mul(next, row), decayed] };
    });
    return of(run as Scanned, w as Tensor);
  };

/** @param values as in op-cases.ts. */
export function scanCases(values: typeof Values) {
  const small = (...shapes: Shape[]) => fc.tuple(...shapes.map((shape) => values(shape, [-0.7, 0.7])));

  const recurrences = (label: string, of: (run: Scanned, w: Tensor) => Tensor): Cases =>
    fc
      .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.boolean())
      .chain(([rows, columns, isBackward]) =>
        small([rows, columns], [columns, columns], [1, columns]).map((inputs) => ({
          label: `${label} of ${rows} steps ${isBackward ? "backwards" : ""}`,
          inputs,
          f: recurrence(isBackward, of),
        })),
      );

  return {
    scan: recurrences("last values", (run) => run.last().reduce((a, b) => ops.add(a, b))),
    scanOutput: fc.boolean().chain((reversed) =>
      recurrences("rows", (run) => {
        const [a, b] = run.stacked(reversed) as [Tensor, Tensor];
        return ops.concat([ops.sum(a, 1), ops.sum(b, 1)], 0);
      }),
    ),
    // Gradients of the gradient, which is the only way to this op.
    scanOutputGrad: recurrences("gradient", (run, w) => {
      const rows = run.stacked()[0] as Tensor;
      return gradients(ops.sum(ops.sin(ops.concat([ops.sum(rows, 0), ...run.last()], 0))), [w])[0] as Tensor;
    }),
  };
}
