import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { lstm } from "../../src/nn/layers/index.ts";
import { type CallContext, Recording } from "../../src/nn/recording.ts";
import { placeholder } from "../../src/tensor/ops/index.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { sequential } from "../../src/train/index.ts";
import { cases, type Extents } from "./layer-cases.ts";

/** All that an object holds, with what its objects hold; tensors and functions stand for themselves. */
function contents(root: object): Map<object, readonly unknown[]> {
  const found = new Map<object, readonly unknown[]>();
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null || found.has(value)) return;
    // The node that reads a variable is made on first need and kept.
    if (value instanceof Variable) value.tensor;
    const entries = value instanceof Map || value instanceof Set ? [...value].flat() : [];
    const held = [...Reflect.ownKeys(value).flatMap((key) => [key, Reflect.get(value, key)]), ...entries];
    found.set(value, held);
    if (!(value instanceof Tensor || ArrayBuffer.isView(value))) held.forEach(visit);
  };
  visit(root);
  return found;
}

function expectSame(layer: Layer, before: ReadonlyMap<object, readonly unknown[]>): void {
  const after = contents(layer);
  expect(after.size).toBe(before.size);
  for (const [object, held] of before) {
    const now = after.get(object) ?? [];
    expect(now.length === held.length && now.every((value, index) => Object.is(value, held[index]))).toBe(true);
  }
}

/** A context that throws at its nth question. */
function failing(ctx: CallContext, n: number): CallContext {
  let asked = 0;
  return new Proxy(ctx, {
    get: (target, key) => {
      if (asked++ === n) throw new Error("in the middle");
      return Reflect.get(target, key, target);
    },
  });
}

const extents: Readonly<Record<string, number>> = { t: 6, u: 5, v: 4, c: 3, d: 7, h: 8, w: 9 };
const all = Object.entries(cases).flatMap(([kind, list]) => list.map((one, i) => [`${kind} ${i}`, one] as const));

describe("recording a layer", () => {
  it.each(all)("%s: twice, or up to an error in the middle, leaves it as it was", (_, { make, inputs }) => {
    const layer = make();
    const shapeOf = (sample: Extents) => [
      5,
      ...sample.map((n) => (typeof n === "number" ? n : (extents[n] as number))),
    ];
    const shapes = inputs.map(shapeOf);
    layer.ensureBuilt(shapes.length === 1 ? (shapes[0] as number[]) : shapes);
    layer.initialize(1);
    const xs = shapes.map((shape, index) => placeholder(`x${index}`, shape));
    const record = (n: number) => {
      const ctx = new Recording(layer, { training: true, key: placeholder("key", [4], "int32") });
      return layer.applyAll(xs.length === 1 ? (xs[0] as Tensor) : xs, n < 0 ? ctx : failing(ctx, n));
    };
    const before = contents(layer);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), (n) => {
        try {
          record(n);
        } catch (error) {
          expect(String(error)).toContain("in the middle");
        }
        expectSame(layer, before);
      }),
      { numRuns: 5 },
    );
    record(-1);
    record(-1);
    expectSame(layer, before);
  });

  it("that is stateful, without a run, leaves it free to go on with batches of another size", async () => {
    const model = sequential([lstm(2, { stateful: true, inputShape: [3, 1] })], { seed: 1 });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: js() });
    const x = (batch: number) => ({ data: new Float32Array(batch * 3).fill(0.1), shape: [batch, 3, 1] });
    const y = (batch: number, width: number) => ({ data: new Float32Array(batch * width), shape: [batch, width] });
    const ctx = new Recording(model, { training: true, key: placeholder("key", [4], "int32") });
    model.call(placeholder("x", [4, 3, 1]), ctx);
    expect((await model.trainOnBatch(x(3), y(3, 2))).loss).toBeGreaterThan(0);
    await expect(model.trainOnBatch(x(4), y(4, 2))).rejects.toThrow("batches of 3, received 4");
  });
});
