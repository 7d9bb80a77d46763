// Models that take strings, used as layers of other models.
import { describe, expect, it } from "vitest";
import { hashing, integerLookup, stringLookup } from "../../src/data-entry.ts";
import {
  cloneModel,
  concatenate,
  dense,
  embedding,
  flatten,
  input,
  type Model,
  model,
  normalization,
  sgd,
} from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";

const cities = ["Bern", "Oslo", "Rome", "Bern"];

/** A city and a number to a vector of 3: an adapted vocabulary, an adapted normalization, and weights. */
async function placeModel(): Promise<Model> {
  const lookup = stringLookup();
  await lookup.adapt(cities);
  const scale = normalization();
  await scale.adapt([[1], [2], [6]]);
  const [city, size] = [input([1], { dtype: "string", name: "city" }), input([1], { name: "size" })];
  const parts = [flatten().apply(embedding(8, 2).apply(lookup.apply(city))), scale.apply(size)];
  return model({
    inputs: [city, size],
    outputs: dense(3).apply(concatenate().apply(parts)),
    name: "place",
    seed: 1,
  });
}

async function numbers(net: Model, x: unknown): Promise<number[]> {
  return [...(await (await net.predict(x as never)).data())];
}

async function reread(net: Model): Promise<Model> {
  let bytes = new Uint8Array();
  const write = (given: Uint8Array) => {
    bytes = new Uint8Array(given);
  };
  await saveModel(net, { read: () => bytes, write });
  return loadModel(bytes);
}

/** Two places with one set of weights, in a model of three levels. */
async function tripModel(place: Model): Promise<Model> {
  const names = ["from", "to"].map((name) => input([1], { dtype: "string", name }));
  const size = input([1], { name: "size" });
  const both = model({
    inputs: [...names, size],
    outputs: concatenate().apply(names.map((name) => place.apply([name, size]))),
    name: "both",
    seed: 2,
  });
  const outer = [
    input([1], { dtype: "string", name: "a" }),
    input([1], { dtype: "string", name: "b" }),
    input([1], { name: "n" }),
  ];
  return model({ inputs: outer, outputs: dense(1, { name: "head" }).apply(both.apply(outer)), seed: 3 });
}

const trips = { a: ["Bern", "Oslo"], b: ["Rome", "Rome"], n: [1, 4] };

describe("a model of strings inside another one", () => {
  it("stays one layer, is trained with its weights, and shares them", async () => {
    const place = await placeModel();
    const trip = await tripModel(place);
    expect(trip.layers.map(({ name }) => name)).toEqual(["both", "head"]);
    expect((trip.getLayer("both") as Model).getLayer("place")).toBe(place);
    // The vectors, the mean and variance, and the weights of two dense layers: once each.
    expect(trip.variables.length).toBe(7);
    const before = await numbers(place, [["Bern"], [1]]);
    trip.compile({ optimizer: sgd(0.1), loss: "mse" });
    const { history } = await trip.fit(trips, [[1], [0]], { epochs: 20, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
    expect(await numbers(place, [["Bern"], [1]])).not.toEqual(before);
    place.trainable = false;
    expect(trip.trainableVariables.length).toBe(2);
  });

  it("gives what its parts give one after the other", async () => {
    const place = await placeModel();
    const trip = await tripModel(place);
    const [from, to] = [await place.predict([trips.a, trips.n]), await place.predict([trips.b, trips.n])];
    const head = trip.getLayer("head");
    const [kernel, bias] = (await Promise.all(head.variables.map((variable) => variable.read()))) as [
      Float32Array,
      Float32Array,
    ];
    const [x, y] = [(await from.array()) as number[][], (await to.array()) as number[][]];
    const wanted = x.map((row, at) =>
      [...row, ...(y[at] as number[])].reduce(
        (sum, value, k) => sum + value * (kernel[k] as number),
        bias[0] as number,
      ),
    );
    (await numbers(trip, trips)).forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at] as number, 5);
    });
  });

  it("is cloned, saved and read with its levels", async () => {
    const trip = await tripModel(await placeModel());
    const wanted = await numbers(trip, trips);
    const clone = cloneModel(trip);
    clone.setWeights(await trip.getWeights());
    expect(await numbers(clone, trips)).toEqual(wanted);
    const copy = await reread(trip);
    expect(await numbers(copy, trips)).toEqual(wanted);
    const inner = (copy.getLayer("both") as Model).getLayer("place") as Model;
    expect(inner.layers.map(({ kind }) => kind)).toEqual([
      "stringLookup",
      "embedding",
      "flatten",
      "normalization",
      "concatenate",
      "dense",
    ]);
  });

  it("may take numbers that are computed, beside strings", async () => {
    const place = await placeModel();
    const [city, raw] = [input([1], { dtype: "string", name: "city" }), input([2], { name: "raw" })];
    const net = model({ inputs: [city, raw], outputs: place.apply([city, dense(1).apply(raw)]), seed: 1 });
    expect((await numbers(net, [["Bern"], [[1, 2]]])).length).toBe(3);
  });

  it("may have layers on the host only, in front of others of them", async () => {
    const code = input([1], { dtype: "string" });
    const indices = model({ inputs: code, outputs: stringLookup({ vocabulary: cities.slice(0, 3) }).apply(code) });
    const start = input([1], { dtype: "string", name: "start" });
    const known = indices.apply(start);
    const hashed = hashing(4, { inputDType: "int32", outputMode: "oneHot" }).apply(known);
    const net = model({ inputs: start, outputs: [known, hashed], seed: 1 });
    const [index, bins] = await net.predictAll([["Oslo"], ["Lima"]]);
    expect([...(await (index as NonNullable<typeof index>).data())]).toEqual([2, 0]);
    const alone = hashing(4, { inputDType: "int32", outputMode: "oneHot" }).apply([2, 0]);
    expect([...(await (bins as NonNullable<typeof bins>).data())]).toEqual([...alone.data]);
  });

  it("may hand on an input, and an output twice", async () => {
    const [city, size] = [input([1], { dtype: "string", name: "city" }), input([1], { name: "size" })];
    const index = stringLookup({ vocabulary: cities.slice(0, 3) }).apply(city);
    const inner = model({ inputs: [city, size], outputs: [index, size, index], name: "inner" });
    const ends = [input([1], { dtype: "string", name: "a" }), input([1], { name: "b" })];
    const net = model({ inputs: ends, outputs: inner.applyAll(ends), seed: 1 });
    const found = await net.predictAll({ a: ["Rome", "Bern"], b: [5, 7] });
    expect(await Promise.all(found.map((tensor) => tensor.array()))).toEqual([
      [[3], [1]],
      [[5], [7]],
      [[3], [1]],
    ]);
  });

  it("is refused where it does not fit", async () => {
    const place = await placeModel();
    const [city, size] = [input([1], { dtype: "string" }), input([1])];
    expect(() => place.apply([city])).toThrow('model "place": a network that takes strings is applied to inputs');
    expect(() => place.apply([size, size])).toThrow(
      'input "city" is another. Expected string [null, 1], received float32',
    );
    expect(() => place.apply([city, input([2])])).toThrow('input "size" is another');
    const key = input([1]);
    const keyed = model({ inputs: key, outputs: integerLookup({ vocabulary: [1, 2] }).apply(key), name: "keyed" });
    expect(() => keyed.apply(dense(1).apply(size))).toThrow(
      'model "keyed": works on the host, before anything is recorded. Expected an input, or the output of another layer that works on the host, received the output of dense',
    );
    // What a nested model records is not known on the host either.
    expect(() => integerLookup({ vocabulary: [1, 2] }).apply(place.apply([city, size]))).toThrow("works on the host");
  });
});
