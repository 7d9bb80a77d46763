import { expect, it } from "vitest";
import { adam, type Backend, bidirectional, dense, gru, lstm, sequential, sgd, simpleRnn } from "../../../src/index.ts";
import { countCalls } from "../host/counting.ts";
import { backend, distance, reference, weightsOf } from "./support.ts";

it("recurrent layers over many steps, which run as loops, train as on wasm", async () => {
  const [batch, time] = [4, 60];
  const x = { data: Float32Array.from({ length: batch * time * 3 }, (_, i) => Math.sin(i)), shape: [batch, time, 3] };
  const y = { data: Float32Array.from({ length: batch }, (_, i) => Math.cos(i)), shape: [batch, 1] };
  const train = async (on: Backend) => {
    const layers = [
      bidirectional(lstm(8, { returnSequences: true }), { inputShape: [time, 3] }),
      // Rows of 5 numbers begin at places that are no multiples of 4.
      gru(5),
      dense(1),
    ];
    const model = sequential(layers, { seed: 1 });
    model.compile({ optimizer: adam(1e-3), loss: "mse", backend: on });
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) losses.push((await model.trainOnBatch(x, y)).loss as number);
    return { losses, weights: await weightsOf(model) };
  };
  const [found, wanted] = [await train(backend), await train(reference)];
  found.losses.forEach((loss, index) => {
    expect(loss).toBeCloseTo(wanted.losses[index] as number, 4);
  });
  expect(distance(found.weights, wanted.weights)).toBeLessThan(1e-3);
});

it("a loop of 2000 steps trains as on wasm, with the shaders of a few steps", async () => {
  const time = 2000;
  const x = { data: Float32Array.from({ length: time * 2 }, (_, i) => Math.sin(i)), shape: [1, time, 2] };
  const train = async (on: Backend) => {
    const model = sequential([simpleRnn(5, { inputShape: [time, 2] }), dense(1)], { seed: 2 });
    model.compile({ optimizer: sgd(0.1), loss: "mse", backend: on });
    const { loss } = await model.trainOnBatch(x, [[0.5]]);
    return { loss, weights: await weightsOf(model) };
  };
  const wanted = await train(reference);
  const { counts } = await countCalls(async () => {
    const found = await train(backend);
    expect(found.loss).toBeCloseTo(wanted.loss as number, 5);
    expect(distance(found.weights, wanted.weights)).toBeLessThan(1e-4);
  });
  expect(counts.dispatchWorkgroups).toBeGreaterThan(2 * time);
  expect(counts.createShaderModule).toBeLessThan(80);
});
