// Random programs of many small instructions, whose results are whole numbers: equal on all backends.
import type { Expression } from "../../../src/ir/expression.ts";
import type { Instruction } from "../../../src/ir/instruction.ts";
import type { BufferSpec, Program } from "../../../src/ir/program.ts";
import type { View } from "../../../src/ir/view.ts";
import { viewOf } from "../../../src/testing/programs.ts";

/** Random whole numbers below a bound, always the same ones for a seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}

/** Values that programs keep to, so that every sum and product is exact in float32. */
const most = 500;

/** Rows and columns of all arrays of a program: few elements are merged, many are not. */
export const shapes = [
  [5, 7],
  [16, 16],
  [12, 16],
  [80, 64],
] as const;

/** Two inputs, one constant and as many variables as asked for, all of one shape; instructions at random. */
export function randomProgram(seed: number, variableCount: number, length: number): Program {
  const next = randomOf(seed);
  const [rows, columns] = shapes[next(shapes.length)] as readonly [number, number];
  const size = rows * columns;
  const buffers: BufferSpec[] = [];
  const instructions: Instruction[] = [];
  const add = (spec: Partial<BufferSpec>) => buffers.push({ kind: "temporary", dtype: "float32", size, ...spec }) - 1;
  const whole = (buffer: number) => viewOf(buffer, [rows, columns]);
  const inputs = [add({ kind: "input", name: "x" }), add({ kind: "input", name: "y" })];
  const constant = add({ kind: "constant", data: Float32Array.from({ length: size }, () => next(9) - 4) });
  const variables = Array.from({ length: variableCount }, (_, i) => add({ kind: "variable", name: `v${i}` }));
  // Some are out of range on purpose only where that means nothing: scatterAdd passes them over.
  const indicesOf = (below: number) =>
    add({ kind: "constant", dtype: "int32", size: rows, data: Int32Array.from({ length: rows }, () => next(below)) });
  const rowIndices = viewOf(indicesOf(rows), [rows], { dtype: "int32" });
  const beyond = viewOf(indicesOf(rows + 2), [rows], { dtype: "int32" });

  const readable = [...inputs, constant, ...variables];
  const pick = () => readable[next(readable.length)] as number;
  /** Where a result goes: a new temporary, or a variable, over its values before. */
  const target = (mayBeVariable = true) =>
    mayBeVariable && variableCount > 0 && next(3) === 0
      ? (variables[next(variableCount)] as number)
      : add({ kind: "temporary" });
  const clamped = (op: "add" | "sub" | "mul", a: View, b: View, output: number) => {
    const nodes: Expression["nodes"] = [
      { op: "input", index: 0 },
      { op: "input", index: 1 },
      { op, args: [0, 1] },
      { op: "constant", value: most },
      { op: "min", args: [2, 3] },
      { op: "constant", value: -most },
      { op: "max", args: [4, 5] },
    ];
    const outputs = [viewOf(output, [rows, columns])];
    instructions.push({
      kind: "map",
      shape: [rows, columns],
      inputs: [a, b],
      outputs,
      expression: { nodes, outputs: [6] },
    });
    readable.push(output);
  };
  /** Brings what a sum gave within bounds again. */
  const bound = (view: View) => clamped("add", view, whole(constant), target());

  const makers: (() => void)[] = [
    () => clamped((["add", "sub", "mul"] as const)[next(3)] as "add", whole(pick()), whole(pick()), target()),
    () => {
      // One row, or one column, for all of them; the target must not be what is read so.
      const strides = next(2) === 0 ? [0, 1] : [columns, 0];
      clamped("sub", whole(pick()), viewOf(pick(), [rows, columns], { strides }), target(false));
    },
    () => {
      const output = add({ kind: "temporary" });
      const shift = 1 + next(rows - 1);
      instructions.push({ kind: "fill", value: next(5) - 2, output: whole(output) });
      instructions.push({
        kind: "copy",
        input: viewOf(pick(), [rows - shift, columns]),
        output: viewOf(output, [rows - shift, columns], { offset: shift * columns }),
      });
      readable.push(output);
    },
    () => {
      if (variableCount === 0) return;
      const output = variables[next(variableCount)] as number;
      instructions.push({ kind: "fill", value: next(5) - 2, output: viewOf(output, [1 + next(rows), columns]) });
    },
    () => {
      const output = add({ kind: "temporary" });
      const table = whole(pick());
      instructions.push({
        kind: "gather",
        rows,
        width: columns,
        count: rows,
        table,
        indices: rowIndices,
        output: whole(output),
      });
      readable.push(output);
    },
    () => {
      const output = add({ kind: "temporary" });
      const updates = whole(pick());
      instructions.push({
        kind: "scatterAdd",
        rows,
        width: columns,
        count: rows,
        indices: beyond,
        updates,
        output: whole(output),
      });
      bound(whole(output));
    },
    () => {
      const output = add({ kind: "temporary" });
      const isRow = next(2) === 0;
      const sizes = isRow ? { outer: rows, length: columns, inner: 1 } : { outer: 1, length: rows, inner: columns };
      const [exclusive, reverse] = [next(2) === 0, next(2) === 0];
      instructions.push({ kind: "cumsum", ...sizes, exclusive, reverse, input: whole(pick()), output: whole(output) });
      bound(whole(output));
    },
    () => {
      const isRow = next(2) === 0;
      const operation = (["sum", "max", "min"] as const)[next(3)] as "sum";
      const output = add({ kind: "temporary", size: isRow ? rows : columns });
      const sizes = isRow ? { outer: rows, length: columns, inner: 1 } : { outer: 1, length: rows, inner: columns };
      instructions.push({
        kind: "reduce",
        operation,
        ...sizes,
        input: whole(pick()),
        output: viewOf(output, [isRow ? rows : columns]),
      });
      bound(viewOf(output, [rows, columns], { strides: isRow ? [1, 0] : [0, 1] }));
    },
    () => {
      // [rows, 5] · [5, columns] of the first elements: a dispatch that is never merged.
      const output = add({ kind: "temporary" });
      const [a, b] = [viewOf(pick(), [rows, 5]), viewOf(pick(), [5, columns])];
      instructions.push({ kind: "matmul", a, b, output: whole(output) });
      bound(whole(output));
    },
  ];
  while (instructions.length < length) makers[next(makers.length)]?.();
  clamped("add", whole(pick()), whole(pick()), add({ kind: "temporary" }));
  const last = readable.at(-1) as number;
  return {
    buffers,
    instructions,
    inputs: { x: whole(inputs[0] as number), y: whole(inputs[1] as number) },
    outputs: { last: whole(last), any: whole(readable.filter((b) => buffers[b]?.kind === "temporary")[0] as number) },
    variables,
  };
}
