import { sizeOf } from "../../ir/shape.ts";
import { record } from "../../tensor/op.ts";
import { add, cast, div, floor, less, mul, sub, where } from "../../tensor/ops/elementwise.ts";
import { range } from "../../tensor/ops/indexing.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { scatterAddWith } from "../../tensor/ops/scatter-add.ts";
import { reshape, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { RunningSum } from "./running-sum.ts";

/** The current values of running sums. */
export function valuesOf<K extends string>(sums: Readonly<Record<K, RunningSum>>): Record<K, Tensor> {
  return Object.fromEntries(Object.entries<RunningSum>(sums).map(([name, { value }]) => [name, value])) as Record<
    K,
    Tensor
  >;
}

/**
 * Down a column a backend may add terms one after the other in float32, along a row it keeps sums of blocks in float64.
 */
const longestColumn = 16;

/** The sum over the first axis, [n, …] → […], with an error that does not grow with n. */
export function sumOverBatch(x: Tensor): Tensor {
  const [rows = 1, ...rest] = x.shape;
  if (x.rank < 2 || rows <= longestColumn) return sum(x, 0);
  return reshape(sum(transpose(reshape(x, [rows, sizeOf(rest)])), 1), rest);
}

const addToCells = /* @__PURE__ */ scatterAddWith(() => [null, null]);

/** Up to 2^24 a float32 counts in steps of 1, and holds whole numbers. */
const exactLimit = 2 ** 24;

/**
 * The mass in each cell, [cells]. Cells are float32 numbers; what is negative is in none.
 *
 * A backend adds to a cell term by term in float32. So that nothing is lost, terms are spread over several copies of
 * the cells, which are then added up; and fractions are halved into 12 leading bits and the rest, the sums of which
 * stay exact for a few thousand terms of one size.
 * @param isWhole whether the mass is made of zeros and ones.
 */
export function histogram(cell: Tensor, mass: Tensor, cells: number, isWhole: boolean): Tensor {
  const n = sizeOf(cell.shape);
  const [flatCell, flatMass] = [reshape(cell, [n]), reshape(mass, [n])];
  const room = Math.floor(Math.min(exactLimit, Math.max(n, 65536)) / cells);
  const copies = Math.max(1, Math.min(Math.ceil(n / (isWhole ? exactLimit : 2048)), room));
  const copy = mul(floor(div(range(n), Math.ceil(n / copies))), cells);
  const index = cast(copies === 1 ? flatCell : where(less(flatCell, 0), -1, add(flatCell, copy)), "int32");
  const spread = (part: Tensor) =>
    sumOverBatch(reshape(record(addToCells, [index, part], { shape: [copies * cells] }), [copies, cells]));
  if (isWhole) return spread(flatMass);
  // Veltkamp's split.
  const scaled = mul(flatMass, 4097);
  const leading = sub(scaled, sub(scaled, flatMass));
  return add(spread(leading), spread(sub(flatMass, leading)));
}
