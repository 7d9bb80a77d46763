import fc from "fast-check";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { type OpName, record } from "../../src/tensor/op.ts";
import { elementwise } from "../../src/tensor/ops/elementwise.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import { groupRowsOp, setRowsOp } from "../../src/tensor/ops/rows.ts";
import { softmaxGrad } from "../../src/tensor/ops/softmax.ts";
import * as scalar from "../../src/tensor/scalar.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { scanCases } from "./scan-cases.ts";

/** A function of tensors with inputs to try it on. */
export interface OpCase {
  readonly label: string;
  readonly inputs: readonly OpInput[];
  readonly f: (inputs: readonly Tensor[]) => Tensor;
  /** Whether gradients with respect to the float32 inputs are to be checked. Default true. */
  readonly differentiable?: boolean;
}

export interface OpInput {
  readonly shape: Shape;
  readonly dtype: "float32" | "int32";
  readonly data: Float64Array | Int32Array;
}

export type Cases = fc.Arbitrary<OpCase>;

export const extent = fc.integer({ min: 1, max: 5 });
export const shapeOf = (minLength: number, maxLength: number) => fc.array(extent, { minLength, maxLength });

/** Values in [low, high], a thousandth apart at least where they differ (so that maxima are clear), off the kinks. */
export function values(
  shape: Shape,
  [low, high]: readonly [number, number] = [-2, 2],
  kinks: readonly number[] = [],
): fc.Arbitrary<OpInput> {
  const clear = (value: number) => kinks.reduce((x, kink) => (Math.abs(x - kink) < 0.01 ? kink + 0.02 : x), value);
  return fc
    .array(fc.integer({ min: 0, max: 2000 }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((steps) => ({
      shape,
      dtype: "float32",
      data: Float64Array.from(steps, (step) => clear(low + ((high - low) * step) / 2000)),
    }));
}

/** Values that all differ. */
export function distinct(shape: Shape): fc.Arbitrary<OpInput> {
  const size = sizeOf(shape);
  return fc
    .uniqueArray(fc.integer({ min: -2000, max: 2000 }), { minLength: size, maxLength: size })
    .map((list) => ({ shape, dtype: "float32", data: Float64Array.from(list, (n) => n / 1000) }));
}

export function indices(shape: Shape, below: number): fc.Arbitrary<OpInput> {
  const size = sizeOf(shape);
  return fc
    .array(fc.integer({ min: 0, max: below - 1 }), { minLength: size, maxLength: size })
    .map((list) => ({ shape, dtype: "int32", data: Int32Array.from(list) }));
}

export const one = (
  label: string,
  input: fc.Arbitrary<OpInput>,
  f: (x: Tensor) => Tensor,
  differentiable = true,
): Cases => input.map((x) => ({ label, inputs: [x], f: ([t]) => f(t as Tensor), differentiable }));

/** Shapes that broadcast with one another: each has some axes of a common shape replaced by 1 or left off. */
const broadcastable = (count: number): fc.Arbitrary<Shape[]> =>
  shapeOf(0, 3).chain((full) =>
    fc.tuple(
      ...Array.from({ length: count }, () =>
        fc
          .tuple(
            fc.integer({ min: 0, max: full.length }),
            fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
          )
          .map(([drop, flat]) => full.map((n, axis) => (flat[axis] ? 1 : n)).slice(drop)),
      ),
    ),
  );

/** Every row of scalar.ts, with its parameters, on broadcasting inputs. */
export const scalarFunctions: readonly scalar.ScalarFunction[] = Object.values(scalar).filter(
  (value): value is scalar.ScalarFunction => typeof value === "object" && "arity" in value,
);

export function scalarCase(fn: scalar.ScalarFunction): Cases {
  return fc.constantFrom(...(fn.samples ?? [{}])).chain((params) =>
    broadcastable(fn.arity).chain((shapes) =>
      fc
        .tuple(...shapes.map((shape, index) => values(shape, fn.domain?.[index] ?? [-3, 3], kinksOf(fn, params))))
        .map((inputs) => ({
          label: `${fn.name} ${JSON.stringify(params)}`,
          inputs: apart(fn, inputs),
          f: (tensors: readonly Tensor[]) => elementwise(fn, tensors, params),
        })),
    ),
  );
}

const comparing = ["minimum", "maximum", "equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"];

/**
 * Functions that jump or bend where their arguments are equal get arguments that never are: each on a grid of its own.
 * (A filter would search forever.)
 */
function apart(fn: scalar.ScalarFunction, inputs: readonly OpInput[]): readonly OpInput[] {
  if (!comparing.includes(fn.name)) return inputs;
  return inputs.map((input, k) => ({
    ...input,
    data: Float64Array.from(input.data, (x) => Math.round(x / 0.04) * 0.04 + k * 0.02),
  }));
}

/** Those that ask whether a number is 0 get none near it. */
const kinksOf = (fn: scalar.ScalarFunction, params: scalar.Params) =>
  fn.kinks?.(params) ?? (fn === scalar.select || fn === scalar.logicalNot ? [0] : []);

/** Random images, kernels and geometries of 1 to 3 axes, with the gradient of a convolution's result. */
const convolutions = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 1, 2, 3), extent, extent, fc.integer({ min: 1, max: 2 }))
  .chain(([axes, groups, channels, filters, batch]) => {
    const perAxis = (min: number, max: number) =>
      fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
    const margins = fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: axes, maxLength: axes });
    return fc
      .tuple(
        perAxis(1, axes === 3 ? 2 : 3),
        perAxis(1, 3),
        perAxis(1, 2),
        perAxis(0, 3),
        fc.oneof(fc.constantFrom("valid" as const, "same" as const), margins),
      )
      .map(([size, strides, dilations, more, padding]) => {
        const space = size.map((k, axis) => (k - 1) * (dilations[axis] as number) + 1 + (more[axis] as number));
        const options = { strides, dilations, padding, groups };
        const image = [batch, ...space, channels * groups];
        const kernel = [...size, channels, filters * groups];
        return {
          image,
          kernel,
          options,
          result: ops.conv(ops.placeholder("x", image), ops.placeholder("k", kernel), options).shape,
        };
      });
  });

type Convolution = typeof convolutions extends fc.Arbitrary<infer T> ? T : never;

const convCase = (f: (x: Tensor, kernel: Tensor, dy: Tensor, convolution: Convolution) => Tensor): Cases =>
  convolutions.chain((convolution) =>
    fc.tuple(values(convolution.image), values(convolution.kernel), values(convolution.result)).map((inputs) => ({
      label: `conv ${JSON.stringify(convolution)}`,
      inputs,
      f: ([x, kernel, dy]) => f(x as Tensor, kernel as Tensor, dy as Tensor, convolution),
    })),
  );

export const axesOf = (shape: Shape) => fc.subarray(shape.map((_, axis) => axis));

/** Windows over one to three spatial axes, each of which holds an element. */
const pooled = fc.integer({ min: 1, max: 3 }).chain((axes) => {
  const list = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
  return fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      extents: list(1, 5),
      channels: fc.integer({ min: 1, max: 3 }),
      size: list(1, 3),
      strides: list(1, 3),
      same: fc.boolean(),
    })
    .map(({ batch, extents, channels, size, strides, same }) => ({
      shape: [batch, ...extents, channels],
      size: size.map((n, axis) => (same ? n : Math.min(n, extents[axis] as number))),
      strides,
      padding: same ? ("same" as const) : ("valid" as const),
    }));
});

/** Depthwise convolutions over one or two spatial axes: strides, dilations, paddings, several filters to a channel. */
const depthwise = fc.integer({ min: 1, max: 2 }).chain((axes) => {
  const list = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
  return fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      size: list(1, 3),
      strides: list(1, 3),
      dilations: list(1, 3),
      more: list(0, 4),
      channels: fc.integer({ min: 1, max: 3 }),
      multiplier: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom("valid" as const, "same" as const, "causal" as const),
    })
    .chain(({ batch, size, strides, dilations, more, channels, multiplier, padding }) => {
      const spans = size.map((n, axis) => (n - 1) * (dilations[axis] as number) + 1);
      const extents = more.map((n, axis) => (padding === "valid" ? (spans[axis] as number) + n : n + 1));
      return fc.tuple(values([batch, ...extents, channels]), values([...size, channels, multiplier])).map((inputs) => ({
        label: `depthwise ${size} every ${strides} by ${dilations} ${padding} of ${extents}`,
        inputs,
        options: { strides, dilations, padding },
      }));
    });
});

/**
 * The gradient of Σ sin y in x or the kernel, which has the op that is asked for and the others in its own gradient.
 */
const gradientOfConv =
  (which: 0 | 1, options: ops.DepthwiseConvOptions) =>
  ([x, k]: readonly Tensor[]): Tensor => {
    const inputs = [x as Tensor, k as Tensor] as const;
    return gradients(ops.sum(ops.sin(ops.depthwiseConv(...inputs, options))), [inputs[which]])[0] as Tensor;
  };

/** Cases per primitive op; typed over the op names, so that a forgotten op does not compile. */
export const opCases: { readonly [name in OpName]: Cases } = {
  constant: one("constant", values([2]), (x) => ops.add(x, ops.tensor([[1], [2]]))),
  input: one("input", values([3]), (x) => ops.mul(x, 2)),
  variable: one("variable", values([3]), (x) => ops.mul(x, 2)),
  elementwise: fc.constantFrom(...scalarFunctions).chain(scalarCase),
  cast: one(
    "cast",
    values([4], [-3, 3], [-3, -2, -1, 0, 1, 2, 3]),
    (x) => ops.add(ops.cast(ops.cast(x, "int32"), "float32"), x),
    false,
  ),
  matmul: fc
    .tuple(
      fc.constantFrom([], [2], [3, 2]),
      extent,
      extent,
      extent,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom("both", "left", "flat"),
    )
    .chain(([batch, m, k, n, transposeA, transposeB, form]) => {
      const a = [...batch, ...(transposeA ? [k, m] : [m, k])];
      const b = [
        ...(form === "both" ? batch : form === "flat" ? batch.map(() => 1) : []),
        ...(transposeB ? [n, k] : [k, n]),
      ];
      return fc.tuple(values(a), values(b)).map((inputs) => ({
        label: `matmul ${form}`,
        inputs,
        f: ([x, y]) => ops.matmul(x as Tensor, y as Tensor, { transposeA, transposeB }),
      }));
    }),
  conv: convCase((x, kernel, dy, { options }) => ops.mul(ops.conv(x, kernel, options), dy)),
  convInputGrad: convCase((x, kernel, dy, { image, options }) =>
    ops.mul(ops.convTranspose(dy, kernel, { ...options, outputSpace: image.slice(1, -1) }), x),
  ),
  // Gradients of the gradient of the kernel, which is the only way to this op.
  convFilterGrad: convCase((x, kernel, dy, { options }) =>
    ops.mul(gradients(ops.sum(ops.mul(ops.conv(x, kernel, options), dy)), [kernel])[0] as Tensor, kernel),
  ),
  reduce: fc
    .tuple(shapeOf(1, 4), fc.constantFrom("sum", "mean", "max", "min", "prod", "norm", "variance"), fc.boolean())
    .chain(([shape, name, keepDims]) =>
      axesOf(shape).chain((axes) =>
        one(
          `${name} over ${axes} of ${shape}`,
          name === "max" || name === "min" ? distinct(shape) : values(shape, [0.2, 2]),
          (x) => ops[name as "sum"](x, axes, keepDims),
        ),
      ),
    ),
  argReduce: shapeOf(1, 3).chain((shape) =>
    fc.nat(shape.length - 1).chain((axis) => one("argmax", distinct(shape), (x) => ops.argmax(x, axis), false)),
  ),
  softmax: fc
    .tuple(shapeOf(1, 3), fc.boolean())
    .chain(([shape, log]) =>
      fc
        .nat(shape.length - 1)
        .chain((axis) =>
          one(`softmax ${log}`, values(shape, [-4, 4]), (x) => (log ? ops.logSoftmax : ops.softmax)(x, axis)),
        ),
    ),
  softmaxGrad: fc.tuple(shapeOf(1, 3), fc.boolean()).chain(([shape, log]) =>
    fc.tuple(values(shape), values(shape, [0.1, 1])).map((inputs) => ({
      label: `softmaxGrad ${log}`,
      inputs,
      f: ([dy, y]) => softmaxGrad(dy as Tensor, y as Tensor, log),
    })),
  ),
  reshape: shapeOf(1, 3).chain((shape) =>
    one("reshape", values(shape), (x) => ops.square(ops.reshape(ops.transpose(x), [-1]))),
  ),
  transpose: shapeOf(1, 4).chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length },
      )
      .chain((order) => one(`transpose ${order}`, values(shape), (x) => ops.transpose(x, order))),
  ),
  broadcastTo: shapeOf(0, 2).chain((shape) =>
    one("broadcastTo", values(shape), (x) => ops.broadcastTo(x, [3, ...shape])),
  ),
  slice: shapeOf(1, 3).chain((shape) =>
    fc
      .tuple(
        ...shape.map((n) =>
          fc.nat(n - 1).chain((begin) => fc.integer({ min: 1, max: n - begin }).map((size) => [begin, size] as const)),
        ),
      )
      .chain((box) =>
        one("slice", values(shape), (x) =>
          ops.slice(
            x,
            box.map(([begin]) => begin),
            box.map(([, size]) => size),
          ),
        ),
      ),
  ),
  concat: fc
    .tuple(shapeOf(1, 3), extent)
    .chain(([shape, other]) =>
      fc
        .nat(shape.length - 1)
        .chain((axis) =>
          fc
            .tuple(values(shape), values(shape.map((n, at) => (at === axis ? other : n))))
            .map((inputs) => ({ label: `concat at ${axis}`, inputs, f: (list) => ops.concat(list, axis) })),
        ),
    ),
  pad: shapeOf(1, 3).chain((shape) =>
    fc
      .tuple(...shape.map(() => fc.tuple(fc.nat(2), fc.nat(2))))
      .chain((paddings) => one("pad", values(shape), (x) => ops.pad(x, paddings, 0.5))),
  ),
  gather: fc.tuple(shapeOf(1, 3), shapeOf(0, 2)).chain(([shape, index]) =>
    fc.nat(shape.length - 1).chain((axis) =>
      fc.tuple(values(shape), indices(index, shape[axis] as number)).map((inputs) => ({
        label: `gather at ${axis}`,
        inputs,
        f: ([x, i]) => ops.gather(x as Tensor, i as Tensor, axis),
      })),
    ),
  ),
  scatterAdd: fc.tuple(shapeOf(1, 3), extent).chain(([shape, count]) =>
    fc.tuple(indices([count], shape[0] as number), values([count, ...shape.slice(1)])).map((inputs) => ({
      label: "scatterAdd",
      inputs,
      f: ([i, x]) => ops.scatterAdd(i as Tensor, x as Tensor, shape),
    })),
  ),
  groupRows: fc.tuple(extent, fc.integer({ min: 1, max: 12 })).chain(([rows, count]) =>
    indices([count], rows).map((input) => ({
      label: `groupRows of ${rows}`,
      inputs: [input],
      f: ([i]) => record(groupRowsOp, [i as Tensor], { rows }),
      differentiable: false,
    })),
  ),
  setRows: fc.tuple(shapeOf(1, 3), extent).chain(([shape, count]) => {
    const [rows = 1, ...width] = shape;
    // Different ones, and those that are passed over.
    const keys = Int32Array.from({ length: count }, (_, i) => (i % 2 === 0 && i / 2 < rows ? rows - 1 - i / 2 : -1));
    return fc.tuple(values(shape), values([count, ...width])).map((inputs) => ({
      label: "setRows",
      inputs,
      f: ([table, updates]) => record(setRowsOp, [table as Tensor, ops.tensor(keys), updates as Tensor], {}),
      differentiable: false,
    }));
  }),
  random: fc
    .tuple(shapeOf(1, 3), fc.nat(1000))
    .chain(([shape, seed]) => one("random", values(shape), (x) => ops.mul(x, ops.randomNormal(shape, { seed })))),
  cumsum: fc
    .tuple(shapeOf(1, 3), fc.boolean(), fc.boolean())
    .chain(([shape, exclusive, reverse]) =>
      fc
        .nat(shape.length - 1)
        .chain((axis) => one("cumsum", values(shape), (x) => ops.cumsum(x, axis, { exclusive, reverse }))),
    ),
  pool: pooled.chain(({ shape, size, strides, padding }) =>
    fc
      .constantFrom("maxPool" as const, "averagePool" as const)
      .chain((name) =>
        one(`${name} ${size} every ${strides} ${padding} of ${shape}`, distinct(shape), (x) =>
          ops[name](x, size, { strides, padding }),
        ),
      ),
  ),
  poolGrad: pooled.chain(({ shape, size, strides, padding }) =>
    fc
      .tuple(fc.constantFrom("maxPool" as const, "averagePool" as const), distinct(shape), fc.nat(9))
      .map(([name, input, seed]) => ({
        label: `gradient of ${name} ${size} every ${strides} ${padding} of ${shape}`,
        inputs: [input, { ...input, data: input.data.map((_, i) => Math.sin(i + seed)) }],
        // Linear in v: dy is a pooling of v by another function.
        f: ([x, v]) => {
          const dy = ops.averagePool(v as Tensor, size, { strides, padding });
          return gradients(ops.sum(ops.mul(ops[name](x as Tensor, size, { strides, padding }), dy)), [
            x as Tensor,
          ])[0] as Tensor;
        },
      })),
  ),
  depthwiseConv: depthwise.map(({ label, inputs, options }) => ({
    label,
    inputs,
    f: ([x, k]) => ops.depthwiseConv(x as Tensor, k as Tensor, options),
  })),
  depthwiseConvInputGrad: depthwise.map(({ label, inputs, options }) => ({
    label: `input gradient of ${label}`,
    inputs,
    f: gradientOfConv(0, options),
  })),
  depthwiseConvFilterGrad: depthwise.map(({ label, inputs, options }) => ({
    label: `filter gradient of ${label}`,
    inputs,
    f: gradientOfConv(1, options),
  })),
  ...scanCases(values),
  withGradient: values([3]).chain((x) =>
    fc.constantFrom(
      {
        label: "withGradient",
        inputs: [x],
        f: ([t]: readonly Tensor[]) =>
          ops.withGradient(ops.square(t as Tensor), [t as Tensor], (dy) => [ops.mul(dy, ops.mul(2, t as Tensor))]),
      },
      {
        label: "stopGradient",
        inputs: [x],
        f: ([t]: readonly Tensor[]) => ops.mul(2, ops.stopGradient(t as Tensor)),
        differentiable: false,
      },
    ),
  ),
};

/** A few unary steps and products applied one after the other: compositions that no single-op test meets. */
export const compositions: Cases = fc
  .tuple(
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 2, max: 5 }),
    fc.array(fc.nat(steps().length - 1), { minLength: 2, maxLength: 6 }),
  )
  .chain(([rows, columns, chosen]) =>
    fc
      .tuple(values([rows, columns], [0.2, 1.5]), values([columns, columns], [-1, 1]), values([columns], [0.3, 1.2]))
      .map((inputs) => ({
        label: `composition ${chosen}`,
        inputs,
        f: ([x, w, b]) => chosen.reduce((t, at) => (steps()[at] as Step)(t, w as Tensor, b as Tensor), x as Tensor),
      })),
  );

type Step = (x: Tensor, w: Tensor, b: Tensor) => Tensor;
function steps(): Step[] {
  return [
    (x, w) => ops.matmul(x, w),
    (x, _, b) => ops.add(x, b),
    (x, _, b) => ops.mul(b, ops.tanh(x)),
    (x) => ops.softmax(x),
    (x) => ops.sub(x, ops.mean(x, 0, true)),
    (x) => ops.div(x, ops.sqrt(ops.add(ops.sum(ops.square(x), -1, true), 0.5))),
    (x) => ops.where(ops.less(ops.sin(x), 2), ops.sigmoid(x), x),
    (x) => ops.concat([ops.slice(x, [0, 1], [-1, -1]), ops.slice(x, [0, 0], [-1, 1])], 1),
    (x) =>
      ops.add(
        ops.matmul(x, x, { transposeB: true }).shape[0] === x.shape[1] ? ops.matmul(x, x, { transposeB: true }) : x,
        x,
      ),
    (x) => elementwise(scalar.gelu, [x]),
  ];
}
