// What users of other libraries complain about.
import { describe, expect, it } from "vitest";
import {
  activations,
  bind,
  compile,
  dense,
  evaluate,
  gradients,
  type Model,
  ops,
  sequential,
  type Tensor,
  Variable,
} from "../../../src/index.ts";
import { countCalls } from "../host/counting.ts";
import { backend, controlled } from "./support.ts";

const valuesOf = async (...tensors: Tensor[]) => (await evaluate(tensors, backend)).map((data) => Array.from(data));

describe("numbers", () => {
  it("tanh, sigmoid, gelu, softplus and their gradients are finite at 1000 (onnxruntime: tanh(1000) was NaN)", async () => {
    const x = ops.tensor([-1000, -89, -20, 20, 89, 1000]);
    const functions = {
      tanh: ops.tanh,
      sigmoid: ops.sigmoid,
      softplus: activations.softplus,
      exp: (t: Tensor) => ops.exp(ops.neg(ops.abs(t))),
    };
    for (const [name, f] of Object.entries(functions)) {
      const y = f(x);
      const [value, slope] = (await valuesOf(y, ...gradients(ops.sum(y), [x]))) as [number[], number[]];
      expect([...value, ...slope].every(Number.isFinite), `${name}: ${value}; ${slope}`).toBe(true);
    }
    expect((await valuesOf(ops.tanh(x)))[0]).toEqual([-1, -1, -1, 1, 1, 1]);
  });

  it("zeros + 1/255 is 1/255, and small numbers stay (tfjs#7733)", async () => {
    const zeros = new Variable([5], { initial: 0 }).tensor;
    const [sum, product] = (await valuesOf(ops.add(zeros, 1 / 255), ops.mul(ops.add(zeros, 1e-20), 1e-10))) as [
      number[],
      number[],
    ];
    expect(sum).toEqual(new Array(5).fill(Math.fround(1 / 255)));
    expect(product).toEqual(new Array(5).fill(Math.fround(Math.fround(1e-20) * Math.fround(1e-10))));
  });

  it("NaN is found and infinities compare as IEEE says", async () => {
    const x = ops.tensor([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]);
    const [same, greater, largest, isNaN_] = await valuesOf(
      ops.equal(x, x),
      ops.greater(x, 1),
      ops.maximum(x, 1),
      ops.notEqual(x, x),
    );
    expect(same?.map(Number)).toEqual([0, 1, 1, 1]);
    expect(greater?.map(Number)).toEqual([0, 1, 0, 0]);
    expect(largest).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 1, 1]);
    expect(isNaN_?.map(Number)).toEqual([1, 0, 0, 0]);
  });

  it("integers keep all 32 bits", async () => {
    const x = ops.tensor(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 16_777_217, 3, -7));
    const [gathered, joined] = await valuesOf(
      ops.gather(x, ops.tensor(Int32Array.of(4, 2, 0, 1))),
      ops.concat([x, ops.flip(x, 0)], 0),
    );
    expect(gathered).toEqual([-7, 16_777_217, 2 ** 31 - 1, -(2 ** 31)]);
    expect(joined?.slice(0, 5)).toEqual([2 ** 31 - 1, -(2 ** 31), 16_777_217, 3, -7]);
    expect(joined?.slice(5)).toEqual([-7, 3, 16_777_217, -(2 ** 31), 2 ** 31 - 1]);
  });

  it("one buffer may be read twice and written in one go (tinygrad: it failed in silence)", async () => {
    const x = new Variable([4], { initial: [1, 2, 3, 4] });
    const graph = compile({ outputs: {}, updates: [[x, ops.add(ops.mul(x, x), ops.mul(x, 2))]] }, backend.limits);
    const executable = await bind(graph, backend);
    for (let run = 0; run < 3; run++) executable.run();
    const wanted = [1, 2, 3, 4].map((start) => [0, 1, 2].reduce((value) => value * value + 2 * value, start));
    expect(Array.from(await x.read())).toEqual(wanted.map(Math.fround));
    executable.dispose();
  });
});

const rows = (count: number) => ({
  data: Float32Array.from({ length: count * 32 }, (_, i) => Math.sin(i)),
  shape: [count, 32],
});
const targets = (count: number) => ({ data: Float32Array.from({ length: count }, (_, i) => i % 2), shape: [count, 1] });

function network(on = backend, seed = 1): Model {
  const model = sequential(
    [dense(64, { activation: "elu", inputShape: [32] }), dense(32, { activation: "elu" }), dense(1)],
    { seed },
  );
  model.compile({ optimizer: "adam", loss: "meanSquaredError", backend: on });
  return model;
}

describe("time and memory", () => {
  it("a second model of the same shapes compiles no shader (tfjs#5689: 25 s of warm-up)", async () => {
    const { backend: own, device } = await controlled();
    const first = await countCalls(() => network(own).trainOnBatch(rows(16), targets(16)));
    expect(first.counts.createShaderModule).toBeGreaterThan(3);
    expect(first.counts.createShaderModule).toBeLessThan(60);
    const second = await countCalls(() => network(own, 2).trainOnBatch(rows(16), targets(16)));
    expect(second.counts.createShaderModule).toBe(0);
    own.dispose();
    device.destroy();
  });

  it("memory that is not used is given back (onnxruntime#29016: a pool held 5 GB)", async () => {
    const { backend: own, device } = await controlled();
    let most = 0;
    const { bytes } = await countCalls(async () => {
      for (const size of [2048, 1024, 512, 256, 64]) {
        const model = network(own);
        const held = await countCalls(() => model.fit(rows(size), targets(size), { batchSize: size, verbose: 0 }));
        most = Math.max(most, held.bytes);
        await model.dispose();
      }
      while (own.trim?.()) await own.settled?.();
      await own.settled?.();
    });
    expect(most).toBeGreaterThan(2048 * 32 * 4);
    expect(bytes).toBeLessThan(300_000);
    own.dispose();
    device.destroy();
  });

  it("nothing is read between the steps of an epoch, and buffers are not made in them (jax-js#123: a wait of 100 ms each)", async () => {
    const model = network();
    const epoch = (count: number) => model.fit(rows(16 * count), targets(16 * count), { batchSize: 16, verbose: 0 });
    await epoch(2);
    const few = await countCalls(() => epoch(8));
    const many = await countCalls(() => epoch(40));
    const more = (name: string) => (many.counts[name] as number) - (few.counts[name] as number);
    expect(more("submit")).toBe(32);
    expect([more("mapAsync"), more("createBuffer"), more("createBindGroup"), more("createComputePipeline")]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it("no more than four steps are under way", async () => {
    const { backend: own, device } = await controlled();
    const model = network(own);
    await model.trainOnBatch(rows(16), targets(16));
    const { queue } = device;
    const submit = queue.submit.bind(queue);
    let [underWay, most] = [0, 0];
    queue.submit = (buffers) => {
      submit(buffers);
      most = Math.max(most, ++underWay);
      void queue.onSubmittedWorkDone().then(() => underWay--);
    };
    await model.fit(rows(16 * 64), targets(16 * 64), { batchSize: 16, verbose: 0 });
    // Beside the steps, the read of the metrics and the first values.
    expect(most).toBeLessThanOrEqual(6);
    own.dispose();
    device.destroy();
  });
});
