// Splitting data into parts to train, validate and test with.
import { checkFraction, checkSeed } from "../checks.ts";
import { literal, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type ArrayInput, gatherRows, type HostArray } from "./array.ts";
import { HostRandom, shuffle } from "./rng.ts";
import { Table } from "./table.ts";
import { commonRows, type HostTree, mapLeaves, toHostTree } from "./tree.ts";

/** Options of {@link trainTestSplit}. */
export interface SplitOptions {
  /** Share of the rows to test with, in (0, 1). Default 0.25. */
  testFraction?: number;
  /** Share of all rows to validate with, in (0, 1); the result then has three parts. Default: none. */
  validationFraction?: number;
  /** Of the order: an integer ≥ 0. Default 0. */
  seed?: number;
  /** Whether rows are drawn at random. Default true; with false the test rows are the last, as for series. */
  shuffle?: boolean;
  /**
   * Classes whose shares are to be the same in all parts: a list with a value for each row, or the name of a
   * column of a
   * table.
   */
  stratify?: string | ArrayLike<number | string>;
}

/** A part of the data, in the form of the whole. */
export type SplitPart<T> = T extends Table ? Table : HostTree<T>;

/**
 * Splits a table, an array, or a record or list of arrays, `{ x, y }`, by rows.
 * @returns [train, test], or [train, validation, test] with validationFraction.
 * @throws ValueError where a part would be empty, or a class has too few rows; ShapeError where arrays differ in rows.
 * @example const [train, test] = trainTestSplit({ x, y }, { testFraction: 0.2, stratify: y, seed: 1 });
 * @see scikit-learn `train_test_split`.
 */
export function trainTestSplit<T>(
  data: T,
  options: SplitOptions & {
    /** Share of all rows to validate with, in (0, 1). */
    validationFraction: number;
  },
): [train: SplitPart<T>, validation: SplitPart<T>, test: SplitPart<T>];
export function trainTestSplit<T>(data: T, options?: SplitOptions): [train: SplitPart<T>, test: SplitPart<T>];
export function trainTestSplit<T>(data: T, options: SplitOptions = {}): SplitPart<T>[] {
  const owner = "trainTestSplit";
  if (Array.isArray(options) || ArrayBuffer.isView(options))
    throw valueError(owner, { rule: "splits one object", expected: "trainTestSplit({ x, y })", received: "(x, y)" });
  const checked = checkOptions(owner, options, {
    testFraction: "number",
    validationFraction: "number",
    seed: "number",
    shuffle: "boolean",
    stratify: "string or list or object",
  } as never) as SplitOptions;
  const { testFraction = 0.25, validationFraction, seed = 0, shuffle: isDrawn = true, stratify } = checked;
  checkFraction(owner, "testFraction", testFraction);
  if (validationFraction !== undefined) checkFraction(owner, "validationFraction", validationFraction);
  checkSeed(owner, seed);
  const tree = data instanceof Table ? data : toHostTree("", data as ArrayInput, true);
  const rows = data instanceof Table ? data.length : commonRows(owner, tree);
  const parts = validationFraction === undefined ? [testFraction] : [validationFraction, testFraction];
  if (stratify !== undefined && !isDrawn)
    throw valueError(owner, { rule: "stratify draws rows", expected: "shuffle true", received: "shuffle false" });
  const groups = stratify === undefined ? [indices(rows)] : groupsOf(owner, rows, classesOf(owner, data, stratify));
  const random = new HostRandom(seed, SPLIT, 0);
  const chosen = divide(owner, isDrawn ? groups.map((group) => shuffle(group, random)) : groups, parts, rows);
  const take = (order: readonly number[]) =>
    tree instanceof Table
      ? tree.take(order)
      : mapLeaves(tree as HostTree<T>, (leaf: HostArray) => gatherRows(leaf, order));
  return chosen.map((part) => take(isDrawn ? shuffle(part, random) : part)) as SplitPart<T>[];
}

/** Keeps the numbers of splits apart from those of shuffles. */
const SPLIT = 2;

const indices = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

function classesOf(owner: string, data: unknown, stratify: NonNullable<SplitOptions["stratify"]>): ArrayLike<unknown> {
  if (typeof stratify !== "string") return stratify;
  if (data instanceof Table) return data.column(stratify);
  throw valueError(owner, {
    rule: "only a table has columns",
    expected: "a value for each row",
    received: literal(stratify),
  });
}

function groupsOf(owner: string, rows: number, classes: ArrayLike<unknown>): number[][] {
  if (classes.length !== rows)
    throw valueError(owner, { rule: "stratify has a value for each row", expected: rows, received: classes.length });
  const groups = new Map<unknown, number[]>();
  for (let row = 0; row < rows; row++) {
    const group = groups.get(classes[row]);
    if (group) group.push(row);
    else groups.set(classes[row], [row]);
  }
  return [...groups.values()];
}

/**
 * The rows to train with, then those of each part: of each group its share. What rounding leaves goes to the
 * groups with
 * the largest remainders, so that the parts have the sizes that were asked for.
 */
function divide(
  owner: string,
  groups: readonly (readonly number[])[],
  fractions: readonly number[],
  rows: number,
): number[][] {
  let rest = groups.map((group) => [...group]);
  const parts: number[][] = [];
  for (const fraction of [...fractions].reverse()) {
    const wanted = Math.round(rows * fraction);
    const exact = groups.map(({ length }) => length * fraction);
    const counts = exact.map(Math.floor);
    const order = indices(groups.length).sort((a, b) => remainder(exact, b) - remainder(exact, a) || a - b);
    let missing = wanted - counts.reduce((sum, count) => sum + count, 0);
    for (const at of order) {
      if (missing <= 0) break;
      if ((counts[at] as number) >= (rest[at]?.length ?? 0)) continue;
      counts[at] = (counts[at] as number) + 1;
      missing--;
    }
    parts.unshift(rest.flatMap((group, at) => group.slice(group.length - (counts[at] as number))));
    rest = rest.map((group, at) => group.slice(0, group.length - (counts[at] as number)));
  }
  const all = [rest.flat(), ...parts];
  if (all.every((part) => part.length > 0)) return all;
  throw valueError(owner, {
    rule: "each part needs a row",
    expected: "at least one row in each",
    received: `${all.map(({ length }) => length).join(", ")} of ${rows} rows`,
  });
}

const remainder = (exact: readonly number[], at: number): number => (exact[at] as number) % 1;
