// Trials of elementwise expressions: every primitive, layouts, writing in place.
import type { Expression, ExpressionNode } from "../../ir/expression.ts";
import type { MapInstruction } from "../../ir/instructions/map.ts";
import { arity, type Primitive } from "../../ir/primitive.ts";
import { formatShape, type Shape, stridesOf } from "../../ir/shape.ts";
import { collapseTogether, type View } from "../../ir/view.ts";
import { Setting, type Trial, type Trials } from "./setting.ts";

const input = (index: number): ExpressionNode => ({ op: "input", index });
const constant = (value: number): ExpressionNode => ({ op: "constant", value });
const apply = (op: Primitive, ...args: number[]): ExpressionNode => ({ op, args });

/** Arguments that go wrong first: both zeros, ties of rounding, tiny, huge, infinite, NaN. */
const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3,
  1e-30,
  -1e-30,
  1e10,
  -1e10,
  80,
  -80,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/**
 * Further apart than 8 units in the last place: what the hardest functions may be in float32. Default: 1e-6 relative.
 */
const tolerances: Partial<Record<Primitive, { rtol: number; atol?: number }>> = {
  // The error of y·log x becomes relative.
  pow: { rtol: 3e-5 },
  // Near a multiple of π the result is what rounding the argument leaves.
  sin: { rtol: 1e-6, atol: 2e-7 },
  cos: { rtol: 1e-6, atol: 2e-7 },
  erfinv: { rtol: 5e-6 },
};

/**
 * Trials of `map`: every primitive on ordinary and special values, then layouts, places and dtypes with a longer
 * expression.
 */
export const mapTrials: Trials<"map"> = () => [
  ...(Object.keys(arity) as Primitive[]).map(primitiveTrial),
  ...layoutTrials(),
  inPlaceTrial(),
  intTrial(),
  constantTrial(),
];

function primitiveTrial(primitive: Primitive, index: number): Trial<MapInstruction> {
  const setting = new Setting(index);
  const count = arity[primitive];
  // Beyond this, float32 cannot reduce the argument; an infinite exponent of −1 has no agreed value.
  const edge = primitive === "sin" || primitive === "cos" ? 100 : primitive === "pow" ? 1e20 : Number.POSITIVE_INFINITY;
  const points = [
    ...special.filter((x) => !(Math.abs(x) > edge)),
    ...Array.from({ length: 40 }, () => Math.fround(6 * setting.uniform() - 3)),
  ];
  const rows: number[][] = Array.from({ length: count }, () => []);
  const combinations = points.length ** Math.min(count, 2);
  for (let i = 0; i < combinations; i++) {
    const operands = [points[i % points.length] as number, points[Math.floor(i / points.length)] as number, i];
    rows.forEach((row, axis) => {
      row.push(operands[axis] as number);
    });
  }
  const shape = [combinations];
  return {
    label: primitive,
    instruction: {
      kind: "map",
      shape,
      inputs: rows.map((row) => setting.given(row)),
      outputs: [setting.room(shape)],
      expression: {
        nodes: [...rows.map((_, axis) => input(axis)), apply(primitive, ...rows.keys())],
        outputs: [count],
      },
    },
    arrays: setting.arrays,
    rtol: 1e-6,
    // What underflows may become 0.
    atol: 1.2e-38,
    ...tolerances[primitive],
  };
}

/** tanh(x·y + 2) − min(z, x): three inputs, two results. */
const expression: Expression = {
  nodes: [
    input(0),
    input(1),
    input(2),
    apply("mul", 0, 1),
    constant(2),
    apply("add", 3, 4),
    apply("tanh", 5),
    apply("min", 2, 0),
    apply("sub", 6, 7),
    apply("less", 1, 2),
    apply("select", 9, 8, 2),
  ],
  outputs: [10, 5],
};

/**
 * Shapes around the sizes of tiles and vectors, with inputs that repeat along some axes or have their outer axes
 * turned.
 */
function layoutTrials(): Trial<MapInstruction>[] {
  const shapes: Shape[] = [
    [],
    [1],
    [3],
    [4],
    [1023],
    [1025],
    [4099],
    [0],
    [3, 0],
    [0, 5],
    [2, 3],
    [37, 4],
    [5, 1030],
    [3, 4, 5],
    [2, 3, 5, 7],
    [6, 5, 4, 3, 2],
  ];
  return shapes.flatMap((shape, s) =>
    Array.from({ length: shape.length > 1 ? 3 : 1 }, (_, variant) => {
      const setting = new Setting(100 * s + variant);
      const strides = [0, 1, 2].map((operand) =>
        operand === 0 && variant === 0 ? stridesOf(shape) : anyStrides(shape, setting),
      );
      const collapsed = collapseTogether(shape, [...strides, stridesOf(shape)]);
      const operand = (index: number): View =>
        setting.float(collapsed.shape, { strides: collapsed.strides[index] as number[] });
      return {
        label: `${formatShape(shape)} with strides ${strides.map(formatShape).join(", ")}`,
        instruction: {
          kind: "map",
          shape: collapsed.shape,
          inputs: [operand(0), operand(1), operand(2)],
          outputs: [setting.room(collapsed.shape), setting.room(collapsed.shape)],
          expression,
        },
        arrays: setting.arrays,
        rtol: 1e-5,
        atol: 1e-6,
      } as const;
    }),
  );
}

/** Contiguous along the last axis or constant there; outer axes in any order, some repeated. */
function anyStrides(shape: Shape, setting: Setting): number[] {
  const strides = new Array<number>(shape.length).fill(0);
  const outer = shape.map((_, axis) => axis).slice(0, -1);
  if (setting.pick([true, false])) outer.reverse();
  let step = 1;
  for (const axis of [shape.length - 1, ...outer]) {
    if (axis < 0 || setting.pick([true, false, false])) continue;
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

function inPlaceTrial(): Trial<MapInstruction> {
  const setting = new Setting(1);
  const shape = [33, 70];
  const [x, z] = [setting.float(shape), setting.float(shape)];
  const row = setting.float(shape, { strides: [0, 1] });
  return {
    label: "two results in place",
    instruction: { kind: "map", shape, inputs: [x, row, z], outputs: [z, x], expression },
    arrays: setting.arrays,
    rtol: 1e-5,
    atol: 1e-6,
  };
}

/** Integers become numbers when read; results are cut towards zero when written, at the ends of the range too. */
function intTrial(): Trial<MapInstruction> {
  const setting = new Setting(2);
  const values = [0, 1, -1, 7, -7, 3, -3, 1000001, -1000001, 16777216];
  const [x, wild] = [
    setting.given(values, undefined, "int32"),
    setting.given([1.9, -1.9, 0.4, -0.4, 1e10, -1e10, Number.NaN, 2147483520, 5e-30, -0]),
  ];
  const shape = [values.length];
  return {
    label: "int32 inputs and outputs",
    instruction: {
      kind: "map",
      shape,
      inputs: [x, wild],
      outputs: [setting.room(shape), setting.room(shape, "int32"), setting.room(shape, "int32")],
      expression: { nodes: [input(0), constant(0.5), apply("mul", 0, 1), input(1)], outputs: [2, 2, 3] },
    },
    arrays: setting.arrays,
  };
}

function constantTrial(): Trial<MapInstruction> {
  const setting = new Setting(3);
  return {
    label: "constants alone",
    instruction: {
      kind: "map",
      shape: [9],
      inputs: [],
      outputs: [setting.room([9]), setting.room([9])],
      expression: { nodes: [constant(2.5), constant(-0.5), apply("mul", 0, 1)], outputs: [0, 2] },
    },
    arrays: setting.arrays,
  };
}
