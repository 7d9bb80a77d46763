/** What a run of program/train.mjs tells. */
export interface Trained {
  readonly build: string;
  readonly threads: number;
  /** Whether the backend can start threads at all. */
  readonly hasThreads: boolean;
  readonly hash: string;
  readonly metrics: Readonly<Record<string, { readonly loss: number; readonly accuracy: number }>>;
}

/** What a run of a first step took, in milliseconds from the import. */
export interface Times {
  /** When the import was done; unknown where clocks stand still. */
  readonly imported?: number;
  readonly firstStep: number;
}

/** A line of the table. */
export interface Row extends Trained {
  readonly runtime: string;
  readonly version: string;
  /** The threads that it should have had, where the backend has any. */
  readonly asked: number;
  readonly times?: Times | undefined;
  /** Of the whole process, where it is one. */
  readonly process?: number | undefined;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

const columns: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ["runtime", ({ runtime }) => runtime],
  ["version", ({ version }) => version],
  ["build", ({ build }) => build],
  ["threads", ({ threads }) => String(threads)],
  ["hash of the weights", ({ hash }) => hash.slice(0, 16)],
  ["import, ms", ({ times }) => times?.imported?.toFixed(0) ?? ""],
  ["import to first step, ms", ({ times }) => times?.firstStep.toFixed(0) ?? ""],
  ["whole process, ms", ({ process }) => process?.toFixed(0) ?? ""],
];

/** All rows as text. */
export function table(rows: readonly Row[]): string {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => (line[column] as string).length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What is wrong with the rows: other bits, or networks that have not learned. */
export function faultsOf(rows: readonly Row[]): string[] {
  const [first] = rows;
  return rows.flatMap(({ runtime, asked, threads, hasThreads, build, hash, metrics }) => {
    const who = `${runtime}, ${threads} threads`;
    return [
      ...(hash === first?.hash ? [] : [`${who}: other weights than ${first?.runtime}: ${hash}`]),
      ...(threads === (hasThreads ? asked : 1) ? [] : [`${who}, not ${asked}`]),
      ...(build === "simd" ? [] : [`${who}: the build ${build}, not simd`]),
      ...Object.entries(metrics).flatMap(([name, { accuracy }]) =>
        accuracy > 0.9 ? [] : [`${who}: ${name} has an accuracy of ${accuracy} on its four kinds of images`],
      ),
    ];
  });
}
