// Tables: columns of numbers and of strings by name.
import { literal, lookUp, shapeError, valueError } from "../errors.ts";
import { cut, Printed } from "../format.ts";
import type { HostArray } from "./array.ts";

/** What a column holds: numbers, strings, or yes and no as 1 and 0. */
export type ColumnKind = "number" | "text" | "boolean";

/** The values of a column: strings, or numbers, where NaN stands for a missing one. */
export type ColumnValues = Float64Array | readonly string[];

/** A row: its values by the names of the columns. */
export type TableRow = Readonly<Record<string, number | string | boolean>>;

/** A column with what it holds. */
interface Column {
  readonly kind: ColumnKind;
  readonly values: ColumnValues;
}

/** How missing values of a column are filled: with a value, or for numbers with the mean or median of the others. */
export type Filling = number | string;

/** A table of columns by name. Methods give new tables and leave this one as it is; columns are not copied. */
export class Table extends Printed {
  /** Number of rows. */
  readonly length: number;
  /** @param columns all of one length. Use `table` or `readCsv`. */
  constructor(private readonly columns: Readonly<Record<string, Column>>) {
    super();
    this.length = Object.values(columns)[0]?.values.length ?? 0;
  }

  /** Names of the columns, in their order. */
  get names(): string[] {
    return Object.keys(this.columns);
  }

  /** What each column holds, by name. */
  get schema(): Readonly<Record<string, ColumnKind>> {
    return Object.fromEntries(Object.entries(this.columns).map(([name, { kind }]) => [name, kind]));
  }

  /** The values of a column. @throws ValueError where there is none of that name, with the nearest. */
  column(name: string): ColumnValues {
    return this.find(name).values;
  }

  /** A column of numbers; NaN where a value is missing. @throws ValueError on a column of strings. */
  numbers(name: string): Float64Array {
    const { values } = this.find(name);
    if (values instanceof Float64Array) return values;
    throw valueError("table.numbers", {
      rule: `"${name}" holds strings`,
      expected: "a column of numbers",
      received: literal(cut(values.find((value) => value !== "") ?? "", 40)),
      advice: "stringLookup or hashing makes numbers of it; or read it with schema.",
    });
  }

  /** A column of strings; "" where a value is missing. @throws ValueError on a column of numbers. */
  text(name: string): readonly string[] {
    const { values } = this.find(name);
    if (!(values instanceof Float64Array)) return values;
    throw valueError("table.text", {
      rule: `"${name}" holds numbers`,
      expected: "a column of strings",
      received: values[0],
      advice: `Read it as text: { schema: { ${name}: "text" } }.`,
    });
  }

  /**
   * Columns by name, as a model of several inputs takes them. @example model.fit(t.pick("age", "city"),
   * t.numbers("y"))
   */
  pick(...names: string[]): Record<string, ColumnValues> {
    return Object.fromEntries((names.length > 0 ? names : this.names).map((name) => [name, this.column(name)]));
  }

  /** Columns of numbers side by side: float32 [rows, columns]. Default: all that hold numbers. */
  matrix(...names: string[]): HostArray {
    const chosen = names.length > 0 ? names : this.names.filter((name) => this.schema[name] !== "text");
    const data = new Float32Array(this.length * chosen.length);
    chosen.forEach((name, at) => {
      this.numbers(name).forEach((value, row) => {
        data[row * chosen.length + at] = value;
      });
    });
    return { data, shape: [this.length, chosen.length] };
  }

  /** Only these columns, in this order. */
  select(...names: string[]): Table {
    return new Table(Object.fromEntries(names.map((name) => [name, this.find(name)])));
  }

  /** Without these columns. */
  drop(...names: string[]): Table {
    for (const name of names) this.find(name);
    return this.select(...this.names.filter((name) => !names.includes(name)));
  }

  /** With a column more, or in place of another: values, or what a function makes of each row. */
  with(
    name: string,
    given: readonly (number | string | boolean)[] | Float64Array | ((row: TableRow) => number | string | boolean),
  ): Table {
    const values = typeof given === "function" ? this.rows().map(given) : given;
    const column = columnOf("table.with", name, values);
    if (column.values.length !== this.length && this.names.length > 0) {
      throw shapeError("table.with", {
        rule: "columns have one length",
        expected: this.length,
        received: column.values.length,
        context: `column "${name}"`,
      });
    }
    return new Table({ ...this.columns, [name]: column });
  }

  /** The rows of these numbers, in this order. */
  take(rows: ArrayLike<number>): Table {
    const wrong = Array.from(rows).find((row) => !Number.isInteger(row) || row < 0 || row >= this.length);
    if (wrong !== undefined)
      throw valueError("table.take", {
        rule: "there is no such row",
        expected: `0 to ${this.length - 1}`,
        received: wrong,
      });
    const gather = ({ kind, values }: Column): Column => ({
      kind,
      values:
        values instanceof Float64Array
          ? Float64Array.from(rows, (row) => values[row] as number)
          : Array.from(rows, (row) => values[row] as string),
    });
    return new Table(Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, gather(column)])));
  }

  /** Rows `start` to `end` (not included). */
  slice(start: number, end = this.length): Table {
    return this.take(Array.from({ length: this.length }, (_, row) => row).slice(start, end));
  }

  /** The rows for which `holds` is true. */
  filter(holds: (row: TableRow, index: number) => boolean): Table {
    return this.take(this.rows().flatMap((row, index) => (holds(row, index) ? [index] : [])));
  }

  /** All rows as objects. */
  rows(): TableRow[] {
    return Array.from({ length: this.length }, (_, row) => this.row(row));
  }

  /** One row as an object. */
  row(index: number): TableRow {
    return Object.fromEntries(
      Object.entries(this.columns).map(([name, { kind, values }]) => {
        const value = values[index] as number | string;
        return [name, kind === "boolean" && !Number.isNaN(value) ? value === 1 : value];
      }),
    );
  }

  /** Number of missing values (NaN or "") in each column. */
  missing(): Record<string, number> {
    const count = ({ values }: Column) => Array.from(values as ArrayLike<unknown>).filter(isMissing).length;
    return Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, count(column)]));
  }

  /** Without the rows in which one of these columns (default: any) has no value. */
  dropMissing(...names: string[]): Table {
    const chosen = (names.length > 0 ? names : this.names).map((name) => this.column(name));
    const rows = Array.from({ length: this.length }, (_, row) => row);
    return this.take(rows.filter((row) => !chosen.some((values) => isMissing(values[row]))));
  }

  /**
   * Fills missing values, by column: with a number or a string, or for numbers with the "mean" or "median" of the
   * others.
   * @example t.fillMissing({ age: "median", city: "unknown" })
   */
  fillMissing(fillings: Readonly<Record<string, Filling>>): Table {
    const filled = Object.entries(fillings).map(([name, filling]): [string, Column] => {
      const { kind, values } = this.find(name);
      if (!(values instanceof Float64Array)) {
        if (typeof filling === "string") return [name, { kind, values: values.map((value) => value || filling) }];
      } else {
        const value = typeof filling === "number" ? filling : averages[filling]?.(values.filter((v) => !isMissing(v)));
        if (value !== undefined && !Number.isNaN(value))
          return [name, { kind, values: values.map((old) => (isMissing(old) ? value : old)) }];
      }
      throw valueError("table.fillMissing", {
        rule: `"${name}" cannot be filled so`,
        expected: kind === "text" ? "a string" : 'a number, "mean" or "median" of numbers that are there',
        received: literal(filling),
      });
    });
    return new Table({ ...this.columns, ...Object.fromEntries(filled) });
  }

  /** The first rows. */
  override toString(): string {
    const head = this.rowTexts(5);
    const cells = [this.names, ...head];
    const widths = this.names.map((_, at) => Math.max(...cells.map((row) => (row[at] as string).length)));
    const isText = this.names.map((name) => this.schema[name] === "text");
    const line = (row: readonly string[]) =>
      row
        .map((cell, at) => (isText[at] ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
        .join("  ");
    return [`table: ${this.length} rows, ${this.names.length} columns`, ...cells.map(line)]
      .map((text) => text.trimEnd())
      .join("\n");
  }

  /** Names, kinds and the number of rows. */
  override toJSON(): object {
    return { kind: "Table", length: this.length, schema: this.schema };
  }

  private rowTexts(count: number): string[][] {
    return Array.from({ length: Math.min(count, this.length) }, (_, row) =>
      Object.values(this.row(row)).map((value) => cut(String(value), 30)),
    );
  }

  private find(name: string): Column {
    return lookUp("table", "column", this.columns, name);
  }
}

const isMissing = (value: unknown): boolean => value === "" || Number.isNaN(value);

const averages: Readonly<Record<string, (values: Float64Array) => number>> = {
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  median: (values) => {
    const sorted = values.slice().sort();
    const middle = (sorted.length - 1) / 2;
    return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
  },
};

function columnOf(owner: string, name: string, given: unknown): Column {
  if (given instanceof Float64Array) return { kind: "number", values: given };
  if (!Array.isArray(given) && !ArrayBuffer.isView(given))
    throw valueError(owner, { rule: `"${name}" is a column`, expected: "a list of values", received: given });
  const values = Array.from(given as ArrayLike<unknown>);
  const isNone = (value: unknown) => value === null || value === undefined;
  if (values.every((value) => typeof value === "string" || isNone(value)) && values.some((v) => typeof v === "string"))
    return { kind: "text", values: values.map((value) => (isNone(value) ? "" : (value as string))) };
  const wrong = values.findIndex((value) => typeof value !== "number" && typeof value !== "boolean" && !isNone(value));
  if (wrong >= 0) {
    throw valueError(owner, {
      rule: `"${name}" holds numbers, booleans or strings, of one kind`,
      expected: typeof values[0],
      received: literal(values[wrong]),
      context: `row ${wrong}`,
    });
  }
  const isBoolean =
    values.every((value) => typeof value === "boolean" || isNone(value)) && values.some((v) => !isNone(v));
  return {
    kind: isBoolean ? "boolean" : "number",
    values: Float64Array.from(values, (value) => (isNone(value) ? Number.NaN : Number(value))),
  };
}

/**
 * A table of columns (`{ age: [31, 58], city: ["Oslo", "Bern"] }`) or of rows (`[{ age: 31, city: "Oslo" }, …]`,
 * as JSON
 * has them). null and undefined are missing values.
 * @throws ValueError on values of mixed kinds; ShapeError on columns of different lengths.
 */
export function table(
  given: Readonly<Record<string, ArrayLike<unknown>>> | readonly Readonly<Record<string, unknown>>[],
): Table {
  const isRows = Array.isArray(given);
  const rows = isRows ? (given as readonly Readonly<Record<string, unknown>>[]) : [];
  const names = isRows ? [...new Set(rows.flatMap((row) => Object.keys(row)))] : Object.keys(Object(given));
  if (names.length === 0)
    throw valueError("table", { rule: "there must be columns", expected: "{ name: values, … }", received: given });
  const columns = names.map((name): [string, Column] => [
    name,
    columnOf("table", name, isRows ? rows.map((row) => row[name]) : (given as Record<string, unknown>)[name]),
  ]);
  const [[first, { values }]] = columns as [[string, Column]];
  const other = columns.find(([, column]) => column.values.length !== values.length);
  if (!other) return new Table(Object.fromEntries(columns));
  throw shapeError("table", {
    rule: "columns have one length",
    expected: `${values.length} values as in "${first}"`,
    received: other[1].values.length,
    context: `column "${other[0]}"`,
  });
}
