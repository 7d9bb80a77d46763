// Reading CSV text into a table of numbers.
import { literal, valueError } from "../errors.ts";
import { cut, show } from "../format.ts";
import { checkOptions } from "../options.ts";
import type { HostArray } from "./array.ts";
import { checkFieldCount, isNumber, splitRecords } from "./csv-records.ts";

/** Options of {@link parseCsv}. */
export interface CsvOptions {
  /** Whether the first line names the columns. Default true. */
  header?: boolean;
  /** Which columns to take, by name or number from 0, in this order. Default: all. */
  columns?: readonly (string | number)[];
  /** One character. Default ",". */
  delimiter?: string;
  /** What to put for an empty field. Default: an empty field is an error. */
  missing?: number;
}

/** A table of numbers `[rows, columns]`. */
export interface CsvTable extends HostArray {
  readonly data: Float32Array;
  /** Names of the columns; their numbers as text where there is no header. */
  readonly columns: readonly string[];
}

/**
 * Parses comma-separated numbers (RFC 4180: quoted fields, doubled quotes, CRLF or LF).
 *
 * @returns float32 `[rows, columns]`.
 * @throws ValueError, with the line, for empty fields, what is not a number, lines of another length, open quotes; and
 * for unknown columns.
 * @example const x = parseCsv(text, { columns: ["width", "height"] }); const y = parseCsv(text, { columns: ["label"]
 * });
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  const table = { header: "boolean", columns: "list", delimiter: "string", missing: "number" } as const;
  const { header = true, columns, delimiter = ",", missing } = checkOptions("parseCsv", options, table);
  if (typeof text !== "string")
    throw valueError("parseCsv", { rule: "parses text", expected: "a string", received: text });
  const records = splitRecords("parseCsv", text, delimiter);
  const [first] = records;
  const names = first.fields.map((field, index) => (header ? field.trim() : String(index)));
  const chosen = columns ? columns.map((column) => columnIndex(column, names, header)) : names.map((_, index) => index);
  const rows = header ? records.slice(1) : records;
  const data = new Float32Array(rows.length * chosen.length);
  rows.forEach((record, row) => {
    checkFieldCount("parseCsv", record, names.length);
    chosen.forEach((column, place) => {
      const field = record.fields[column] as string;
      const value = numberIn(field, missing);
      if (value === undefined) throw notNumber(field, `line ${record.line}, column ${show(names[column])}`);
      data[row * chosen.length + place] = value;
    });
  });
  return { data, shape: [rows.length, chosen.length], columns: chosen.map((column) => names[column] as string) };
}

function columnIndex(column: string | number, names: readonly string[], header: boolean): number {
  const index = typeof column === "number" ? column : header ? names.indexOf(column) : -1;
  if (Number.isInteger(index) && index >= 0 && index < names.length) return index;
  throw valueError("parseCsv", {
    rule: "unknown column",
    expected: header
      ? `one of ${names.join(", ")}, or a number below ${names.length}`
      : `a number below ${names.length}, as there is no header`,
    received: literal(column),
  });
}

function numberIn(field: string, missing: number | undefined): number | undefined {
  const text = field.trim();
  if (text === "") return missing;
  const value = isNumber(text) ? Math.fround(Number(text)) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function notNumber(given: string, place: string): Error {
  const isEmpty = given.trim() === "";
  // A field may be a whole file where a quote is missing.
  const field = cut(given, 41);
  return valueError("parseCsv", {
    rule: isEmpty ? "a field is empty" : "fields must be numbers that float32 can hold",
    expected: "a number",
    received: show(field),
    context: cut(place, 41),
    advice: isEmpty
      ? "Give missing, or leave the line out."
      : "Choose other columns, or turn the text into numbers first.",
  });
}
