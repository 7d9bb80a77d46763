// Reading CSV text into a table of numbers.
import { literal, valueError } from "../errors.ts";
import { show } from "../format.ts";
import { checkOptions } from "../options.ts";
import type { HostArray } from "./array.ts";

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
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw valueError("parseCsv", {
      rule: "the delimiter is one character",
      expected: "for example , or ;",
      received: show(delimiter),
    });
  }
  const records = splitRecords(text, delimiter);
  const first = records[0];
  if (first === undefined)
    throw valueError("parseCsv", {
      rule: "there must be data",
      expected: "at least one line",
      received: "an empty text",
    });
  const names = first.fields.map((field, index) => (header ? field.trim() : String(index)));
  const chosen = columns ? columns.map((column) => columnIndex(column, names, header)) : names.map((_, index) => index);
  const rows = header ? records.slice(1) : records;
  const data = new Float32Array(rows.length * chosen.length);
  rows.forEach(({ fields, line }, row) => {
    if (fields.length !== names.length) {
      throw valueError("parseCsv", {
        rule: "all lines must have as many fields as the first",
        expected: `${names.length}`,
        received: fields.length,
        context: `line ${line}`,
      });
    }
    chosen.forEach((column, place) => {
      data[row * chosen.length + place] = parseNumber(
        fields[column] as string,
        missing,
        `line ${line}, column ${show(names[column])}`,
      );
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

/** Decimal numbers only: `Number` also takes "", " " and "0x1f". */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseNumber(given: string, missing: number | undefined, where: string): number {
  const text = given.trim();
  if (text === "" && missing !== undefined) return missing;
  const value = NUMBER.test(text) ? Math.fround(Number(text)) : Number.NaN;
  if (Number.isFinite(value)) return value;
  const [field, place] = [beginning(given), beginning(where)] as const;
  throw valueError("parseCsv", {
    rule: text === "" ? "a field is empty" : "fields must be numbers that float32 can hold",
    expected: "a number",
    received: show(field),
    context: place,
    advice:
      text === ""
        ? "Give missing, or leave the line out."
        : "Choose other columns, or turn the text into numbers first.",
  });
}

/** What a message quotes: a text may be a whole file where a quote is missing. */
const beginning = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

interface CsvRecord {
  readonly fields: string[];
  /** Where the record begins, from 1. Quoted fields may hold line ends, so a record is not a line. */
  readonly line: number;
}

function splitRecords(text: string, delimiter: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const record: CsvRecord = { fields: [], line };
    for (let more = true; more; ) {
      const quoted = text[at] === '"';
      const field = quoted ? readQuoted(text, at, line) : readPlain(text, at, delimiter);
      line += quoted ? field.value.split("\n").length - 1 : 0;
      record.fields.push(field.value);
      at = field.end;
      more = text[at] === delimiter;
      if (more) at++;
    }
    if (at < text.length && text[at] !== "\n" && text[at] !== "\r") {
      throw valueError("parseCsv", {
        rule: "a closing quote ends its field",
        expected: `${delimiter} or the end of the line`,
        received: show(text[at]),
        context: `line ${line}`,
      });
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line++;
    records.push(record);
  }
  // Blank lines at the end are no records.
  while (records.at(-1)?.fields.join("") === "" && records.at(-1)?.fields.length === 1) records.pop();
  return records;
}

function readPlain(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
  return { value: text.slice(start, end), end };
}

function readQuoted(text: string, start: number, line: number): { value: string; end: number } {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0)
      throw valueError("parseCsv", {
        rule: "a quoted field is never closed",
        expected: 'a closing "',
        received: "the end of the text",
        context: `line ${line}`,
      });
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}
