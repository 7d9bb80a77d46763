import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { type Shape, withUnknownExtents } from "../../src/ir/shape.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";
import { axesOf, type Cases, distinct, extent, indices, one, shapeOf, values } from "./op-cases.ts";
import { runCase } from "./run-case.ts";

/** A shape with one of its axes. */
const shapeWithAxis = (least = 1, most = 3): fc.Arbitrary<readonly [Shape, number]> =>
  shapeOf(least, most).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.integer({ min: -shape.length, max: shape.length - 1 })),
  );

/** Several results as one, each of which counts differently. */
const joined = (parts: readonly Tensor[]): Tensor =>
  ops.concat(parts.map((part, index) => ops.mul(ops.reshape(part, [-1]), index + 1)));

/** Values of which many are 0. */
const withZeros = (shape: Shape) =>
  values(shape).map((input) => ({ ...input, data: Float64Array.from(input.data, (x) => (Math.abs(x) < 0.8 ? 0 : x)) }));

const pair = (label: string, a: Shape, b: Shape, f: (a: Tensor, b: Tensor) => Tensor): Cases =>
  fc.tuple(values(a), values(b)).map((inputs) => ({ label, inputs, f: ([x, y]) => f(x as Tensor, y as Tensor) }));

/** Equations with the extents that their letters have: a to e are 1 to 5. */
const equations = ["ab->ba", "abc->b", "ab->", "ab,bc->ac", "ab,cb->ca", "dab,dbc->dac", "abd,cbd->dac", "ab,ab->ab"];
const more = ["ab,ab->", "a,b->ba", "abc,d->bd", "abd,ce->deb", "ab,bc", "ba", "bac,cad->db", "a,->a"];
const shapeOfLetters = (letters: string): Shape => [...letters].map((letter) => letter.charCodeAt(0) - 96);

/** Ops that are made of others. */
const composedOps: Readonly<Record<string, Cases>> = {
  split: shapeWithAxis().chain(([shape, axis]) =>
    fc
      .oneof(
        fc.constant(shape.at(axis) as number),
        fc.array(fc.nat(shape.at(axis) as number), { maxLength: 3 }).map((places) => places.sort((a, b) => a - b)),
      )
      .chain((sections) =>
        one(`split ${sections} of ${shape} at ${axis}`, values(shape), (x) => joined(ops.split(x, sections, axis))),
      ),
  ),
  unstack: shapeWithAxis().chain(([shape, axis]) =>
    one(`unstack ${shape} at ${axis}`, values(shape), (x) => joined(ops.unstack(x, axis))),
  ),
  tile: fc
    .tuple(shapeOf(0, 3), fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }))
    .chain(([shape, counts]) => one(`tile ${shape} by ${counts}`, values(shape), (x) => ops.tile(x, counts))),
  repeat: shapeWithAxis().chain(([shape, axis]) =>
    fc
      .oneof(
        fc.integer({ min: 1, max: 3 }),
        fc
          .array(fc.nat(3), { minLength: shape.at(axis) as number, maxLength: shape.at(axis) as number })
          .filter((counts) => counts.some((count) => count > 0)),
      )
      .chain((counts) =>
        one(`repeat ${shape} by ${counts} at ${axis}`, values(shape), (x) => ops.repeat(x, counts, axis)),
      ),
  ),
  pad: shapeOf(1, 3).chain((shape) =>
    fc
      .tuple(
        fc.tuple(...shape.map(() => fc.tuple(fc.nat(7), fc.nat(7)))),
        fc.constantFrom("reflect" as const, "symmetric" as const),
      )
      .chain(([paddings, fill]) =>
        one(`pad ${shape} by ${JSON.stringify(paddings)}, ${fill}`, values(shape), (x) => ops.pad(x, paddings, fill)),
      ),
  ),
  flip: shapeOf(1, 3).chain((shape) =>
    axesOf(shape).chain((axes) => one(`flip ${shape} at ${axes}`, values(shape), (x) => ops.flip(x, axes))),
  ),
  roll: shapeWithAxis().chain(([shape, axis]) =>
    fc
      .tuple(fc.integer({ min: -7, max: 7 }), fc.boolean())
      .chain(([shift, flat]) =>
        one(`roll ${shape} by ${shift}`, values(shape), (x) => ops.roll(x, shift, flat ? null : axis)),
      ),
  ),
  einsum: fc.constantFrom(...equations, ...more).chain((equation) => {
    const [a = "", b] = (equation.split("->")[0] as string).split(",");
    return b === undefined
      ? one(equation, values(shapeOfLetters(a)), (x) => ops.einsum(equation, x))
      : pair(equation, shapeOfLetters(a), shapeOfLetters(b), (x, y) => ops.einsum(equation, x, y));
  }),
  dot: fc
    .tuple(shapeOf(0, 2), shapeOf(0, 2), extent, extent)
    .chain(([rows, batch, n, columns]) =>
      fc.constantFrom<[Shape, Shape]>(
        [[...rows, n], [n]],
        [
          [...rows, n],
          [...batch, n, columns],
        ],
        [rows, []],
      ),
    )
    .chain(([a, b]) => pair(`dot ${a} with ${b}`, a, b, ops.dot)),
  outer: fc.tuple(shapeOf(0, 2), shapeOf(0, 2)).chain(([a, b]) => pair(`outer ${a} with ${b}`, a, b, ops.outer)),
  logSumExp: fc
    .tuple(shapeOf(1, 3), fc.boolean())
    .chain(([shape, keepDims]) =>
      axesOf(shape).chain((axes) =>
        one(`logSumExp ${shape} over ${axes}`, values(shape, [-9, 9]), (x) => ops.logSumExp(x, axes, keepDims)),
      ),
    ),
  std: shapeOf(1, 2).chain((shape) =>
    // Kept away from equal values, where there is a kink.
    one(`std of ${shape} and more`, values([...shape, 3]), (x) => ops.std(ops.add(x, ops.tensor([0, 5, 9])), -1)),
  ),
  cumprod: shapeWithAxis().chain(([shape, axis]) =>
    fc
      .tuple(fc.boolean(), fc.boolean())
      .chain(([exclusive, reverse]) =>
        one(`cumprod ${shape} at ${axis}`, withZeros(shape), (x) => ops.cumprod(x, axis, { exclusive, reverse })),
      ),
  ),
  sort: shapeWithAxis().chain(([shape, axis]) =>
    fc
      .boolean()
      .chain((descending) =>
        one(`sort ${shape} at ${axis}`, distinct(shape), (x) => ops.sort(x, axis, { descending })),
      ),
  ),
  argsort: shapeWithAxis().chain(([shape, axis]) =>
    one(`argsort ${shape} at ${axis}`, distinct(shape), (x) => ops.argsort(x, axis), false),
  ),
  topK: shapeOf(1, 3).chain((shape) =>
    fc
      .integer({ min: 1, max: shape.at(-1) as number })
      .chain((k) => one(`topK ${k} of ${shape}`, distinct(shape), (x) => ops.topK(x, k).values)),
  ),
  takeAlongAxis: fc.tuple(shapeWithAxis(), extent, fc.boolean()).chain(([[shape, axis], count, isFlat]) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const wanted = shape.map((n, i) => (i === at ? count : isFlat ? 1 : n));
    return fc.tuple(values(shape), indices(wanted, shape[at] as number)).map((inputs) => ({
      label: `takeAlongAxis ${wanted} of ${shape} at ${axis}`,
      inputs,
      f: ([x, i]: readonly Tensor[]) => ops.takeAlongAxis(x as Tensor, i as Tensor, axis),
    }));
  }),
  triangles: fc
    .tuple(shapeOf(2, 3), fc.integer({ min: -3, max: 3 }))
    .chain(([shape, k]) =>
      one(`triu and tril ${shape} from ${k}`, values(shape), (x) => joined([ops.triu(x, k), ops.tril(x, k)])),
    ),
  meshgrid: fc
    .tuple(fc.array(extent, { minLength: 1, maxLength: 3 }), fc.constantFrom("xy" as const, "ij" as const))
    .chain(([extents, indexing]) =>
      fc.tuple(...extents.map((n) => values([n]))).map((inputs) => ({
        label: `meshgrid ${extents} ${indexing}`,
        inputs,
        f: (vectors: readonly Tensor[]) => joined(ops.meshgrid(vectors, { indexing })),
      })),
    ),
  logic: shapeOf(1, 3).chain((shape) =>
    axesOf(shape).chain((axes) =>
      fc.tuple(withZeros(shape), withZeros(shape)).map((inputs) => ({
        label: `any, all, and, or, xor of ${shape} over ${axes}`,
        inputs,
        f: ([a, b]: readonly Tensor[]) => {
          const [x, y] = [a as Tensor, b as Tensor];
          const pairs = [ops.logicalAnd(x, y), ops.logicalOr(x, y), ops.logicalXor(x, y)];
          return joined([ops.any(x, axes), ops.all(x, axes), ...pairs]);
        },
        differentiable: false,
      })),
    ),
  ),
};

describe.each(Object.entries(composedOps))("ops.%s", (_, cases) => {
  it("has the gradient of central differences in float64", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ inputs, f, differentiable }) => {
        const tensors = inputs.map(({ data, shape, dtype }) => ops.tensor(data, shape, { dtype }));
        if (differentiable !== false) await checkGradients((...given) => f(given), tensors);
      }),
      { numRuns: 8 },
    );
  });

  it("gives on wasm what js gives in float64, forward and backward", async () => {
    const [backend, reference] = [await wasm(), js({ precision: "float64" })];
    await fc.assert(
      fc.asyncProperty(cases, async (theCase) => {
        const [actual, expected] = [await runCase(theCase, backend), await runCase(theCase, reference)];
        for (const [output, exact] of Object.entries(expected)) {
          const scale = Math.max(1, ...Array.from(exact, Math.abs));
          const worst = Math.max(
            0,
            ...Array.from(exact, (y, i) => Math.abs(y - (actual[output]?.[i] as number)) / scale),
          );
          expect(worst, `${theCase.label}, ${output}`).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 6 },
    );
  });

  it("records the shape that it computes where the first extent is unknown, or refuses it by name", () => {
    fc.assert(
      fc.property(cases, ({ label, inputs, f }) => {
        const record = (shapeOf: (shape: Shape) => Shape) =>
          f(inputs.map(({ shape, dtype }, i) => ops.placeholder(`x${i}`, shapeOf(shape), dtype)));
        const real = record((shape) => shape);
        withUnknownExtents(() => {
          try {
            const { shape } = record(([_, ...rest]) => (_ === undefined ? [] : [Number.NaN, ...rest]));
            const known = shape.map((extent, axis) => (Number.isNaN(extent) ? real.shape[axis] : extent));
            expect(known, label).toEqual(real.shape);
          } catch (error) {
            expect(String(error), label).toMatch(/known extent|one count per element/);
          }
        });
      }),
      { numRuns: 10 },
    );
  });
});
