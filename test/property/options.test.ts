import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ValueError } from "../../src/errors.ts";
import { calls } from "./option-calls.ts";
import { findOptions, type OptionFound } from "./option-types.ts";

const found = findOptions(["src/index.ts", "src/testing/index.ts"]);

/** What leaves options that it does not know to the user's own class or method. */
const open = ["defineOptimizer", "new Optimizer", "new Recurrent"];

const samples: Readonly<Record<string, unknown>> = {
  number: 3,
  string: "text",
  true: true,
  false: false,
  function: () => 0,
  list: [1],
  object: new Map(),
};

const snake = (name: string) => name.replaceAll(/(?!^)[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);

/** The error of a call, at once or when awaited; undefined where there is none. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    (result as { dispose?: () => void } | undefined)?.dispose?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

const cases = [...found].filter(([name]) => !open.includes(name));
const namesOf = (options: readonly OptionFound[]) => options.map(({ name }) => name);

/** What is wrong with the error of a call that must be refused, in words; none where it is as it should be. */
async function complaint(name: string, options: unknown, ...parts: RegExp[]): Promise<string[]> {
  const error = await errorOf(() => calls[name]?.(options));
  const call = `${name}(${typeof options === "object" ? Object.entries(options as object).map(([key, value]) => `${key}: ${String(value)}`) : options})`;
  if (!(error instanceof ValueError)) return [`${call} gave ${error}`];
  return parts.filter((part) => !part.test(error.message)).map((part) => `${call} lacks ${part}: ${error.message}`);
}

const refused = (wrong: string, right?: string) => [
  new RegExp(`unknown (option|hook).*received "${wrong}"`),
  ...(right === undefined ? [] : [new RegExp(`Did you mean .*"${right}"`)]),
];

describe("options of every exported function, class and method", () => {
  it("are known to this test: a new factory needs a line in option-calls.ts", () => {
    expect(found.size).toBeGreaterThan(250);
    expect(cases.map(([name]) => name).filter((name) => !(name in calls))).toEqual([]);
    expect(Object.keys(calls).filter((name) => !found.has(name))).toEqual([]);
  });

  it("can be left out", async () => {
    const failures: string[] = [];
    for (const [name] of cases) {
      const error = await errorOf(() => calls[name]?.({}));
      if (error) failures.push(`${name}: ${error}`);
    }
    expect(failures).toEqual([]);
  });

  it("are refused in snake case and with a capital, and the right name is suggested", async () => {
    const failures: string[] = [];
    for (const [name, options] of cases) {
      for (const option of namesOf(options)) {
        for (const wrong of [snake(option), `${option[0]?.toUpperCase()}${option.slice(1)}`]) {
          if (!namesOf(options).includes(wrong))
            failures.push(...(await complaint(name, { [wrong]: 1 }, ...refused(wrong, option))));
        }
      }
    }
    expect(failures).toEqual([]);
  });

  it("are refused when misspelt, and the right name is suggested where it is long enough to be told", async () => {
    const misspelt = fc.constantFrom(...cases).chain(([name, options]) =>
      fc.record({
        name: fc.constant(name),
        options: fc.constant(namesOf(options)),
        option: fc.constantFrom(...namesOf(options)),
        at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        edit: fc.constantFrom("drop", "double", "exchange", "replace"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(misspelt, async ({ name, options, option, at, edit }) => {
        const index = Math.floor(at * option.length);
        const [before, letter, after] = [option.slice(0, index), option[index] as string, option.slice(index + 1)];
        const changed = {
          drop: after,
          double: letter + letter + after,
          exchange: (after[0] ?? "") + letter + after.slice(1),
          replace: `q${after}`,
        };
        const wrong = before + changed[edit as keyof typeof changed];
        fc.pre(wrong !== "" && !options.includes(wrong));
        expect(
          await complaint(name, { [wrong]: 1 }, ...refused(wrong, option.length > 5 ? option : undefined)),
        ).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("are refused with a value of another kind, by their name", async () => {
    const failures: string[] = [];
    for (const [name, options] of cases) {
      for (const { name: option, kinds } of options) {
        for (const [kind, value] of Object.entries(samples)) {
          if (!kinds.has(kind)) failures.push(...(await complaint(name, { [option]: value }, new RegExp(option))));
        }
      }
    }
    expect(failures).toEqual([]);
  });

  it("may be null, which counts as not given", async () => {
    const failures: string[] = [];
    for (const [name, options] of cases) {
      for (const { name: option, isRequired } of options) {
        const error = isRequired ? undefined : await errorOf(() => calls[name]?.({ [option]: null }));
        if (error) failures.push(`${name}({ ${option}: null }): ${error}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it("are refused as something else than an object", async () => {
    const failures: string[] = [];
    for (const [name] of cases) {
      // Calls that add what is needed spread what they are given.
      if (!calls[name]?.toString().includes("...o"))
        failures.push(...(await complaint(name, "text", /options are given in an object/)));
    }
    expect(failures).toEqual([]);
  });
});
