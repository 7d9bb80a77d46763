import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul, sin } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey, randomUniform } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { divided, threaded } from "../unit/threads-support.ts";

const backends: Record<string, Backend> = {
  js: js(),
  "wasm, one thread": await wasm({ threads: 1 }),
  "wasm, two threads": await threaded(2),
  "wasm, three threads in the worst order": await divided(3),
};

afterAll(() => {
  for (const backend of Object.values(backends)) backend.dispose();
});

const kinds: Readonly<Record<string, (options: layers.SequenceOptions) => Layer>> = {
  simpleRnn: (options) => layers.simpleRnn(3, { recurrentDropout: 0.3, ...options }),
  "gru, reset after": (options) => layers.gru(3, { dropout: 0.3, recurrentDropout: 0.2, ...options }),
  "gru, reset before": (options) => layers.gru(3, { resetAfter: false, ...options }),
  lstm: (options) => layers.lstm(5, { dropout: 0.3, ...options }),
  "two cells": (options) => layers.rnn([layers.lstmCell(2), layers.gruCell(3)], options),
  bidirectional: ({ goBackwards: _, zeroOutputForMask: __, ...options }) =>
    layers.bidirectional(layers.lstm(2, options), { mergeMode: "mul" }),
};

const flag = fc.boolean();
const settings = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 7 })).chain(([batch, time]) =>
  fc.record({
    kind: fc.constantFrom(...Object.keys(kinds)),
    seed: fc.nat(1000),
    shape: fc.constant([batch, time, 2]),
    options: fc.record({ returnSequences: flag, returnState: flag, goBackwards: flag, zeroOutputForMask: flag }),
    mask: fc.option(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: batch * time, maxLength: batch * time })),
  }),
);
type Setting = typeof settings extends fc.Arbitrary<infer S> ? S : never;

/** A loss through the layer, and its gradients by the sequences and the weights. */
function record({ kind, seed, shape, options, mask }: Setting, unroll: boolean): Tensor[] {
  const layer = kinds[kind]?.({ ...options, unroll, name: "layer" }) as Layer;
  layer.ensureBuilt([null, ...shape.slice(1)]);
  layer.initialize(seed);
  const x = randomUniform(shape, { seed, low: -1, high: 1 });
  const ctx = new Recording(layer, { training: true, key: tensor(randomKey(seed)) });
  if (mask) ctx.setMask(x, tensor(mask, shape.slice(0, 2), { dtype: "float32" }));
  const outputs = layer.applyAll(x, ctx);
  const loss = outputs.map((y, index) => sum(sin(mul(y, 1.5 + index)))).reduce((a, b) => add(a, b));
  return [loss, ...gradients(loss, [x, ...layer.variables])];
}

describe("a recurrence as a loop", () => {
  it("has the bits of its steps recorded one by one, on every backend and with any number of threads", () =>
    fc.assert(
      fc.asyncProperty(settings, async (setting) => {
        for (const [name, backend] of Object.entries(backends)) {
          const [apart, looped] = await Promise.all(
            [true, false].map(async (unroll) =>
              // 0 and −0 are not told apart.
              (await evaluate(record(setting, unroll), backend)).map((data) => Array.from(data, (value) => value + 0)),
            ),
          );
          expect(looped, name).toEqual(apart);
        }
      }),
      { numRuns: 15 },
    ));
});
