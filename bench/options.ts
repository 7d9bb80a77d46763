/** What a suite is told on the command line. */
export interface Options {
  /** One JSON object a line instead of a table. */
  readonly json: boolean;
  /** Rows whose name it does not match are left out. */
  readonly filter: RegExp;
}

/** Reads `--json` and `--filter=<pattern>`. */
export function chosen(args: readonly string[] = process.argv): Options {
  const at = args.findIndex((arg) => arg.startsWith("--filter"));
  const pattern = at < 0 ? "" : (args[at]?.split("=")[1] ?? args[at + 1] ?? "");
  return { json: args.includes("--json"), filter: new RegExp(pattern, "i") };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Three digits: more is noise. */
export const brief = (value: number): string => String(Number(value.toPrecision(3)));
