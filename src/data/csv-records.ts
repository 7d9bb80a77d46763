// Cutting CSV text into records of fields, and telling numbers from other fields.
import { valueError } from "../errors.ts";
import { show } from "../format.ts";

/** Decimal numbers only: `Number` also takes "", " " and "0x1f". */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a field, without spaces around it, is a decimal number. */
export const isNumber = (field: string): boolean => NUMBER.test(field);

/** One line that is an address, or ends as files of tables do. */
const FILE_NAME = /^([a-z]+:\/\/\S+|[^,;\n]+\.(csv|tsv|txt))$/i;

/** A record of a CSV text. */
export interface CsvRecord {
  readonly fields: string[];
  /** Where the record begins, from 1. Quoted fields may hold line ends, so a record is not a line. */
  readonly line: number;
  /** Whether the line has nothing, not even quotes. */
  readonly isBlank: boolean;
}

/**
 * Cuts a CSV text into records (RFC 4180: quoted fields, doubled quotes, CRLF, LF or CR; a byte order mark is
 * left out).
 * @param owner begins messages.
 * @throws ValueError, with the line, on quotes that are never closed or end within a field; on another delimiter than
 * one character; on a text without records; and on what is the name of a file and not a text.
 */
export function splitRecords(owner: string, text: string, delimiter: string): [CsvRecord, ...CsvRecord[]] {
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw valueError(owner, {
      rule: "the delimiter is one character",
      expected: "for example , or ;",
      received: show(delimiter),
    });
  }
  if (FILE_NAME.test(text)) {
    throw valueError(owner, {
      rule: "takes the text of a file, not its name",
      expected: "lines",
      received: show(text),
    });
  }
  const records: CsvRecord[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const record: CsvRecord = { fields: [], line, isBlank: text[at] === "\n" || text[at] === "\r" };
    for (let more = true; more; ) {
      const quoted = text[at] === '"';
      const field = quoted ? readQuoted(owner, text, at, line) : readPlain(text, at, delimiter);
      line += quoted ? field.value.split("\n").length - 1 : 0;
      record.fields.push(field.value);
      at = field.end;
      more = text[at] === delimiter;
      if (more) at++;
    }
    if (at < text.length && text[at] !== "\n" && text[at] !== "\r") {
      throw valueError(owner, {
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
  while (records.at(-1)?.isBlank) records.pop();
  if (records.length > 0) return records as [CsvRecord, ...CsvRecord[]];
  throw valueError(owner, {
    rule: "there must be data",
    expected: "at least one line",
    received: "an empty text",
  });
}

/** @throws ValueError, with the line, where the record has not `count` fields. */
export function checkFieldCount(owner: string, { fields, line }: CsvRecord, count: number): void {
  if (fields.length === count) return;
  throw valueError(owner, {
    rule: "all lines must have as many fields as the first",
    expected: count,
    received: fields.length,
    context: `line ${line}`,
  });
}

function readPlain(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
  return { value: text.slice(start, end), end };
}

function readQuoted(owner: string, text: string, start: number, line: number): { value: string; end: number } {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0)
      throw valueError(owner, {
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
