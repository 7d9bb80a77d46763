import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { dense, input, model, ops, predictAllSync, predictSync, sequential } from "../../src/index.ts";

const x = { data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), shape: [3, 4] };
const network = () => sequential([dense(5, { activation: "tanh", inputShape: [4] }), dense(2)], { seed: 1 });

describe("predictSync", () => {
  it("gives what predict gives, without an awaited call where the backend is there", async () => {
    for (const backend of [js(), await wasm({ threads: 1 })]) {
      const net = network();
      net.compile({ backend });
      const { data, shape } = predictSync(net, x);
      const expected = await net.predict(x);
      expect(shape).toEqual(expected.shape);
      expect(data).toEqual(await expected.data());
      expect(predictSync(net, x).data).not.toBe(data);
    }
  });

  it("sees weights that were set or trained", async () => {
    const net = network();
    net.compile({ optimizer: "sgd", loss: "mse", backend: js() });
    const before = predictSync(net, x).data;
    await net.trainOnBatch(x, { data: new Float32Array(6), shape: [3, 2] });
    expect(predictSync(net, x).data).not.toEqual(before);
  });

  it("gives each output of a model of several", async () => {
    const from = input([4]);
    const net = model({ inputs: from, outputs: [dense(2).apply(from), dense(3).apply(from)] });
    net.compile({ backend: js() });
    expect(predictAllSync(net, x).map(({ shape }) => shape)).toEqual([
      [3, 2],
      [3, 3],
    ]);
    expect(() => predictSync(net, x)).toThrow("Use predictAllSync.");
  });

  it("refuses a backend that must be awaited, and bad data", async () => {
    const net = network();
    const { readSync: _, ...waiting } = js() as unknown as Record<string, unknown>;
    net.compile({ backend: Object.assign(Object.create(null), waiting, { name: "slow", load: () => undefined }) });
    expect(() => predictSync(net, x)).toThrow("results must be there without waiting");
    net.compile({ backend: js() });
    expect(() => predictSync(net, { data: new Float32Array(3), shape: [1, 3] })).toThrow(
      "must have the model's input shape",
    );
    expect(() => predictSync(net, { data: Float32Array.of(1, 2, Number.NaN, 4), shape: [1, 4] })).toThrow("finite");
    expect(() => predictSync(net, ops.add(ops.tensor([[1, 2, 3, 4]]), 1))).toThrow("only a constant tensor");
  });
});
