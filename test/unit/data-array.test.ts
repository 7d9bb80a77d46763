import { describe, expect, it } from "vitest";
import { gatherRows, hostArray, rowsOf, sliceRows, toHostArray, toHostArrayAsync } from "../../src/data/array.ts";
import { defineOp, record } from "../../src/tensor/op.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";

const values = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) => ({
  data: Array.from(data),
  shape,
});

describe("toHostArray", () => {
  it("takes typed arrays as they are, without a copy", () => {
    const data = Uint8Array.of(1, 2, 3);
    const array = toHostArray("x", data);
    expect(array.data).toBe(data);
    expect(array.shape).toEqual([3]);
    const shaped = toHostArray("x", { data, shape: [3, 1] });
    expect(shaped.data).toBe(data);
    expect(shaped.shape).toEqual([3, 1]);
  });

  it("flattens nested arrays in row-major order, as float32", () => {
    const array = toHostArray("x", [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]);
    expect(array.data).toBeInstanceOf(Float32Array);
    expect(values(array)).toEqual({ data: [1, 2, 3, 4, 5, 6], shape: [1, 3, 2] });
    expect(values(toHostArray("x", [Float32Array.of(1, 2), Uint8Array.of(3, 4)]))).toEqual({
      data: [1, 2, 3, 4],
      shape: [2, 2],
    });
    expect(values(toHostArray("x", 7))).toEqual({ data: [7], shape: [] });
  });

  it("knows empty arrays", () => {
    expect(values(toHostArray("x", []))).toEqual({ data: [], shape: [0] });
    expect(values(toHostArray("x", [[], []]))).toEqual({ data: [], shape: [2, 0] });
  });

  it("keeps NaN: whether that is allowed is for others to say", () => {
    expect(toHostArray("x", [1, Number.NaN]).data[1]).toBeNaN();
  });

  it("reads constant tensors", () => {
    expect(values(toHostArray("x", tensor([[1, 2]])))).toEqual({ data: [1, 2], shape: [1, 2] });
    expect(values(toHostArray("x", tensor(5)))).toEqual({ data: [5], shape: [] });
  });

  it("refuses a tensor that has yet to be computed, and computes it in the async form", async () => {
    const computed = record(
      defineOp<{ name: string }>({
        name: "input",
        infer: () => ({ shape: [2], dtype: "float32" }),
        vjp: () => [],
        lower: () => expect.fail("not needed"),
      }),
      [],
      { name: "test" },
    );
    expect(() => toHostArray("x", computed)).toThrow(
      "x: only a constant tensor can be read at once. Expected tensor(…), received the result of input. Compute it first",
    );
    computed.data = async () => Float32Array.of(1, 2);
    expect(values(await toHostArrayAsync("x", computed))).toEqual({ data: [1, 2], shape: [2] });
    expect(values(await toHostArrayAsync("x", [3]))).toEqual({ data: [3], shape: [1] });
  });

  it.each([
    [
      [[1, 2], [3]],
      "x[1]: nested arrays must be regular: all rows of one level have the same length and depth. Expected a row of 2, received an array of 1 (the first rows make the shape [2, 2]).",
    ],
    [[[1], [2, 3]], "x[1]: nested arrays must be regular"],
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[5, 6], 7],
      ],
      "x[1][1]: nested arrays must be regular: all rows of one level have the same length and depth. Expected a row of 2, received the number 7",
    ],
    [
      [
        [1, 2],
        [3, [4]],
      ],
      "x[1][1]: nested arrays must be regular: all rows of one level have the same length and depth. Expected a number, received an array of 1",
    ],
    [[1, [2]], "x[1]: nested arrays must be regular"],
    [[[1], Float32Array.of(1, 2)], "x[1]: nested arrays must be regular"],
    [[[], [1]], "x[1]: nested arrays must be regular"],
  ])("names the place where nesting is ragged: %j", (ragged, complaint) => {
    expect(() => toHostArray("x", ragged as number[][])).toThrow(complaint);
    expect(() => toHostArray("x", ragged as number[][])).toThrow(expect.objectContaining({ name: "ShapeError" }));
  });

  it.each([
    [[1, "2"], 'x[1]: arrays hold numbers only. Expected a number, received the string "2". Turn labels'],
    [[[1], [null]], "x[1][0]: arrays hold numbers only. Expected a number, received null."],
    [[1, undefined], "x[1]: arrays hold numbers only. Expected a number, received undefined."],
    [[true], "x[0]: arrays hold numbers only. Expected a number, received true."],
    [[1n], "x[0]: arrays hold numbers only. Expected a number, received 1n."],
    [[{ a: 1 }], "x[0]: arrays hold numbers only. Expected a number, received { a: 1 }."],
    [
      "1, 2",
      'x: data are a tensor, a typed array, nested arrays of numbers, or { data, shape }. Expected numbers, received the string "1, 2".',
    ],
    [undefined, "received undefined"],
    [null, "received null"],
    [new DataView(new ArrayBuffer(8)), "x: data are a tensor"],
    [new BigInt64Array(2), "x: data are a tensor"],
    [[new BigInt64Array(2)], "x[0]: arrays hold numbers only. Expected a number, received BigInt64Array(2)."],
    [{ data: "12", shape: [2] }, "x: data are a tensor"],
    [new Map(), "received a Map"],
  ])("refuses what is not numbers: %o", (wrong, complaint) => {
    expect(() => toHostArray("x", wrong as unknown as number[])).toThrow(complaint);
    expect(() => toHostArray("x", wrong as unknown as number[])).toThrow(
      expect.objectContaining({ name: "ValueError" }),
    );
  });

  it("refuses a shape that does not hold the values", () => {
    expect(() => toHostArray("x", { data: new Float32Array(6), shape: [2, 4] })).toThrow(
      "x: the shape must hold the values. Expected 8 values for shape [2, 4], received 6.",
    );
    expect(() => hostArray([1, 2], [-2])).toThrow("a shape is an array of integers ≥ 0");
    expect(() => hostArray([1, 2], [2.5])).toThrow("a shape is an array of integers ≥ 0");
  });
});

describe("rows", () => {
  const array = hostArray(
    Int32Array.from({ length: 12 }, (_, i) => i),
    [4, 3],
  );
  const wide = hostArray(
    Float32Array.from({ length: 80 }, (_, i) => i),
    [4, 20],
  );

  it("counts them", () => {
    expect(rowsOf("x", array)).toBe(4);
    expect(() => rowsOf("x", toHostArray("x", 1))).toThrow(
      "x: the first axis counts the examples. Expected at least one axis, received a scalar.",
    );
  });

  it("slices without a copy", () => {
    const part = sliceRows(array, 1, 3);
    expect(values(part)).toEqual({ data: [3, 4, 5, 6, 7, 8], shape: [2, 3] });
    expect(part.data.buffer).toBe(array.data.buffer);
    expect(sliceRows(array, 4, 4).shape).toEqual([0, 3]);
  });

  it("gathers narrow and wide rows into an array of the same type", () => {
    expect(values(gatherRows(array, [3, 0, 3]))).toEqual({ data: [9, 10, 11, 0, 1, 2, 9, 10, 11], shape: [3, 3] });
    expect(gatherRows(array, [1]).data).toBeInstanceOf(Int32Array);
    expect(values(gatherRows(wide, [2])).data).toEqual(Array.from({ length: 20 }, (_, i) => 40 + i));
    expect(values(gatherRows(hostArray([5, 6, 7]), [2, 0]))).toEqual({ data: [7, 5], shape: [2] });
  });
});
