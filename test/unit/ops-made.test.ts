import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import * as ops from "../../src/tensor/ops/index.ts";

const { tensor, zeros } = ops;

describe("sorting", () => {
  it("puts a thousand values in order, on every backend, and keeps equal values in theirs", async () => {
    const data = Float32Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 311) / 8);
    const expected = [...data.keys()].sort((a, b) => (data[a] as number) - (data[b] as number) || a - b);
    for (const backend of [await wasm(), js()]) {
      const [order, sorted] = await evaluate([ops.argsort(tensor(data)), ops.sort(tensor(data))], backend);
      expect([...(order as Int32Array)]).toEqual(expected);
      expect([...(sorted as Float32Array)]).toEqual([...data].sort((a, b) => a - b));
    }
  });

  it("puts NaN last, and first where the largest come first; infinities stay inside", async () => {
    const x = tensor([3, Number.NaN, -1 / 0, 1 / 0, 0]);
    const { values, indices } = ops.topK(x, 3);
    const results = await evaluate([ops.argsort(x), ops.argsort(x, -1, { descending: true }), values, indices], js());
    expect(results.map((r) => [...r])).toEqual([
      [2, 4, 0, 3, 1],
      [1, 3, 0, 4, 2],
      [Number.NaN, 1 / 0, 3],
      [1, 3, 0],
    ]);
  });

  it("gives the gradient of equal values back to each by itself", async () => {
    const x = tensor([2, 1, 2]);
    const [dx] = gradients(ops.sum(ops.mul(ops.sort(x), tensor([10, 20, 30]))), [x]);
    expect([...((await evaluate([dx as ops.Operand as never], js()))[0] as Float32Array)]).toEqual([20, 10, 30]);
  });
});

describe("ops made of others", () => {
  it("an index out of range gives NaN and takes no gradient", async () => {
    const x = tensor([1, 2, 3]);
    const y = ops.takeAlongAxis(x, tensor(Int32Array.of(2, 3, -1)));
    const [dx] = gradients(ops.sum(ops.where(ops.isNaN(y), 0, y)), [x]);
    const results = await evaluate([y, dx as never], await wasm());
    expect(results.map((r) => [...r])).toEqual([
      [3, Number.NaN, Number.NaN],
      [0, 0, 1],
    ]);
  });

  it("std has gradient 0 where all values are equal, logSumExp of an infinity is that infinity", async () => {
    const x = tensor([2, 2, 2]);
    const [dx] = gradients(ops.std(x), [x]);
    const results = await evaluate(
      [dx as never, ops.logSumExp(tensor([1, 1 / 0])), ops.logSumExp(tensor([-1 / 0]))],
      js(),
    );
    expect(results.map((r) => [...r])).toEqual([[0, 0, 0], [1 / 0], [-1 / 0]]);
  });

  it("works on tensors without elements", async () => {
    const none = zeros([0, 3]);
    const shapes = [
      ops.flip(none),
      ops.roll(none, 2),
      ops.tile(none, 2),
      ops.sort(none),
      ops.sort(none, 0),
      ops.cumprod(none, 0),
    ];
    expect(shapes.map(({ shape }) => shape)).toEqual([
      [0, 3],
      [0, 3],
      [0, 6],
      [0, 3],
      [0, 3],
      [0, 3],
    ]);
    const results = await evaluate([ops.any(none), ops.all(none), ops.einsum("ij->", none)], js());
    expect(results.map((r) => r[0])).toEqual([0, 1, 0]);
  });

  it.each<[() => unknown, string]>([
    [
      () => ops.split(zeros([5]), 2),
      "split: the axis is cut into equal parts. Expected an extent at axis 0 that 2 divides, received 5 ([5]). Or give the places at which to cut, such as [2, 5].",
    ],
    [() => ops.split(zeros([5]), 0), "split: sections must be an integer ≥ 1. Expected an integer ≥ 1, received 0."],
    [
      () => ops.split(zeros([5]), [3, 2]),
      "split: the places at which to cut must not fall, and lie within the axis. Expected integers in [0, 5], received [3, 2].",
    ],
    [
      () => ops.split(zeros([5]), [6]),
      "split: the places at which to cut must not fall, and lie within the axis. Expected integers in [0, 5], received [6].",
    ],
    [
      () => ops.split(zeros([5]), [-1]),
      "split: the places at which to cut must not fall, and lie within the axis. Expected integers in [0, 5], received [-1].",
    ],
    [() => ops.tile(zeros([5]), -1), "tile: each count must be an integer ≥ 0. Expected an integer ≥ 0, received -1."],
    [
      () => ops.repeat(zeros([5]), [1, 2]),
      "repeat: there is one count per element of the axis. Expected 5 counts, received 2 ([5]).",
    ],
    [() => ops.roll(zeros([5]), [1, 2], 0), "roll: one shift per axis. Expected 1 shifts, received 2."],
    [() => ops.roll(zeros([5]), 0.5), "roll: shift must be an integer. Expected an integer, received 0.5."],
    [() => ops.triu(zeros([5])), "triu: x holds matrices. Expected rank ≥ 2, received [5]."],
    [() => ops.topK(zeros([5]), 6), "topK: k must be an integer in [0, 5]. Expected an integer in [0, 5], received 6."],
    [
      () => ops.topK(zeros([5]), -1),
      "topK: k must be an integer in [0, 5]. Expected an integer in [0, 5], received -1.",
    ],
    [
      () => ops.takeAlongAxis(zeros([5]), zeros([2])),
      'takeAlongAxis: indices must be whole numbers. Expected dtype int32, received float32. Use cast(indices, "int32").',
    ],
    [
      () => ops.takeAlongAxis(zeros([5, 2]), ops.range(2)),
      "takeAlongAxis: indices have the axes of x, and may differ along one. Expected [5, 2] with any extent at axis 1, received [2] (x [5, 2]).",
    ],
    [
      () => ops.einsum("ii->i", zeros([2, 2])),
      'einsum: the equation names each axis of one or two operands by a letter, each once. Expected an equation such as "ij,jk->ik", received "ii->i" for 1 operands.',
    ],
    [
      () => ops.einsum("ij,jk->il", zeros([2, 3]), zeros([3, 4])),
      'einsum: the equation names each axis of one or two operands by a letter, each once. Expected an equation such as "ij,jk->ik", received "ij,jk->il" for 2 operands.',
    ],
    [
      () => ops.einsum("ij,jk->ik", zeros([2, 3]), zeros([4, 4])),
      'einsum: operands have an axis per letter, and axes of one letter have one extent. Expected shapes that fit "ij,jk->ik", received [2, 3] and [4, 4].',
    ],
    [
      () => ops.dot(zeros([2, 3]), zeros([2, 4, 3])),
      "dot: the last axis of a is the last but one of b. Expected a [..., 4], received [2, 3] (b [2, 4, 3]).",
    ],
    [
      () => ops.arange(0, 1, 0),
      "arange: step must be a number other than 0. Expected a number other than 0, received 0.",
    ],
    [() => ops.arange(0, 1, 1e-12), "arange: too many elements. Expected at most 2^29 (536870912), received"],
    [() => ops.linspace(0, 1, 1e12), "linspace: too many elements. Expected at most 2^29 (536870912), received"],
    [
      () => ops.linspace(0, Number.NaN),
      "linspace: stop must be a finite number. Expected a finite number, received NaN.",
    ],
    [
      () => ops.meshgrid([zeros([2])], { indexing: "yx" as "xy" }),
      'meshgrid: unknown indexing. Expected "xy" or "ij", received yx.',
    ],
  ])("says what is wrong: %#", (call, message) => {
    expect(call).toThrow(message);
  });
});
