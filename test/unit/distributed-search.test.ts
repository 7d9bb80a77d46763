import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NatsConnection, type SearchOptions, search } from "../../src/distributed/index.ts";
import { fromJson, toJson } from "../../src/distributed/trial-values.ts";

/** Values of JSON, and all numbers. -0 is 0 in JSON. */
const values = fc.jsonValue().chain((value) =>
  fc.record({
    value: fc.constant(value),
    numbers: fc.array(fc.double().map((number) => number + 0)),
  }),
);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("values of trials", () => {
  it("come back as they were, with numbers that are not finite", () => {
    fc.assert(
      fc.property(values, ({ value, numbers }) => {
        const json = plain(value);
        expect(fromJson(toJson("search", "a trial", { json, numbers }))).toEqual({ json, numbers });
      }),
      { numRuns: 200 },
    );
    expect(fromJson(toJson("search", "a trial", [NaN, Infinity, -Infinity]))).toEqual([NaN, Infinity, -Infinity]);
  });

  it.each([
    [{ weights: new Float32Array(2) }, "an object of Float32Array", 'at "weights"', " Write Array.from(…)."],
    [{ at: new Date(0) }, "an object of Date", 'at "at"', ""],
    [{ run: () => 1 }, "function", 'at "run"', ""],
    [[1, undefined], "undefined", 'at "1"', ""],
    [{ big: 1n }, "bigint", 'at "big"', ""],
    [{ table: new Map() }, "an object of Map", 'at "table"', ""],
  ])("must be of JSON: %o is not", (value, received, context, advice) => {
    expect(() => toJson("search", "a trial", value)).toThrow(
      "search: a trial must be a value of JSON. Expected numbers, text, booleans, null, lists and plain objects of them, " +
        `received ${received} (${context}).${advice}`,
    );
  });
});

describe("search", () => {
  it.each<[Partial<SearchOptions<unknown>>, string]>([
    [
      { job: "a b" },
      'search: the name of a job has letters, digits, - and _. Expected 1 to 100 of them, such as "fashion"',
    ],
    [{ trials: [] }, "search: there must be trials. Expected at least one, received an empty list."],
    [{ trials: [new Date(0)] }, "search: a trial must be a value of JSON."],
    [{ maxAttempts: 0 }, "search: maxAttempts must be an integer ≥ 1."],
    [{ maxLosses: 0.5 }, "search: maxLosses must be an integer ≥ 1."],
    [{ signal: {} as AbortSignal }, "search: signal ends the search. Expected an AbortSignal, received {}."],
    [{ ackWait: 999 }, "search: ackWait must be an integer ≥ 1000."],
    [
      { trails: [1] } as never,
      'search: unknown option. Expected one of job, trials, maxAttempts, maxLosses, ackWait, onTrial, signal, received "trails". Did you mean "trials"?',
    ],
  ])("refuses %o before anything is sent", async (options, message) => {
    const nc = {} as NatsConnection;
    await expect(search(nc, { job: "a", trials: [1], ...options }, () => 1)).rejects.toThrow(message);
  });

  it("refuses what is no function", async () => {
    await expect(search({} as NatsConnection, { job: "a", trials: [1] }, 3 as never)).rejects.toThrow(
      "search: a function runs the trials. Expected search(nc, options, async (trial) => …), received 3.",
    );
  });
});
