// Reading CSV with columns of numbers and of strings.
import { literal, lookUp, valueError } from "../errors.ts";
import { cut, show } from "../format.ts";
import { checkOptions } from "../options.ts";
import { type CsvRecord, checkFieldCount, isNumber, splitRecords } from "./csv-records.ts";
import { readText, type TextSource } from "./read-text.ts";
import { type ColumnKind, type ColumnValues, Table } from "./table.ts";

/** Options of {@link readCsv}. */
export interface ReadCsvOptions {
  /** Whether the first line names the columns. Default true; else they are named "0", "1", … */
  header?: boolean;
  /** Names of the columns where there is no header, or others than the header's. */
  names?: readonly string[];
  /** Which columns to take, in this order. Default: all. */
  columns?: readonly string[];
  /** What columns hold. Default: booleans or numbers where all fields are such, else text. */
  schema?: Readonly<Record<string, ColumnKind>>;
  /** One character. Default ",". */
  delimiter?: string;
  /**
   * Fields that stand for a missing value, besides empty ones, in columns of all kinds, such as ["?"]. Default: "NA",
   * "N/A", "NaN" and "null", in any case, among numbers and booleans only.
   */
  missing?: readonly string[];
}

/**
 * Reads CSV (RFC 4180: quoted fields, doubled quotes, CRLF or LF) into a table. Fields of text keep their spaces.
 * @param source the text itself, its bytes in UTF-8, a Blob or File, a Response (`await fetch(url)`), or a stream.
 * @throws ValueError, with the line, on lines of another length, open quotes, and fields that their column's kind does
 * not have; on a first line with another delimiter; and on unknown columns.
 * @example const houses = await readCsv(await fetch("houses.csv"), { schema: { zip: "text" } });
 * const [train, test] = trainTestSplit(houses, { testFraction: 0.2 });
 * @see pandas `read_csv`.
 */
export async function readCsv(source: TextSource, options: ReadCsvOptions = {}): Promise<Table> {
  const checked = checkOptions("readCsv", options, {
    header: "boolean",
    names: "list",
    columns: "list",
    schema: "object",
    delimiter: "string",
    missing: "list",
  });
  const { header = true, schema = {}, delimiter = "," } = checked;
  const all = splitRecords("readCsv", await readText("readCsv", source), delimiter);
  if (checked.delimiter === undefined) checkDelimiter(all[0]);
  const names = namesOf(all[0], header, checked.names);
  // Blank lines say nothing, but in a table of one column, where they are an empty field.
  const records = (header ? all.slice(1) : all).filter(({ isBlank }) => !isBlank || names.length === 1);
  for (const record of records) checkFieldCount("readCsv", record, names.length);
  const places = Object.fromEntries(names.map((name, at) => [name, at]));
  for (const name of Object.keys(schema)) lookUp("readCsv", "column in schema", places, name);
  const isMissing = missingTest(checked.missing);
  const columns = (checked.columns ?? names).map((name) => {
    const at = lookUp("readCsv", "column", places, name);
    return [
      name,
      columnOf({ name, records, at, isMissing }, Object.hasOwn(schema, name) ? schema[name] : undefined),
    ] as const;
  });
  return new Table(Object.fromEntries(columns));
}

/** @throws ValueError on one field with what other files have between fields, which is seldom a column. */
function checkDelimiter({ fields: [only = "", another] }: CsvRecord): void {
  const found = another === undefined ? only.match(/[;\t|]/)?.[0] : undefined;
  if (found === undefined) return;
  throw valueError("readCsv", {
    rule: "the first line has no comma",
    expected: "fields between commas, or a delimiter",
    received: literal(cut(only, 40)),
    advice: `Write { delimiter: ${JSON.stringify(found)} }.`,
  });
}

function namesOf(first: CsvRecord, header: boolean, given: readonly string[] | undefined): readonly string[] {
  const names = given ?? first.fields.map((field, at) => (header ? field.trim() : String(at)));
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (names.length === first.fields.length && twice === undefined) return names;
  throw valueError("readCsv", {
    rule: "each column has a name of its own",
    expected: `${first.fields.length} different names`,
    received: twice === undefined ? names.length : `${show(cut(twice, 40))} twice`,
    advice: "Give names.",
  });
}

/** Tells fields that are missing, among text or among numbers. */
function missingTest(given: readonly string[] | undefined): (field: string, isText: boolean) => boolean {
  const own = given && new Set(given);
  return (field, isText) => field === "" || (own ? own.has(field) : !isText && /^(na|n\/a|nan|null)$/i.test(field));
}

interface Raw {
  readonly name: string;
  readonly records: readonly CsvRecord[];
  readonly at: number;
  readonly isMissing: (field: string, isText: boolean) => boolean;
}

const isBoolean = (field: string): boolean => /^(true|false)$/i.test(field);

function columnOf(raw: Raw, wanted: ColumnKind | undefined): { kind: ColumnKind; values: ColumnValues } {
  const kind = wanted ?? inferredKind(raw);
  const { records, at, isMissing, name } = raw;
  const fieldsOf = (change: (field: string) => string) => records.map(({ fields }) => change(fields[at] as string));
  if (kind === "text") return { kind, values: fieldsOf((field) => (isMissing(field, true) ? "" : field)) };
  if (kind !== "number" && kind !== "boolean")
    throw valueError("readCsv", {
      rule: `unknown kind of "${name}"`,
      expected: "number, text or boolean",
      received: literal(kind),
    });
  const read = kind === "boolean" ? booleanOf : numberOf;
  const values = Float64Array.from(
    fieldsOf((field) => field.trim()),
    (field, row) => {
      if (isMissing(field, false)) return Number.NaN;
      const value = read(field);
      if (value !== undefined) return value;
      throw valueError("readCsv", {
        rule: `"${name}" is to hold ${kind}s`,
        expected: kind === "boolean" ? "true, false, 1 or 0" : "a number",
        received: literal(cut(field, 40)),
        context: `line ${records[row]?.line}`,
        advice: `Read it as text: { schema: { ${name}: "text" } }; or name the field in missing.`,
      });
    },
  );
  return { kind, values };
}

const numberOf = (field: string) => (isNumber(field) ? Number(field) : undefined);
const booleanOf = (field: string) =>
  isBoolean(field) || /^[01]$/.test(field) ? Number(/^(true|1)$/i.test(field)) : undefined;

function inferredKind({ records, at, isMissing }: Raw): ColumnKind {
  const fields = records.map(({ fields }) => (fields[at] as string).trim()).filter((field) => !isMissing(field, false));
  if (fields.length === 0) return records.some(({ fields }) => fields[at] !== "") ? "number" : "text";
  if (fields.every(isNumber)) return "number";
  return fields.every(isBoolean) ? "boolean" : "text";
}
