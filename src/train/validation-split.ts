import { checkFraction } from "../checks.ts";
import { sliceRows } from "../data/array.ts";
import { valueError } from "../errors.ts";
import type { Columns } from "./batch.ts";

/**
 * The first floor(n·(1 − fraction)) rows to train with, the rest to validate with. Nothing is shuffled before.
 * @throws ValueError where the fraction is not in (0, 1) or one part is empty.
 */
export function splitColumns(label: string, columns: Columns, fraction: number): [Columns, Columns] {
  checkFraction(label, "validationSplit", fraction);
  const first = Math.floor(columns.rows * (1 - fraction));
  if (first === 0 || first === columns.rows) {
    throw valueError(label, {
      rule: "validationSplit leaves no samples on one side",
      expected: "at least one sample to train and one to validate with",
      received: `${first} and ${columns.rows - first}`,
      context: `${columns.rows} samples, validationSplit ${fraction}`,
    });
  }
  const part = (start: number, end: number): Columns => ({
    rows: end - start,
    x: columns.x.map((array) => sliceRows(array, start, end)),
    y: columns.y.map((array) => array && sliceRows(array, start, end)),
    weights: columns.weights.map((array) => array && sliceRows(array, start, end)),
  });
  return [part(0, first), part(first, columns.rows)];
}
