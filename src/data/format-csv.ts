// Writing a table as CSV.
import { checkOptions } from "../options.ts";
import type { ColumnKind, Table } from "./table.ts";

/** Options of {@link formatCsv}. */
export interface FormatCsvOptions {
  /** One character. Default ",". */
  delimiter?: string;
}

/** A table as CSV text, with a line of names; what is missing is empty. `readCsv` reads it back. */
export function formatCsv(given: Table, options: FormatCsvOptions = {}): string {
  const { delimiter = "," } = checkOptions("formatCsv", options, { delimiter: "string" });
  const { schema, names } = given;
  const quoted = (text: string) =>
    text === ""
      ? names.length === 1
        ? '""'
        : ""
      : /["\r\n]|^\s|\s$/.test(text) || text.includes(delimiter) || text.startsWith("\ufeff")
        ? `"${text.replaceAll('"', '""')}"`
        : text;
  const cell = (value: unknown, kind: ColumnKind | undefined) => {
    if (kind !== "text" && Number.isNaN(value)) return quoted("");
    return quoted(Object.is(value, -0) ? "-0" : String(value));
  };
  const lines = given.rows().map((row) => names.map((name) => cell(row[name], schema[name])).join(delimiter));
  return [names.map(quoted).join(delimiter), ...lines, ""].join("\n");
}
