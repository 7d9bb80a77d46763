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
  readonly name: string;
  readonly body: Body;
  readonly before: readonly Hook[];
}
/** Runs once, before the first test that needs it. */
interface Hook {
  readonly body: Body;
  done?: Promise<unknown>;
}

const tests: Test[] = [];
const afterwards: Body[] = [];
let path: readonly string[] = [];
let hooks: readonly Hook[] = [];

function group(name: string, body: Body): void {
  const [outer, outerHooks] = [path, hooks];
  path = [...path, name];
  body();
  [path, hooks] = [outer, outerHooks];
}

function test(name: string, body: Body): void {
  tests.push({ name: [...path, name].join(" > "), body, before: hooks });
}

/** As in vitest: %s is the first of a row's values. */
const each =
  (one: (name: string, body: Body) => void) =>
  <Row>(rows: readonly Row[]) =>
  (name: string, body: (...values: unknown[]) => unknown): void => {
    for (const row of rows) {
      const values: unknown[] = Array.isArray(row) ? row : [row];
      one(name.replace("%s", String(values[0])), () => body(...values));
    }
  };

const skipIf = (condition: unknown) => (condition ? () => {} : test);

export const describe = Object.assign(group, { each: each(group) });
export const it = Object.assign(test, { each: each(test), skipIf });
export const beforeAll = (body: Body): void => {
  hooks = [...hooks, { body }];
};
export const afterAll = (body: Body): void => void afterwards.push(body);

/** What became of the tests. */
export interface Outcome {
  readonly passed: number;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
  readonly seconds: number;
  /** Tests for which the time was over. */
  readonly left: number;
}

/**
 * Runs all tests that were described so far, one after the other, until the seconds are over. `progress` gets a line
 * every few seconds.
 */
export async function runAll(
  progress: (line: string) => void,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const begun = performance.now();
  const failures: { name: string; message: string }[] = [];
  let last = begun;
  let left = 0;
  for (const [index, { name, body, before }] of tests.entries()) {
    if (performance.now() - begun > 1000 * limit) {
      left++;
      continue;
    }
    try {
      for (const hook of before) {
        hook.done ??= Promise.resolve(hook.body());
        await hook.done;
      }
      await body();
    } catch (error) {
      failures.push({ name, message: error instanceof Error ? error.message : String(error) });
      progress(`FAILED ${name}: ${failures.at(-1)?.message}`);
    }
    if (performance.now() - last > 5000) {
      last = performance.now();
      progress(`${index + 1} of ${tests.length}, ${failures.length} failed`);
    }
  }
  for (const body of afterwards) await body();
  const seconds = (performance.now() - begun) / 1000;
  return { passed: tests.length - failures.length - left, failures, seconds, left };
}
