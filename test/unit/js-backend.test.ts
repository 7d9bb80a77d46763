import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import type { ExpressionNode } from "../../src/ir/expression.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import type { MapInstruction } from "../../src/ir/instructions/map.ts";
import { arity, type Primitive } from "../../src/ir/primitive.ts";
import type { Shape } from "../../src/ir/shape.ts";
import type { View } from "../../src/ir/view.ts";
import { philox } from "../../src/tensor/philox.ts";
import { runInstructions, viewOf } from "../../src/testing/programs.ts";

const floats = (...values: number[]) => Float64Array.from(values);
const ints = (...values: number[]) => Int32Array.from(values);
const empty = (size: number) => new Float64Array(size).fill(-7);
const int32 = { dtype: "int32" } as const;

/** Runs in float64 and gives the last buffer, the output by convention. */
async function run(arrays: readonly TypedArray[], ...instructions: Instruction[]): Promise<number[]> {
  const results = await runInstructions(js({ precision: "float64" }), arrays, instructions);
  return Array.from(results.at(-1) as TypedArray);
}

function mapOf(shape: Shape, inputs: View[], output: View, ...nodes: ExpressionNode[]): MapInstruction {
  return { kind: "map", shape, inputs, outputs: [output], expression: { nodes, outputs: [nodes.length - 1] } };
}
const input = (index: number): ExpressionNode => ({ op: "input", index });
const apply = (op: Primitive, ...args: number[]): ExpressionNode => ({ op, args });

describe("map", () => {
  it("computes every primitive", async () => {
    const expected: Record<Primitive, number> = {
      neg: -0.5,
      abs: 0.5,
      sign: 1,
      floor: 0,
      ceil: 1,
      round: 0,
      sqrt: Math.SQRT1_2,
      exp: 1.6487212707001282,
      expm1: 0.6487212707001282,
      log: -Math.LN2,
      log1p: 0.4054651081081644,
      tanh: 0.4621171572600098,
      erf: 0.5204998778130465,
      erfinv: 0.4769362762044699,
      sin: 0.479425538604203,
      cos: 0.8775825618903728,
      add: 3.5,
      sub: -2.5,
      mul: 1.5,
      div: 0.5 / 3,
      min: 0.5,
      max: 3,
      pow: 0.125,
      equal: 0,
      notEqual: 1,
      less: 1,
      lessEqual: 1,
      select: 3,
    };
    for (const primitive of Object.keys(arity) as Primitive[]) {
      const operands = [input(0), input(1), input(2)];
      const args = [0, 1, 2].slice(0, arity[primitive]);
      const [result] = await run(
        [floats(0.5), floats(3), floats(-4), empty(1)],
        mapOf(
          [1],
          [viewOf(0, [1]), viewOf(1, [1]), viewOf(2, [1])],
          viewOf(3, [1]),
          ...operands,
          apply(primitive, ...args),
        ),
      );
      expect(result, primitive).toBeCloseTo(expected[primitive], 13);
    }
  });

  it("reads broadcast axes with stride 0, at an offset, and writes at one", async () => {
    const column = viewOf(0, [2, 3], { offset: 1, strides: [1, 0] });
    const row = viewOf(1, [2, 3], { strides: [0, 1] });
    const result = await run(
      [floats(9, 10, 20), floats(1, 2, 3), empty(8)],
      mapOf([2, 3], [column, row], viewOf(2, [2, 3], { offset: 1 }), input(0), input(1), apply("add", 0, 1)),
    );
    expect(result).toEqual([-7, 11, 12, 13, 21, 22, 23, -7]);
  });

  it("follows outer strides of three axes over several tiles", async () => {
    // shape [3, 40, 20] read from a [40, 3, 20] array: outer axes swapped.
    const source = Float64Array.from({ length: 2400 }, (_, i) => i);
    const swapped = viewOf(0, [3, 40, 20], { strides: [20, 60, 1] });
    const result = await run([source, empty(2400)], mapOf([3, 40, 20], [swapped], viewOf(1, [3, 40, 20]), input(0)));
    expect(result).toEqual(
      Array.from({ length: 2400 }, (_, i) => Math.floor(i / 20 / 40) * 20 + (Math.floor(i / 20) % 40) * 60 + (i % 20)),
    );
  });

  it("works in place, with several outputs, over several tiles", async () => {
    const x = Float64Array.from({ length: 2500 }, (_, i) => i);
    const view = viewOf(0, [2500]);
    const instruction: MapInstruction = {
      kind: "map",
      shape: [2500],
      inputs: [view],
      outputs: [view, viewOf(1, [2500])],
      expression: {
        nodes: [input(0), { op: "constant", value: 2 }, apply("mul", 0, 1), apply("add", 0, 2)],
        outputs: [2, 3],
      },
    };
    const [doubled, tripled] = await runInstructions(js({ precision: "float64" }), [x, empty(2500)], [instruction]);
    expect(Array.from(doubled as TypedArray)).toEqual(Array.from(x, (value) => 2 * value));
    expect(Array.from(tripled as TypedArray)).toEqual(Array.from(x, (value) => 3 * value));
  });

  it("converts int32 when read and truncates it when written", async () => {
    const halve = [input(0), { op: "constant", value: 0.5 }, apply("mul", 0, 1)] as const;
    const view = viewOf(0, [5], int32);
    expect(await run([ints(1, 2, 3, -3, -4), empty(5)], mapOf([5], [view], viewOf(1, [5]), ...halve))).toEqual([
      0.5, 1, 1.5, -1.5, -2,
    ]);
    expect(
      await run([ints(1, 2, 3, -3, -4), ints(9, 9, 9, 9, 9)], mapOf([5], [view], viewOf(1, [5], int32), ...halve)),
    ).toEqual([0, 1, 1, -1, -2]);
    const wild = floats(1e10, -1e10, Number.NaN, Number.POSITIVE_INFINITY);
    expect(await run([wild, ints(9, 9, 9, 9)], mapOf([4], [viewOf(0, [4])], viewOf(1, [4], int32), input(0)))).toEqual([
      2147483647, -2147483648, 0, 2147483647,
    ]);
  });

  it("handles scalars, constants alone, and empty shapes", async () => {
    expect(
      await run([floats(4), empty(1)], mapOf([], [viewOf(0, [])], viewOf(1, []), input(0), apply("sqrt", 0))),
    ).toEqual([2]);
    expect(await run([empty(2)], mapOf([2], [], viewOf(0, [2]), { op: "constant", value: 3 }))).toEqual([3, 3]);
    expect(await run([floats(1), empty(1)], mapOf([0, 3], [viewOf(0, [0, 3])], viewOf(1, [0, 3]), input(0)))).toEqual([
      -7,
    ]);
  });

  it("rounds every result in float32", async () => {
    const nodes = [input(0), { op: "constant", value: 1 }, apply("add", 0, 1), apply("sub", 2, 1)] as const;
    const [, result] = await runInstructions(
      js(),
      [Float32Array.of(1e-9), new Float32Array(1)],
      [mapOf([1], [viewOf(0, [1])], viewOf(1, [1]), ...nodes)],
    );
    expect(result).toEqual(Float32Array.of(0));
  });
});

describe("matmul", () => {
  // [[1, 2, 3], [4, 5, 6]] · [[1, 0], [2, 1], [0, 3]] = [[5, 11], [14, 23]]
  const a = floats(1, 2, 3, 4, 5, 6);
  const b = floats(1, 0, 2, 1, 0, 3);
  const aTransposed = floats(1, 4, 2, 5, 3, 6);
  const bTransposed = floats(1, 2, 0, 0, 1, 3);
  const layouts = { plain: { a: [6, 3, 1], b: [6, 2, 1] }, turned: { a: [6, 1, 2], b: [6, 1, 3] } } as const;

  it.each([
    ["plain", "plain"],
    ["plain", "turned"],
    ["turned", "plain"],
    ["turned", "turned"],
  ] as const)("multiplies a %s by a %s", async (left, right) => {
    const result = await run([left === "plain" ? a : aTransposed, right === "plain" ? b : bTransposed, empty(4)], {
      kind: "matmul",
      a: viewOf(0, [1, 2, 3], { strides: layouts[left].a }),
      b: viewOf(1, [1, 3, 2], { strides: layouts[right].b }),
      output: viewOf(2, [1, 2, 2]),
    });
    expect(result).toEqual([5, 11, 14, 23]);
  });

  it("repeats an operand over the batch, and runs along more than four terms", async () => {
    const result = await run([floats(1, 1, 1, 1, 1, 2, 2, 2, 2, 2), floats(1, 2, 3, 4, 5), empty(2)], {
      kind: "matmul",
      a: viewOf(0, [2, 1, 5]),
      b: viewOf(1, [2, 5, 1], { strides: [0, 1, 1] }),
      output: viewOf(2, [2, 1, 1]),
    });
    expect(result).toEqual([15, 30]);
  });

  it("runs its epilogue after the product, also on an empty depth", async () => {
    const epilogue = mapOf(
      [2, 2],
      [viewOf(3, [2, 2]), viewOf(2, [2, 2], { strides: [0, 1] })],
      viewOf(3, [2, 2]),
      input(0),
      input(1),
      apply("add", 0, 1),
    );
    const output = viewOf(3, [1, 2, 2]);
    const full: Instruction = { kind: "matmul", a: viewOf(0, [1, 2, 3]), b: viewOf(1, [1, 3, 2]), output, epilogue };
    expect(await run([a, b, floats(100, 200), empty(4)], full)).toEqual([105, 211, 114, 223]);
    const hollow: Instruction = { kind: "matmul", a: viewOf(0, [1, 2, 0]), b: viewOf(1, [1, 0, 2]), output, epilogue };
    expect(await run([a, b, floats(100, 200), empty(4)], hollow)).toEqual([100, 200, 100, 200]);
  });
});

describe("reduce", () => {
  const x = floats(1, 2, 3, 4, 5, -6);
  it.each([
    ["sum", [6, 3]],
    ["prod", [6, -120]],
    ["max", [3, 5]],
    ["min", [1, -6]],
  ] as const)("%s", async (operation, overRows) => {
    const result = await run([x, empty(2)], {
      kind: "reduce",
      operation,
      outer: 2,
      length: 3,
      inner: 1,
      input: viewOf(0, [2, 3, 1]),
      output: viewOf(1, [2, 1]),
    });
    expect(result).toEqual(overRows);
  });

  it("reduces a middle axis", async () => {
    const result = await run([x, empty(3)], {
      kind: "reduce",
      operation: "sum",
      outer: 1,
      length: 2,
      inner: 3,
      input: viewOf(0, [1, 2, 3]),
      output: viewOf(1, [1, 3]),
    });
    expect(result).toEqual([5, 7, -3]);
  });

  it.each([
    ["sum", 0, 0],
    ["prod", 1, 1],
    ["max", Number.NEGATIVE_INFINITY, -2147483648],
    ["min", Number.POSITIVE_INFINITY, 2147483647],
  ] as const)("an empty %s gives its identity", async (operation, identity, integerIdentity) => {
    const shape = { kind: "reduce", operation, outer: 1, length: 0, inner: 1 } as const;
    expect(
      await run([floats(9), empty(1)], { ...shape, input: viewOf(0, [1, 0, 1]), output: viewOf(1, [1, 1]) }),
    ).toEqual([identity]);
    expect(
      await run([ints(9), ints(9)], { ...shape, input: viewOf(0, [1, 0, 1], int32), output: viewOf(1, [1, 1], int32) }),
    ).toEqual([integerIdentity]);
  });

  it("lets NaN through max and min, and wraps integers around", async () => {
    const shape = { kind: "reduce", outer: 1, length: 2, inner: 1, output: viewOf(1, [1, 1]) } as const;
    for (const operation of ["max", "min"] as const) {
      expect(
        await run([floats(Number.NaN, 1), empty(1)], { ...shape, operation, input: viewOf(0, [1, 2, 1]) }),
      ).toEqual([Number.NaN]);
    }
    const integers = { ...shape, input: viewOf(0, [1, 2, 1], int32), output: viewOf(1, [1, 1], int32) };
    expect(await run([ints(2147483647, 2), ints(0)], { ...integers, operation: "sum" })).toEqual([-2147483647]);
    expect(await run([ints(2147483647, 3), ints(0)], { ...integers, operation: "prod" })).toEqual([2147483645]);
  });
});

describe("argReduce", () => {
  const shape = {
    kind: "argReduce",
    outer: 2,
    length: 3,
    inner: 1,
    input: viewOf(0, [2, 3, 1]),
    output: viewOf(1, [2, 1], int32),
  } as const;

  it("gives the first index of the extreme", async () => {
    const x = floats(1, 5, 5, -2, 0, -2);
    expect(await run([x, ints(9, 9)], { ...shape, operation: "max" })).toEqual([1, 1]);
    expect(await run([x, ints(9, 9)], { ...shape, operation: "min" })).toEqual([0, 0]);
  });

  it("counts NaN as the extreme, and starts from infinities", async () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(await run([floats(7, Number.NaN, 9, -inf, -inf, -inf), ints(9, 9)], { ...shape, operation: "max" })).toEqual(
      [1, 0],
    );
    expect(
      await run([floats(Number.NaN, Number.NaN, 0, inf, inf, 1), ints(9, 9)], { ...shape, operation: "min" }),
    ).toEqual([0, 2]);
  });

  it("reduces a leading axis", async () => {
    const turned: Instruction = {
      ...shape,
      operation: "max",
      outer: 1,
      length: 2,
      inner: 3,
      input: viewOf(0, [1, 2, 3]),
      output: viewOf(1, [1, 3], int32),
    };
    expect(await run([floats(1, 5, 2, 3, 4, 2), ints(9, 9, 9)], turned)).toEqual([1, 0, 0]);
  });
});

describe("softmax", () => {
  const softmax = (log: boolean): Instruction => ({
    kind: "softmax",
    log,
    rows: 2,
    columns: 2,
    input: viewOf(0, [2, 2]),
    output: viewOf(1, [2, 2]),
  });

  it("turns logits into probabilities, huge ones too", async () => {
    const result = await run([floats(0, Math.log(3), 1000, 1000), empty(4)], softmax(false));
    [0.25, 0.75, 0.5, 0.5].forEach((p, i) => {
      expect(result[i]).toBeCloseTo(p, 15);
    });
  });

  it("gives the logarithm without losing small probabilities", async () => {
    const result = await run([floats(0, Math.log(3), 0, 1000), empty(4)], softmax(true));
    [Math.log(0.25), Math.log(0.75), -1000, 0].forEach((p, i) => {
      expect(result[i]).toBeCloseTo(p, 14);
    });
  });

  it("has a gradient", async () => {
    const grad = (log: boolean): Instruction => ({
      kind: "softmaxGrad",
      log,
      rows: 1,
      columns: 2,
      dy: viewOf(0, [1, 2]),
      y: viewOf(1, [1, 2]),
      output: viewOf(2, [1, 2]),
    });
    // Σ dy·y = 0.25 + 1.5 = 1.75; y·(dy − 1.75)
    expect(await run([floats(1, 2), floats(0.25, 0.75), empty(2)], grad(false))).toEqual([-0.1875, 0.1875]);
    // dy − e^y·3
    const result = await run([floats(1, 2), floats(Math.log(0.25), Math.log(0.75)), empty(2)], grad(true));
    expect(result[0]).toBeCloseTo(0.25, 14);
    expect(result[1]).toBeCloseTo(-0.25, 14);
  });
});

describe("gather and scatterAdd", () => {
  const shape = { rows: 3, width: 2, count: 4, indices: viewOf(1, [4], int32) } as const;

  it("gathers rows; an index out of range gives NaN, 0 for integers", async () => {
    const indices = ints(2, 0, -1, 3);
    const gather = { kind: "gather", ...shape } as const;
    const float = await run([floats(1, 2, 3, 4, 5, 6), indices, empty(8)], {
      ...gather,
      table: viewOf(0, [3, 2]),
      output: viewOf(2, [4, 2]),
    });
    expect(float).toEqual([5, 6, 1, 2, Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    const integer = await run([ints(1, 2, 3, 4, 5, 6), indices, new Int32Array(8).fill(9)], {
      ...gather,
      table: viewOf(0, [3, 2], int32),
      output: viewOf(2, [4, 2], int32),
    });
    expect(integer).toEqual([5, 6, 1, 2, 0, 0, 0, 0]);
  });

  it("adds rows up where indices repeat, from zero, and passes over those out of range", async () => {
    const updates = floats(1, 2, 3, 4, 5, 6, 7, 8);
    const result = await run([updates, ints(2, 2, 3, -1), empty(6)], {
      kind: "scatterAdd",
      ...shape,
      updates: viewOf(0, [4, 2]),
      output: viewOf(2, [3, 2]),
    });
    expect(result).toEqual([0, 0, 0, 0, 4, 6]);
  });
});

describe("random", () => {
  const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, "0")).join(" ");

  it("is Philox 4×32-10: the known answers of Random123", () => {
    const ones = 0xffffffff;
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    );
  });

  it("counts blocks of four by element, stream and step", async () => {
    const result = await run([ints(-5, 6, 7, 2), empty(6)], {
      kind: "random",
      stream: 3,
      count: 6,
      key: viewOf(0, [4], int32),
      output: viewOf(1, [6]),
    });
    const words = [...philox([0, 3, 7, 4], [-5, 6]), ...philox([1, 3, 7, 4], [-5, 6])];
    expect(result).toEqual(words.slice(0, 6).map((word) => (Math.floor(word / 512) + 0.5) / 8388608));
  });

  it("is the same in float32 and float64", async () => {
    const instruction: Instruction = {
      kind: "random",
      stream: 0,
      count: 1000,
      key: viewOf(0, [4], int32),
      output: viewOf(1, [1000]),
    };
    const key = ints(1, 2, 3, 4);
    const [, narrow] = await runInstructions(js(), [key, new Float32Array(1000)], [instruction]);
    expect(Array.from(narrow as TypedArray)).toEqual(await run([key, empty(1000)], instruction));
  });
});

describe("cumsum", () => {
  it.each([
    [false, false, [1, 3, 6, 4, 9, 15]],
    [true, false, [0, 1, 3, 0, 4, 9]],
    [false, true, [6, 5, 3, 15, 11, 6]],
    [true, true, [5, 3, 0, 11, 6, 0]],
  ])("exclusive %s, reverse %s", async (exclusive, reverse, expected) => {
    const shape = { kind: "cumsum", exclusive, reverse, outer: 2, length: 3, inner: 1 } as const;
    expect(
      await run([floats(1, 2, 3, 4, 5, 6), empty(6)], {
        ...shape,
        input: viewOf(0, [2, 3, 1]),
        output: viewOf(1, [2, 3, 1]),
      }),
    ).toEqual(expected);
  });

  it("runs along a middle axis", async () => {
    const shape = { kind: "cumsum", exclusive: false, reverse: false, outer: 1, length: 2, inner: 3 } as const;
    expect(
      await run([floats(1, 2, 3, 4, 5, 6), empty(6)], {
        ...shape,
        input: viewOf(0, [1, 2, 3]),
        output: viewOf(1, [1, 2, 3]),
      }),
    ).toEqual([1, 2, 3, 5, 7, 9]);
  });
});

describe("copy and fill", () => {
  it("copies through strides on both sides", async () => {
    const transposed = viewOf(0, [3, 2], { strides: [1, 3] });
    const spaced = viewOf(1, [3, 2], { offset: 1, strides: [3, 1] });
    expect(
      await run([floats(1, 2, 3, 4, 5, 6), empty(10)], { kind: "copy", input: transposed, output: spaced }),
    ).toEqual([-7, 1, 4, -7, 2, 5, -7, 3, 6, -7]);
  });

  it("copies scalars, backwards, and nothing at all", async () => {
    expect(
      await run([floats(1, 2), empty(1)], { kind: "copy", input: viewOf(0, [], { offset: 1 }), output: viewOf(1, []) }),
    ).toEqual([2]);
    expect(
      await run([floats(1, 2), empty(2)], {
        kind: "copy",
        input: viewOf(0, [2], { offset: 1, strides: [-1] }),
        output: viewOf(1, [2]),
      }),
    ).toEqual([2, 1]);
    expect(
      await run([floats(1, 2), empty(2)], { kind: "copy", input: viewOf(0, [2, 0]), output: viewOf(1, [2, 0]) }),
    ).toEqual([-7, -7]);
  });

  it("fills views of either dtype", async () => {
    expect(await run([empty(5)], { kind: "fill", value: 2.5, output: viewOf(0, [2, 2], { strides: [3, 1] }) })).toEqual(
      [2.5, 2.5, -7, 2.5, 2.5],
    );
    expect(await run([ints(9, 9)], { kind: "fill", value: 3, output: viewOf(0, [], { ...int32, offset: 1 }) })).toEqual(
      [9, 3],
    );
  });
});
