import fc from "fast-check";
import type { NumberArray } from "../../src/io/numbers.ts";
import type { WrittenAttribute, WrittenDataset, WrittenGroup } from "../hdf5-writer.ts";

/** Names as models have them, and some that few models have. */
const names = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/),
  fc
    .string({ minLength: 1, maxLength: 8, unit: "grapheme" })
    .filter((name) => /^[^/\0.]+$/.test(name) && !/\p{Cs}/u.test(name)),
  fc.constantFrom("__proto__", "constructor", "0", "10", "9"),
);

/** Text without zero characters, which end a string. */
const texts = fc
  .string({ maxLength: 20, unit: "grapheme" })
  .filter((text) => !text.includes("\0") && !/\p{Cs}/u.test(text));

/** Numbers of any element type, as many as asked for. */
export const numberArrays = (length: number): fc.Arbitrary<NumberArray> =>
  fc.oneof(
    fc.float32Array({ minLength: length, maxLength: length }),
    fc.float64Array({ minLength: length, maxLength: length }),
    fc.int8Array({ minLength: length, maxLength: length }),
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.int16Array({ minLength: length, maxLength: length }),
    fc.uint16Array({ minLength: length, maxLength: length }),
    fc.int32Array({ minLength: length, maxLength: length }),
    fc.uint32Array({ minLength: length, maxLength: length }),
    fc.bigInt64Array({ minLength: length, maxLength: length }),
    fc.bigUint64Array({ minLength: length, maxLength: length }),
  );

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

/** Numbers with their shape. */
export const tensors = shapes.chain((shape) =>
  numberArrays(shape.reduce((a, b) => a * b, 1)).map((data) => ({ shape, data })),
);

const attributes: fc.Arbitrary<ReadonlyMap<string, WrittenAttribute>> = fc
  .dictionary(
    names,
    fc.oneof(texts, fc.double({ noNaN: true }), fc.array(texts, { minLength: 1, maxLength: 4 }), numberArrays(3)),
    { maxKeys: 3 },
  )
  .map((record) => new Map(Object.entries(record)));

const datasets: fc.Arbitrary<WrittenDataset> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ shape: shapes, attributes })
      .chain(({ shape, attributes }) =>
        numberArrays(shape.reduce((a, b) => a * b, 1)).map((data) => ({ shape, data, attributes })),
      ),
  },
  fc.array(texts, { minLength: 1, maxLength: 4 }).map((data) => ({ shape: [data.length], data })),
);

/** Groups of groups and datasets, some with more members than a leaf or a node of a tree holds. */
export const groups: fc.Arbitrary<WrittenGroup> = fc.letrec<{ group: WrittenGroup }>((tie) => ({
  group: fc.record({
    attributes,
    children: fc
      .array(fc.tuple(names, fc.oneof({ maxDepth: 3 }, datasets, tie("group"))), {
        maxLength: 12,
        depthIdentifier: "g",
      })
      .map((entries) => new Map(entries)),
  }),
})).group;
