// Kernels of WebGPU that must give the numbers of WASM, some to the bit, at sizes at which they work in other ways.
import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../../src/ir/dtype.ts";
import type { Instruction } from "../../../src/ir/instruction.ts";
import { bitsOf, type Hand, noise, runByHand } from "./by-hand.ts";
import { backend, reference } from "./support.ts";

type Make = (hand: Hand) => readonly Instruction[];

async function onBoth(make: Make): Promise<{ ours: TypedArray; theirs: TypedArray }> {
  const [ours, again, theirs] = [
    await runByHand(backend, make),
    await runByHand(backend, make),
    await runByHand(reference, make),
  ];
  expect(bitsOf(again.y as TypedArray)).toEqual(bitsOf(ours.y as TypedArray));
  return { ours: ours.y as TypedArray, theirs: theirs.y as TypedArray };
}

async function equalBits(make: Make): Promise<void> {
  const { ours, theirs } = await onBoth(make);
  expect(bitsOf(ours)).toEqual(bitsOf(theirs));
}

/** Relative to the largest result. */
async function close(make: Make, limit: number): Promise<void> {
  const { ours, theirs } = await onBoth(make);
  const [got, wanted] = [Array.from(ours), Array.from(theirs)];
  const scale = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
  const apart = wanted.map((x, i) => (Object.is(x, got[i]) ? 0 : Math.abs(x - (got[i] as number)) / scale));
  expect(got.length).toBe(wanted.length);
  expect(
    apart.every((error) => error < limit),
    `largest error ${apart.reduce((a, b) => Math.max(a, b), 0)}`,
  ).toBe(true);
}

const centred = (count: number, seed: number) => noise(count, seed).map((x) => 2 * x - 1);
const wholes = (count: number, below: number, seed: number) =>
  Int32Array.from(noise(count, seed), (x) => Math.floor(x * below));

describe("random numbers", () => {
  it.each([1, 5, 1000, 70001])("%s of them are those of wasm to the bit", (count) =>
    equalBits((hand) => [
      {
        kind: "random",
        stream: 4294967295,
        count,
        key: hand.given(Int32Array.of(-7, 123456789, 2 ** 31 - 1, 3)),
        output: hand.room("y", [count]),
      },
    ]),
  );
});

describe("scatterAdd", () => {
  const scatter =
    (rows: number, width: number, indices: Int32Array): Make =>
    (hand) => [
      {
        kind: "scatterAdd",
        rows,
        width,
        count: indices.length,
        indices: hand.given(indices),
        updates: hand.given(centred(indices.length * width, 2)),
        output: hand.room("y", [rows, width]),
      },
    ];
  const cases: [string, number, number, Int32Array][] = [
    ["a small table", 10, 3, wholes(100, 12, 1).map((row) => row - 1)],
    ["a large table", 30000, 8, wholes(3000, 30010, 3).map((row) => row - 5)],
    ["one row for all", 5000, 4, new Int32Array(4000).fill(4999)],
    ["more updates than rows", 300, 5, wholes(20000, 300, 4)],
    ["rows of one digit", 15, 64, wholes(5000, 16, 5)],
  ];
  it.each(cases)("%s: in order, to the bit", (...row: unknown[]) => {
    const [, rows, width, indices] = row as [string, number, number, Int32Array];
    return equalBits(scatter(rows, width, indices));
  });
});

describe("reductions", () => {
  const sizes: [string, number, number, number][] = [
    ["all of a long row", 1, 100003, 1],
    ["few long columns", 1, 21632, 32],
    ["many short rows", 3000, 10, 1],
    ["middle axis", 7, 513, 6],
    ["nothing", 3, 0, 4],
    ["long rows", 70, 3000, 1],
  ];
  for (const operation of ["sum", "max", "min", "prod"] as const) {
    it.each(sizes)(`${operation}: %s`, (...row: unknown[]) => {
      const [, outer, length, inner] = row as [string, number, number, number];
      const data = centred(outer * length * inner, 6).map((x) => (operation === "prod" ? 1 + 1e-3 * x : x));
      return close(
        (hand) => {
          const [input, output] = [hand.given(data), hand.room("y", [outer, inner])];
          return [{ kind: "reduce", operation, outer, length, inner, input, output }];
        },
        operation === "prod" ? 1e-4 : 2e-6,
      );
    });
    it(`${operation} of int32 is exact, beyond 2^24 and over the end of the range`, () =>
      equalBits((hand) => {
        const data = wholes(3 * 9000 * 2, 2 ** 31 - 1, 7).map((x) => x - 2 ** 30);
        const [input, output] = [hand.given(data), hand.room("y", [3, 2], "int32")];
        return [{ kind: "reduce", operation, outer: 3, length: 9000, inner: 2, input, output }];
      }));
  }
  for (const operation of ["max", "min"] as const) {
    it.each(sizes.filter(([, , length]) => length > 0))(
      `argReduce ${operation}: %s, the first of equal ones`,
      (...row) => {
        const [, outer, length, inner] = row as [string, number, number, number];
        const data = Float32Array.from(wholes(outer * length * inner, 50, 8));
        if (outer === 7) for (let i = 1000; i < 1010; i++) data[i] = Number.NaN;
        return equalBits((hand) => {
          const [input, output] = [hand.given(data), hand.room("y", [outer, inner], "int32")];
          return [{ kind: "argReduce", operation, outer, length, inner, input, output }];
        });
      },
    );
  }
});

describe("running sums", () => {
  const sizes: [string, number, number, number][] = [
    ["a long row", 1, 50001, 1],
    ["few columns", 2, 4097, 3],
    ["many rows", 500, 40, 1],
  ];
  for (const [exclusive, reverse] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    it.each(sizes)(`${exclusive ? "exclusive" : ""} ${reverse ? "from the end" : ""} %s`, async (...row: unknown[]) => {
      const [, outer, length, inner] = row as [string, number, number, number];
      const make =
        (data: TypedArray): Make =>
        (hand) => {
          const dtype = data instanceof Int32Array ? "int32" : "float32";
          const [input, output] = [hand.given(data), hand.room("y", [outer, length, inner], dtype)];
          return [{ kind: "cumsum", outer, length, inner, exclusive, reverse, input, output }];
        };
      await close(make(centred(outer * length * inner, 9)), 1e-5);
      await equalBits(make(wholes(outer * length * inner, 2 ** 30, 10)));
    });
  }
});

describe("softmax", () => {
  const sizes: [string, number, number][] = [
    ["short rows", 300, 10],
    ["long rows", 9, 1500],
    ["many rows", 300, 100],
  ];
  for (const log of [false, true]) {
    it.each(sizes)(`${log ? "its logarithm " : ""}and gradient: %s`, async (...row: unknown[]) => {
      const [, rows, columns] = row as [string, number, number];
      const x = centred(rows * columns, 11).map((v) => 20 * v);
      await close(
        (hand) => [
          { kind: "softmax", log, rows, columns, input: hand.given(x), output: hand.room("y", [rows, columns]) },
        ],
        5e-6,
      );
      await close((hand) => {
        const [dy, y] = [
          hand.given(centred(rows * columns, 12)),
          hand.given(noise(rows * columns, 13).map((v) => (log ? v - 1.5 : v))),
        ];
        return [{ kind: "softmaxGrad", log, rows, columns, dy, y, output: hand.room("y", [rows, columns]) }];
      }, 1e-5);
    });
  }
});

describe("maps and copies of many elements", () => {
  /** x + row, written in place of neither; with and without whole vectors of four. */
  it.each([
    [64, 1024],
    [61, 1023],
    [4099, 4],
    [70001, 1],
  ])("[%s, …]: broadcasts, several results, strides", (...row: unknown[]) => {
    const [rows, columns] = row as [number, number];
    return equalBits((hand) => {
      const x = hand.given(centred(rows * columns, 14), [rows, columns]);
      const line = { ...hand.given(centred(columns, 15)), shape: [rows, columns], strides: [0, columns > 1 ? 1 : 0] };
      const side = { ...hand.given(centred(rows, 16)), shape: [rows, columns], strides: [1, 0] };
      const sum = hand.room("sum", [rows, columns]);
      const turned = { ...hand.room("y", [columns, rows]), shape: [rows, columns], strides: [1, rows] };
      const nodes = [
        ...[0, 1, 2].map((index) => ({ op: "input", index }) as const),
        { op: "max", args: [0, 1] } as const,
        { op: "add", args: [3, 2] } as const,
      ];
      return [
        {
          kind: "map",
          shape: [rows, columns],
          inputs: [x, line, side],
          outputs: [sum, hand.room("other", [rows, columns])],
          expression: { nodes, outputs: [4, 3] },
        },
        { kind: "copy", input: sum, output: turned },
      ];
    });
  });
});

describe("small instructions in one dispatch", () => {
  it("each reads what those before it wrote", () =>
    equalBits((hand) => {
      const x = hand.given(wholes(600, 100, 17), [30, 20]);
      const views = ["a", "b", "c"].map((name) => hand.room(name, [30], "int32"));
      const [a, b, c] = views as [(typeof views)[0], (typeof views)[0], (typeof views)[0]];
      const twice = { nodes: [{ op: "input", index: 0 } as const, { op: "add", args: [0, 0] } as const], outputs: [1] };
      return [
        { kind: "reduce", operation: "sum", outer: 30, length: 20, inner: 1, input: x, output: a },
        { kind: "map", shape: [30], inputs: [a], outputs: [b], expression: twice },
        { kind: "cumsum", outer: 1, length: 30, inner: 1, exclusive: false, reverse: true, input: b, output: c },
        {
          kind: "gather",
          rows: 30,
          width: 1,
          count: 600,
          table: c,
          indices: x,
          output: hand.room("y", [600], "int32"),
        },
      ];
    }));
});
