import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatCsv,
  integerLookup,
  readCsv,
  stringLookup,
  table,
  timeseriesDataset,
  trainTestSplit,
} from "../../src/data-entry.ts";

const field = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[ ,;"\n\r\tab1]{0,6}$/));

describe("data in, for random data", () => {
  it("a table that is written as CSV and read is the same", async () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(Number.NaN));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, number, fc.boolean()), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(",", ";", "\t"),
        fc.constantFrom(["text"], ["text", "number", "yes"]),
        async (rows, delimiter, names) => {
          const columns = {
            text: rows.map(([text]) => text),
            number: rows.map(([, n]) => n),
            yes: rows.map(([, , yes]) => yes),
          };
          const before = table(columns).select(...names);
          const schema = Object.fromEntries(
            names.map((name) => [name, { text: "text", number: "number", yes: "boolean" }[name]]),
          );
          const after = await readCsv(formatCsv(before, { delimiter }), { delimiter, schema: schema as never });
          expect(after.rows()).toEqual(before.rows());
        },
      ),
      { numRuns: 200 },
    );
  });

  it("a lookup is inverted for all that it has learnt", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          field.filter((text) => text !== "[UNK]"),
          { minLength: 1, maxLength: 20 },
        ),
        fc.integer({ min: 1, max: 3 }),
        async (words, numOovIndices) => {
          const lookup = stringLookup({ numOovIndices });
          await lookup.adapt(words);
          expect([...lookup.invert(lookup.apply(words)).data]).toEqual(words);
          const again = stringLookup({ numOovIndices, vocabulary: lookup.getVocabulary() });
          expect(again.apply(words)).toEqual(lookup.apply(words));
        },
      ),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.maxSafeInteger().filter((n) => n !== -1),
          { minLength: 1, maxLength: 20 },
        ),
        async (numbers) => {
          const lookup = integerLookup();
          await lookup.adapt(numbers);
          expect([...lookup.invert(lookup.apply(numbers)).data]).toEqual(numbers);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("windows are those of the definition, each once", async () => {
    const cases = fc.record({
      length: fc.integer({ min: 1, max: 40 }),
      sequenceLength: fc.integer({ min: 1, max: 5 }),
      sequenceStride: fc.integer({ min: 1, max: 4 }),
      samplingRate: fc.integer({ min: 1, max: 3 }),
      startIndex: fc.integer({ min: 0, max: 5 }),
      batchSize: fc.integer({ min: 1, max: 7 }),
      shuffle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ length, ...options }) => {
        const { sequenceLength, sequenceStride, samplingRate, startIndex } = options;
        const expected: number[][] = [];
        for (let at = startIndex; at + (sequenceLength - 1) * samplingRate < length; at += sequenceStride)
          expected.push(Array.from({ length: sequenceLength }, (_, step) => at + step * samplingRate));
        fc.pre(expected.length > 0);
        const data = Array.from({ length }, (_, at) => at);
        const targets = data.map((value) => value * 10);
        const found: number[][] = [];
        for await (const { x, y } of timeseriesDataset(data, targets, options)) {
          for (let row = 0; row < (x.shape[0] as number); row++) {
            const window = [...x.data.subarray(row * sequenceLength, (row + 1) * sequenceLength)];
            expect(y.data[row]).toBe((window[0] as number) * 10);
            found.push(window);
          }
        }
        if (options.shuffle) found.sort((a, b) => (a[0] as number) - (b[0] as number));
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("a split shares out all rows, in the sizes that were asked for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 60 }),
        fc.nat(),
        (classes, seed) => {
          const t = table({ row: classes.map((_, at) => at), kind: classes });
          const [train, test] = trainTestSplit(t, { testFraction: 0.25, stratify: "kind", seed });
          expect(test.length).toBe(Math.round(classes.length * 0.25));
          const rows = [...train.numbers("row"), ...test.numbers("row")].sort((a, b) => a - b);
          expect(rows).toEqual(classes.map((_, at) => at));
          for (const kind of new Set(classes)) {
            const all = classes.filter((one) => one === kind).length;
            const here = test.numbers("kind").filter((one) => one === kind).length;
            expect(Math.abs(here - all * 0.25)).toBeLessThan(1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
