import fc from "fast-check";
import { describe, it } from "vitest";
import type { Expression, ExpressionNode } from "../../src/ir/expression.ts";
import type { Instruction } from "../../src/ir/instruction.ts";
import { sizeOf, stridesOf } from "../../src/ir/shape.ts";
import type { View } from "../../src/ir/view.ts";
import { HandMade } from "../unit/wasm-programs.ts";
import { check, holds, reals, seeds, wholes } from "./wasm-support.ts";

const extents = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 2, arbitrary: fc.integer({ min: 10, max: 70 }) },
  fc.constant(0),
);

describe("map", () => {
  const shapes = fc.oneof(
    fc.array(extents, { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 500, max: 2100 }).map((n) => [n]),
  );
  /** Which axes an input has; the others are broadcast. The last input has all, so that outputs may go in place. */
  const inputsOf = (rank: number) =>
    fc.array(fc.array(fc.boolean(), { minLength: rank, maxLength: rank }), { maxLength: 3 });
  const exactOps = ["add", "sub", "mul", "min", "max", "less", "lessEqual", "equal", "notEqual"] as const;

  /** A random expression over exact operations with one to three outputs. */
  const expressionOf = (inputs: number) =>
    fc
      .record({
        steps: fc.array(
          fc.record({
            op: fc.constantFrom(...exactOps, "neg" as const, "select" as const),
            args: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
          }),
          {
            maxLength: 8,
          },
        ),
        outputs: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      })
      .map(({ steps, outputs }): Expression => {
        const nodes: ExpressionNode[] = [
          ...Array.from({ length: inputs }, (_, index) => ({ op: "input" as const, index })),
          { op: "constant", value: 2 },
          { op: "constant", value: -1 },
        ];
        for (const { op, args } of steps) {
          const count = op === "neg" ? 1 : op === "select" ? 3 : 2;
          nodes.push({ op, args: args.slice(0, count).map((arg) => arg % nodes.length) });
        }
        return { nodes, outputs: outputs.map((output) => output % nodes.length) };
      });

  const cases = shapes.chain((shape) =>
    inputsOf(shape.length).chain((axes) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.constant([...axes, shape.map(() => true)]),
        ints: fc
          .array(fc.boolean(), { minLength: 4, maxLength: 4 })
          .map((flags) => flags.map((flag, i) => flag && (flags[(i + 1) % 4] as boolean))),
        expression: expressionOf(axes.length + 1),
        inPlace: fc.boolean(),
        seed: seeds,
      }),
    ),
  );

  it("computes every element and writes nothing else, in place too", () => {
    holds(
      cases,
      ({ shape, axes, ints, expression, inPlace, seed }) => {
        const program = new HandMade();
        const inputs = axes.map((present, index) => {
          const own = shape.map((extent, axis) => (present[axis] ? extent : 1));
          const dense = stridesOf(own);
          const strides = shape.map((_, axis) => (present[axis] ? (dense[axis] as number) : 0));
          const dtype = ints[index] ? "int32" : "float32";
          return { ...program.operand(wholes(sizeOf(own), seed + index), own, { dtype }), shape, strides };
        });
        const outputs = expression.outputs.map((_, index) => {
          const last = inputs.at(-1) as View;
          if (inPlace && index === 0 && last.dtype === "float32") return program.publish("y0", last);
          return program.result(`y${index}`, shape, { dtype: index === 2 ? "int32" : "float32" });
        });
        check(program, [{ kind: "map", shape, inputs, outputs, expression }], 0);
      },
      500,
    );
  });
});

describe("matmul", () => {
  it("agrees for any batch, shape and transposition, with an epilogue", () => {
    const sizes = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 70 }), fc.constant(0));
    holds(
      fc.record({
        batch: fc.integer({ min: 0, max: 3 }),
        m: sizes,
        n: sizes,
        k: sizes,
        ta: fc.boolean(),
        tb: fc.boolean(),
        share: fc.boolean(),
        bias: fc.boolean(),
        seed: seeds,
      }),
      ({ batch, m, n, k, ta, tb, share, bias, seed }) => {
        const program = new HandMade();
        const a = {
          ...program.operand(wholes(batch * m * k, seed), [batch, m, k]),
          strides: ta ? [m * k, 1, m] : [m * k, k, 1],
        };
        const copies = share ? 1 : batch;
        const b = {
          ...program.operand(wholes(copies * k * n, seed + 1), [batch, k, n]),
          strides: [share ? 0 : k * n, ...(tb ? [1, k] : [n, 1])],
        };
        const output = program.result("c", [batch, m, n]);
        const shape = [batch * m, n];
        const inputs = [
          { ...output, shape, strides: [n, 1] },
          { ...program.operand(wholes(n, seed + 2), [n]), shape, strides: [0, 1] },
        ];
        const expression: Expression = {
          nodes: [
            { op: "input", index: 0 },
            { op: "input", index: 1 },
            { op: "add", args: [0, 1] },
            { op: "constant", value: 0 },
            { op: "max", args: [2, 3] },
          ],
          outputs: [4],
        };
        const epilogue = {
          kind: "map" as const,
          shape,
          inputs,
          outputs: [{ ...output, shape, strides: [n, 1] }],
          expression,
        };
        check(program, [{ kind: "matmul", a, b, output, ...(bias && { epilogue }) }], 0);
      },
    );
  });
});

describe("reductions", () => {
  const layouts = fc.record({
    outer: fc.integer({ min: 0, max: 6 }),
    length: fc.oneof(extents, fc.integer({ min: 900, max: 2300 })),
    inner: fc.oneof(fc.constant(1), extents),
    int: fc.boolean(),
    seed: seeds,
  });
  it("sum, max, min and prod agree along any axis", () => {
    holds(
      fc.record({ layout: layouts, operation: fc.constantFrom("sum", "max", "min", "prod") }),
      ({ layout: { outer, length, inner, int, seed }, operation }) => {
        const program = new HandMade();
        const dtype = int ? "int32" : "float32";
        if (int && (length === 0 || operation === "prod")) return;
        const values =
          operation === "prod"
            ? reals(outer * length * inner, seed).map((x) => 1 + 0.01 * x)
            : (int ? wholes : reals)(outer * length * inner, seed);
        const input = program.operand(values, [outer, length, inner], { dtype });
        check(
          program,
          [
            {
              kind: "reduce",
              operation,
              outer,
              length,
              inner,
              input,
              output: program.result("y", [outer, inner], { dtype }),
            },
          ],
          1e-7 * Math.max(100, length),
        );
      },
    );
  });
  it("argmax and argmin give the first extreme or NaN", () => {
    holds(
      fc.record({ layout: layouts, operation: fc.constantFrom("max", "min"), nan: fc.boolean() }),
      ({ layout: { outer, length, inner, int, seed }, operation, nan }) => {
        if (length === 0) return;
        const program = new HandMade();
        const dtype = int ? "int32" : "float32";
        const values = wholes(outer * length * inner, seed);
        if (nan && !int) values[values.length >> 1] = Number.NaN;
        const input = program.operand(values, [outer, length, inner], { dtype });
        check(
          program,
          [
            {
              kind: "argReduce",
              operation,
              outer,
              length,
              inner,
              input,
              output: program.result("y", [outer, inner], { dtype: "int32" }),
            },
          ],
          0,
        );
      },
    );
  });
  it("running sums agree in both directions, with and without the element itself", () => {
    holds(
      fc.record({ layout: layouts, exclusive: fc.boolean(), reverse: fc.boolean() }),
      ({ layout: { outer, length, inner, int, seed }, exclusive, reverse }) => {
        const program = new HandMade();
        const dtype = int ? "int32" : "float32";
        const input = program.operand(wholes(outer * length * inner, seed), [outer, length, inner], { dtype });
        const output = program.result("y", [outer, length, inner], { dtype });
        check(program, [{ kind: "cumsum", outer, length, inner, exclusive, reverse, input, output }], 0);
      },
    );
  });
});

describe("softmax", () => {
  it("and its logarithm and gradients agree", () => {
    holds(
      fc.record({
        rows: extents,
        columns: extents,
        log: fc.boolean(),
        scale: fc.constantFrom(1, 30, 1000),
        seed: seeds,
      }),
      ({ rows, columns, log, scale, seed }) => {
        const program = new HandMade();
        const shape = [rows, columns];
        const input = program.operand(
          reals(rows * columns, seed).map((x) => x * scale),
          shape,
        );
        const dy = program.operand(reals(rows * columns, seed + 1), shape);
        const output = program.result("y", shape);
        const instructions: Instruction[] = [
          { kind: "softmax", log, rows, columns, input, output },
          { kind: "softmaxGrad", log, rows, columns, dy, y: output, output: program.result("dx", shape) },
        ];
        check(program, instructions, 3e-6);
      },
    );
  });
});

describe("gather and scatterAdd", () => {
  it("agree, indices out of range included", () => {
    holds(
      fc.record({
        rows: extents,
        width: extents,
        indices: fc.array(fc.integer({ min: -2, max: 12 }), { maxLength: 40 }),
        int: fc.boolean(),
        seed: seeds,
      }),
      ({ rows, width, indices, int, seed }) => {
        const program = new HandMade();
        const count = indices.length;
        const dtype = int ? "int32" : "float32";
        const table = program.operand(wholes(rows * width, seed), [rows, width], { dtype });
        const places = program.operand(indices, [count], { dtype: "int32" });
        const updates = program.operand(wholes(count * width, seed + 1), [count, width]);
        const instructions: Instruction[] = [
          {
            kind: "gather",
            rows,
            width,
            count,
            table,
            indices: places,
            output: program.result("y", [count, width], { dtype }),
          },
          {
            kind: "scatterAdd",
            rows,
            width,
            count,
            indices: places,
            updates,
            output: program.result("z", [rows, width]),
          },
        ];
        check(program, instructions, 0);
      },
    );
  });
});

describe("random", () => {
  it("gives the numbers of the reference for any seed, step, stream and count", () => {
    const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    holds(
      fc.record({ key: fc.tuple(words, words, words, words), stream: words, count: fc.integer({ min: 0, max: 300 }) }),
      ({ key, stream, count }) => {
        const program = new HandMade();
        const view = program.operand(key, [4], { dtype: "int32" });
        check(program, [{ kind: "random", stream, count, key: view, output: program.result("y", [count]) }], 0);
      },
    );
  });
});

describe("copy and fill", () => {
  /** A shape and for each operand an order of axes and gaps between rows: any layout without overlap. */
  const layouts = fc.array(fc.oneof(fc.integer({ min: 1, max: 11 }), fc.constant(0)), { maxLength: 4 }).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      input: layoutOf(shape, true),
      output: layoutOf(shape, false),
      int: fc.boolean(),
      seed: seeds,
    }),
  );
  function layoutOf(shape: readonly number[], broadcasts: boolean) {
    return fc
      .record({
        order: fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length, maxLength: shape.length },
        ),
        gaps: fc.array(fc.constantFrom(0, 0, 0, 1, 3), { minLength: shape.length, maxLength: shape.length }),
        repeated: fc.array(fc.constantFrom(false, false, false, broadcasts), {
          minLength: shape.length,
          maxLength: shape.length,
        }),
      })
      .map(({ order, gaps, repeated }) => {
        const strides = new Array<number>(shape.length).fill(0);
        let size = 1;
        for (const axis of order) {
          if (repeated[axis]) continue;
          strides[axis] = size;
          size = size * (shape[axis] as number) + (gaps[axis] as number);
        }
        return { strides, size };
      });
  }
  it("moves every element to its place and nothing else", () => {
    holds(
      layouts,
      ({ shape, input, output, int, seed }) => {
        const program = new HandMade();
        const dtype = int ? "int32" : "float32";
        const from = program.operand(int ? wholes(input.size, seed) : reals(input.size, seed).map(Math.fround), shape, {
          dtype,
          strides: input.strides,
        });
        const to = program.result("y", shape, { dtype, strides: output.strides, size: output.size });
        const filled = program.result("z", shape, { dtype, strides: output.strides, size: output.size });
        check(
          program,
          [
            { kind: "copy", input: from, output: to },
            { kind: "fill", value: 3, output: filled },
          ],
          0,
        );
      },
      500,
    );
  });
});
