// Bins whose boundaries are found by adapt.
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { cloneModel, dense, discretization, input, type Model, model, ops, sequential } from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";

const ages = Array.from({ length: 40 }, (_, at) => at);

/** Ages in four bins, as vectors. */
function binned(layer = discretization({ numBins: 4, outputMode: "oneHot" })): Model {
  const age = input([1]);
  return model({ inputs: age, outputs: layer.apply(age), seed: 1 });
}

const binsOf = async (net: Model, given: number[]) =>
  ((await (await net.predict(given)).array()) as number[][]).map((row) => row.indexOf(1));

describe("discretization by adapt", () => {
  it("gives a model its shape before, and bins after", async () => {
    const layer = discretization({ numBins: 4, outputMode: "oneHot" });
    const net = sequential([layer, dense(1)], { seed: 1 });
    net.build([null, 1]);
    expect(net.layers[1]?.variables[0]?.shape).toEqual([4, 1]);
    await expect(net.predict([1])).rejects.toThrow("there are no boundaries yet. Expected await layer.adapt(data)");
    await layer.adapt(ages);
    expect((await net.predict([1, 39])).shape).toEqual([2, 1]);
    const bins = binned(layer);
    expect(await binsOf(bins, [0, 12, 25, 39])).toEqual([0, 1, 2, 3]);
    // A model that has run goes on with the new ones.
    await layer.adapt(ages.map((age) => age + 100));
    expect(await binsOf(bins, [0, 112, 125, 139])).toEqual([0, 1, 2, 3]);
  });

  it("reads batches, so many as are asked for", async () => {
    const [whole, some] = [discretization({ numBins: 4 }), discretization({ numBins: 4 })];
    const batches = [ages.slice(0, 20), ages.slice(20)];
    await whole.adapt(ages.slice(0, 20));
    await some.adapt(
      (function* () {
        yield* batches;
      })(),
      { steps: 1 },
    );
    expect(some.getConfig()).toEqual(whole.getConfig());
    const computed = discretization({ numBins: 4 });
    await computed.adapt([ops.mul(ops.tensor(ages.slice(0, 20)), 1)]);
    expect(computed.getConfig()).toEqual(whole.getConfig());
  });

  it("is cloned, saved and read with what was found, repeated boundaries too", async () => {
    const layer = discretization({ numBins: 4, outputMode: "oneHot" });
    await layer.adapt([...new Array<number>(60).fill(5), ...ages]);
    const { binBoundaries } = layer.getConfig() as { binBoundaries: number[] };
    expect(new Set(binBoundaries).size).toBeLessThan(3);
    const net = binned(layer);
    const wanted = await binsOf(net, ages);
    expect(await binsOf(cloneModel(net), ages)).toEqual(wanted);
    let bytes = new Uint8Array();
    const write = (given: Uint8Array) => {
      bytes = new Uint8Array(given);
    };
    await saveModel(net, { read: () => bytes, write });
    const copy = await loadModel(bytes);
    expect(await binsOf(copy, ages)).toEqual(wanted);
    expect(copy.layers[0]?.getConfig()).toMatchObject({ numBins: 4, binBoundaries });
  });

  it("goes on where a model and its backend were disposed of", async () => {
    const backend = js();
    const layer = discretization({ numBins: 4, outputMode: "oneHot" });
    await layer.adapt(ages);
    const net = sequential([layer, dense(1)], { seed: 1 });
    net.compile({ optimizer: "sgd", loss: "mse", backend });
    const before = await (await net.predict(ages)).data();
    await net.dispose();
    await backend.dispose();
    net.compile({ optimizer: "sgd", loss: "mse" });
    expect(await (await net.predict(ages)).data()).toEqual(before);
    expect(await binsOf(binned(layer), [0, 12, 25, 39])).toEqual([0, 1, 2, 3]);
  });

  it("has the bins that it was made for where adapt finds fewer boundaries", async () => {
    const layer = discretization({ numBins: 4, outputMode: "oneHot" });
    const net = binned(layer);
    await layer.adapt([3, 7]);
    for (const each of [net, cloneModel(net)]) {
      expect((await each.predict([1])).shape).toEqual([1, 4]);
      expect(await binsOf(each, [2, 3, 100])).toEqual([0, 1, 1]);
    }
  });

  it("refuses what means nothing", async () => {
    expect(() => discretization({ numBins: 1 })).toThrow("discretization: numBins must be an integer ≥ 2");
    expect(() => discretization({ numBins: 3, epsilon: 2 })).toThrow("epsilon");
    expect(() => discretization({} as never)).toThrow("Or give numBins, and call adapt(data).");
    expect(() => discretization(3 as never)).toThrow("binBoundaries");
    await expect(discretization([1, 2]).adapt(ages)).rejects.toThrow("boundaries were given");
    await expect(discretization({ numBins: 3 }).adapt([])).rejects.toThrow("there must be data");
    await expect(discretization({ numBins: 3 }).adapt([1])).rejects.toThrow("adapt found no boundary");
    await expect(discretization({ numBins: 3 }).adapt([1, Number.NaN])).rejects.toThrow("values must be finite");
  });
});
