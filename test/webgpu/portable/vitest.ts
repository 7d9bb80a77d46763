/**
 * A test runner with the part of vitest's interface that the suites use. Bundles put it in vitest's place, so that the
 * same suites run where vitest cannot: in pages, in Deno, and on machines without node_modules.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import { spyOn } from "@vitest/spy";

const matchers = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT];
export const expect = Object.assign(chai.expect, matchers);
setState({ assertionCalls: 0 }, expect as never);
for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const vi = { spyOn };

type Body = () => unknown;
interface Test {
  /** The suite's file: see {@link inFile}. */
  readonly file: string;
  readonly name: string;
  /** None where it is skipped. */
  readonly body: Body | undefined;
  /** Milliseconds that it may take. */
  readonly limit: number;
  readonly before: readonly Hook[];
}
/** Runs once, before the first test that needs it. */
interface Hook {
  readonly body: Body;
  done?: Promise<unknown>;
}

const tests: Test[] = [];
const afterwards: Body[] = [];
let file = "";
let path: readonly string[] = [];
let hooks: readonly Hook[] = [];

function group(name: string, body: Body): void {
  const [outer, outerHooks] = [path, hooks];
  path = [...path, name];
  body();
  [path, hooks] = [outer, outerHooks];
}

/** Says which file the tests are in that follow. Bundles do, see bundle.ts. */
export const inFile = (name: string): void => {
  file = name;
};

/** As `testTimeout` of test/webgpu/vitest.config.ts. */
const usualLimit = 120_000;

function test(name: string, body: Body | undefined, limit = usualLimit): void {
  tests.push({ file, name: [...path, name].join(" > "), body, limit: Math.max(limit, usualLimit), before: hooks });
}

/** As in vitest: %s is the first of a row's values. */
const each =
  (one: (name: string, body: Body, limit?: number) => void) =>
  <Row>(rows: readonly Row[]) =>
  (name: string, body: (...values: unknown[]) => unknown, limit?: number): void => {
    for (const row of rows) {
      const values: unknown[] = Array.isArray(row) ? row : [row];
      one(name.replace("%s", String(values[0])), () => body(...values), limit);
    }
  };

const skipIf = (condition: unknown) => (condition ? (name: string) => test(name, undefined) : test);

export const describe = Object.assign(group, { each: each(group) });
export const it = Object.assign(test, { each: each(test), skipIf });
export const beforeAll = (body: Body): void => {
  hooks = [...hooks, { body }];
};
export const afterAll = (body: Body): void => void afterwards.push(body);

/** How many tests there are of each kind. */
export interface Counts {
  passed: number;
  failed: number;
  /** By the suites themselves. */
  skipped: number;
  /** Tests for which the time was over. */
  left: number;
}

/** What became of the tests. */
export interface Outcome {
  readonly files: Readonly<Record<string, Counts>>;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
  readonly seconds: number;
}

/** All counts of an outcome, for example "12 passed, 1 failed". */
export function summary(counts: readonly Counts[]): string {
  const sum = (kind: keyof Counts) => counts.reduce((total, { [kind]: count }) => total + count, 0);
  const [skipped, left] = [sum("skipped"), sum("left")];
  return [
    `${sum("passed")} passed, ${sum("failed")} failed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(left > 0 ? [`${left} left out for time`] : []),
  ].join(", ");
}

/**
 * Runs all tests that were described so far, one after the other, until the seconds are over. `progress` gets a line
 * every few seconds.
 * @param only runs tests of files whose names have this.
 */
export async function runAll(
  progress: (line: string) => void,
  limit: number = Number.POSITIVE_INFINITY,
  only = "",
): Promise<Outcome> {
  const begun = performance.now();
  const failures: { name: string; message: string }[] = [];
  const files: Record<string, Counts> = {};
  let last = begun;
  const chosen = tests.filter(({ file }) => file.includes(only));
  if (chosen.length === 0) throw new Error(`no suite has "${only}" in its name.`);
  for (const [index, test] of chosen.entries()) {
    files[test.file] ??= { passed: 0, failed: 0, skipped: 0, left: 0 };
    const counts = files[test.file] as Counts;
    if (!test.body) counts.skipped++;
    else if (performance.now() - begun > 1000 * limit) counts.left++;
    else {
      const name = `${test.file}: ${test.name}`;
      try {
        await inTime(test);
        counts.passed++;
      } catch (error) {
        counts.failed++;
        failures.push({ name, message: error instanceof Error ? error.message : String(error) });
        progress(`FAILED ${name}: ${failures.at(-1)?.message}`);
      }
    }
    if (performance.now() - last > 5000) {
      last = performance.now();
      progress(`${index + 1} of ${chosen.length}, ${failures.length} failed`);
    }
  }
  for (const body of afterwards) await body();
  return { files, failures, seconds: (performance.now() - begun) / 1000 };
}

/** Runs a test, and what must run before it. Rejects where it takes too long: the others go on. */
async function inTime({ body, before, limit }: Test): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end in ${limit / 1000} s.`)), limit);
  });
  const whole = async () => {
    for (const hook of before) {
      hook.done ??= Promise.resolve(hook.body());
      await hook.done;
    }
    await body?.();
  };
  try {
    await Promise.race([whole(), over]);
  } finally {
    clearTimeout(timer);
  }
}
