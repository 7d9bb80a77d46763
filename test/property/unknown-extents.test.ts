import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BatchShape, Layer } from "../../src/nn/layer.ts";
import { listOf } from "../../src/nn/layer.ts";
import { Recording } from "../../src/nn/recording.ts";
import { layerFactories } from "../../src/nn/registry.ts";
import { placeholder } from "../../src/tensor/ops/index.ts";
import { cases } from "./layer-cases.ts";

/** An extent for each letter, in three draws that differ in every letter. */
const draws = fc
  .record(
    Object.fromEntries(
      ["batch", "t", "u", "v", "c", "d", "h", "w"].map((name) => [
        name,
        fc.tuple(fc.integer({ min: 5, max: 7 }), fc.integer({ min: 2, max: 4 })),
      ]),
    ),
  )
  .map((letters) =>
    [0, 1, 2].map((draw) =>
      Object.fromEntries(Object.entries(letters).map(([name, [least, step]]) => [name, least + draw * step])),
    ),
  );

function realShapes(layer: Layer, shapes: readonly (readonly number[])[]): (readonly number[])[] {
  const inputs = shapes.map((shape, index) => placeholder(`x${index}`, shape));
  const ctx = new Recording(layer, { training: false, key: placeholder("key", [4], "int32") });
  return listOf(layer.call(inputs.length === 1 ? (inputs[0] as (typeof inputs)[number]) : inputs, ctx)).map(
    ({ shape }) => shape,
  );
}

describe("the shape that a layer reports", () => {
  it("is held for every kind of layer", () => {
    expect(Object.keys(layerFactories).filter((kind) => kind !== "network" && !Object.hasOwn(cases, kind))).toEqual([]);
  });

  const all = Object.entries(cases).flatMap(([kind, list]) =>
    list.map((one, index) => [`${kind} ${index}`, one] as const),
  );
  it.each(all)("%s: equals what is computed, with null where that varies", (_, { make, inputs }) => {
    fc.assert(
      fc.property(draws, fc.boolean(), (drawn, onlyBatch) => {
        const [first] = drawn as [Record<string, number>];
        const sizes = onlyBatch ? drawn.map(({ batch }) => ({ ...first, batch: batch as number })) : drawn;
        const sized = (draw: Readonly<Record<string, number>>) =>
          inputs.map((extents) => [
            draw.batch as number,
            ...extents.map((n) => (typeof n === "number" ? n : (draw[n] as number))),
          ]);
        const unknown = inputs.map((extents): BatchShape => {
          return [null, ...extents.map((n) => (typeof n === "number" ? n : onlyBatch ? (first[n] as number) : null))];
        });
        const layer = make();
        layer.ensureBuilt(unknown.length === 1 ? (unknown[0] as BatchShape) : unknown);
        const reported = layer.outputShapes(
          unknown,
          inputs.map(() => "float32"),
          inputs.length === 1,
        );
        const real = sizes.map((draw) => realShapes(layer, sized(draw)));
        for (const [output, shape] of reported.entries()) {
          for (const shapes of real) expect(shapes[output]).toHaveLength(shape.length);
          shape.forEach((extent, axis) => {
            const extents = new Set(real.map((shapes) => shapes[output]?.[axis]));
            if (extent === null) expect(extents.size).toBeGreaterThan(1);
            else expect(extents).toEqual(new Set([extent]));
          });
        }
      }),
      { numRuns: 6 },
    );
  });
});
