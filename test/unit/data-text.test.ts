// Strings in models: layers that work on the host.
import { describe, expect, it, vi } from "vitest";
import {
  hashing,
  integerLookup,
  readCsv,
  stringLookup,
  textVectorization,
  trainTestSplit,
} from "../../src/data-entry.ts";
import {
  adam,
  cloneModel,
  concatenate,
  dataset,
  datasetFrom,
  dense,
  diagnose,
  embedding,
  globalAveragePooling1d,
  input,
  learningRateRangeTest,
  mcPredict,
  model,
  normalization,
  profile,
  sequential,
} from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";

const csv = `age,city,bought\n${Array.from({ length: 60 }, (_, at) => `${20 + at},${["Oslo", "Bern", "Rome"][at % 3]},${at % 3 === 1}`).join("\n")}\n`;

/** A classifier of tables: a number and a category. */
async function tableModel(table: Awaited<ReturnType<typeof readCsv>>) {
  const city = stringLookup({ outputMode: "oneHot" });
  await city.adapt(table.text("city"));
  const age = normalization();
  await age.adapt({ data: table.numbers("age"), shape: [table.length, 1] });
  const inputs = { age: input([1], { name: "age" }), city: input([1], { name: "city", dtype: "string" }) };
  const joined = concatenate().apply([age.apply(inputs.age), city.apply(inputs.city)]);
  const net = model({
    inputs: Object.values(inputs),
    outputs: dense(1, { activation: "sigmoid" }).apply(joined),
    seed: 1,
  });
  net.compile({ optimizer: adam(0.05), loss: "binaryCrossentropy", metrics: ["accuracy"] });
  return net;
}

async function roundTrip(net: Awaited<ReturnType<typeof tableModel>>) {
  let bytes = new Uint8Array();
  const write = (given: Uint8Array) => {
    bytes = new Uint8Array(given);
  };
  await saveModel(net, { read: () => bytes, write });
  return loadModel(bytes);
}

describe("a model of a table with a column of strings", () => {
  it("goes from CSV to training, to a file and to predictions of raw strings", async () => {
    const [train, test] = trainTestSplit(await readCsv(csv), { testFraction: 0.2, stratify: "bought", seed: 1 });
    const net = await tableModel(train);
    const columns = ["age", "city"];
    const history = await net.fit(train.pick(...columns), train.numbers("bought"), {
      epochs: 60,
      verbose: 0,
      validationData: [test.pick(...columns), test.numbers("bought")],
    });
    expect(history.history.loss?.at(-1)).toBeLessThan((history.history.loss?.[0] as number) / 1.5);
    const raw = { age: [30, 31], city: ["Bern", "unseen"] };
    const before = await (await net.predict(raw)).data();
    const read = await roundTrip(net);
    expect(await (await read.predict(raw)).data()).toEqual(before);
    expect((await net.evaluate(test.pick(...columns), test.numbers("bought"))).loss).toBeLessThan(1);
  });

  it("trains alike on arrays, data sets and streams of batches", async () => {
    const table = await readCsv(csv);
    const y = table.numbers("bought");
    const x = table.pick("age", "city");
    const options = { epochs: 2, verbose: 0 } as const;
    const last = async (run: (net: Awaited<ReturnType<typeof tableModel>>) => Promise<unknown>) => {
      const net = await tableModel(table);
      await run(net);
      return [...(await (await net.predict({ age: [33], city: ["Rome"] })).data())];
    };
    const arrays = await last((net) => net.fit(x, y, { ...options, batchSize: 20, shuffle: false }));
    expect(await last((net) => net.fit(dataset({ x, y }).batch(20), options))).toEqual(arrays);
    const batches = dataset({ x, y }).batch(20);
    expect(
      await last((net) =>
        net.fit(
          datasetFrom(() => batches.epoch(0)),
          options,
        ),
      ),
    ).toEqual(arrays);
  });

  it("refuses data that do not fit, by name", async () => {
    const net = await tableModel(await readCsv(csv));
    await expect(net.predict({ age: [1], town: ["x"] })).rejects.toThrow("unknown name in x");
    await expect(net.predict({ age: [1] })).rejects.toThrow('x must have an array for "city"');
    await expect(net.predict({ age: [1], city: [2] })).rejects.toThrow("x.city: takes strings");
    await expect(net.predict({ age: [1, 2], city: ["a"] })).rejects.toThrow("same number of samples");
    await expect(net.predict({ age: ["1"], city: ["a"] } as never)).rejects.toThrow("x.age: takes numbers");
    await expect(net.predict({ age: [1], city: [["a", "b"]] })).rejects.toThrow("the model's input shape");
    await expect(net.fit({ age: [1], city: ["a"] }, ["no"] as never)).rejects.toThrow("y[0]: arrays hold numbers only");
  });
});

describe("layers that work on the host", () => {
  it("are a model's first layer, whose parts it names, copies and counts", async () => {
    const vectorize = textVectorization({ outputSequenceLength: 6 });
    await vectorize.adapt(["good fine great", "bad awful poor"]);
    const net = sequential([vectorize, embedding(vectorize.vocabularySize, 8), globalAveragePooling1d(), dense(1)], {
      seed: 2,
    });
    net.compile({ optimizer: adam(0.05), loss: "mse" });
    const texts = ["good great", "bad poor", "fine", "awful"];
    const { history } = await net.fit(texts, [1, 0, 1, 0], { epochs: 80, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(0.1);
    expect((await net.predict(["great good", "poor"])).shape).toEqual([2, 1]);
    const copy = cloneModel(net);
    copy.setWeights(await net.getWeights());
    expect(await (await copy.predict(texts)).data()).toEqual(await (await net.predict(texts)).data());
    // A model in front of other layers.
    const outer = sequential([net, dense(2)]);
    expect((await outer.predict(texts)).shape).toEqual([4, 2]);
    await expect(net.predict("good" as never)).rejects.toThrow("Write a list of one");
    await expect(net.predict([1, 2])).rejects.toThrow("takes strings");
  });

  it("feed everything that takes samples", async () => {
    const vectorize = textVectorization({ outputSequenceLength: 3 });
    await vectorize.adapt(["good fine", "bad poor"]);
    const net = sequential([vectorize, embedding(vectorize.vocabularySize, 4), globalAveragePooling1d(), dense(1)], {
      seed: 3,
    });
    net.compile({ optimizer: adam(0.01), loss: "mse" });
    const [texts, labels] = [
      ["good", "bad", "fine", "poor"],
      [1, 0, 1, 0],
    ];
    const { loss = 0 } = await net.evaluate(texts, labels);
    expect((await net.trainOnBatch(texts, labels)).loss).toBeCloseTo(loss, 5);
    expect((await net.predictOnBatch(texts)).shape).toEqual([4, 1]);
    expect((await mcPredict(net, texts, { passes: 2 })).mean.shape).toEqual([4, 1]);
    expect((await diagnose(net, texts, labels)).layers.length).toBeGreaterThan(0);
    expect((await profile(net, texts, { y: labels, print: false })).program).toContain("embedding");
    const range = await learningRateRangeTest(net, texts, labels, { steps: 20, batchSize: 2 });
    expect(range.learningRates.length).toBeGreaterThan(1);
  });

  it("adapt to data sets and streams, and to steps of them", async () => {
    const words = ["a", "b", "b", "c", "c", "c"];
    const whole = stringLookup();
    await whole.adapt(words);
    expect(whole.getVocabulary()).toEqual(["[UNK]", "c", "b", "a"]);
    for (const data of [
      dataset({ x: words, y: words.map(Number) }).batch(2),
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "c"],
      ],
    ]) {
      const lookup = stringLookup();
      await lookup.adapt(data as never);
      expect(lookup.getVocabulary()).toEqual(whole.getVocabulary());
    }
    const first = stringLookup();
    const stream = async function* () {
      for (let at = 0; ; at++) yield { x: [words[at % words.length] as string] };
    };
    await first.adapt(stream(), { steps: 3 });
    expect(first.getVocabulary({ special: false })).toEqual(["b", "a"]);
  });

  it("make numbers of a batch once", async () => {
    const lookup = stringLookup({ vocabulary: ["a", "b"] });
    const net = sequential([lookup, embedding(3, 2)], { seed: 1 });
    const encode = vi.spyOn(lookup, "encode");
    const words = Array.from({ length: 40 }, (_, at) => (at % 2 ? "a" : "b"));
    expect((await net.predictOnBatch(words)).shape).toEqual([40, 2]);
    expect(encode).toHaveBeenCalledTimes(1);
  });

  it("work in the map of a data set", async () => {
    const lookup = stringLookup({ vocabulary: ["x", "y"] });
    const batches = dataset({ x: ["x", "y", "z"] }).batch(3);
    for await (const { x } of batches.map(({ x }) => ({ x: lookup.apply(x) }))) expect([...x.data]).toEqual([1, 2, 0]);
  });

  it("give ragged tokens and take functions of one's own", async () => {
    const vectorize = textVectorization({
      standardize: (text) => text.toUpperCase(),
      split: (text) => text.split("|"),
    });
    await vectorize.adapt(["a|b", "a"]);
    expect(vectorize.tokenize(["b|a|c"])).toEqual([["B", "A", "C"]]);
    expect(vectorize.ragged(["b|a", "c"]).map((row) => [...row])).toEqual([[3, 2], [1]]);
  });

  it("keep whole numbers that float32 cannot hold", async () => {
    const ids = [9007199254740991, 9007199254740990];
    const lookup = integerLookup();
    await lookup.adapt([...ids, ids[0] as number]);
    expect([...lookup.apply(ids).data]).toEqual([1, 2]);
    const net = sequential([lookup, embedding(3, 1)], { seed: 1 });
    const [a, b] = await (await net.predict(ids)).data();
    expect(a).not.toBe(b);
  });

  it.each([
    [() => stringLookup({ maxTokens: 1 }), "maxTokens must be an integer ≥ 2"],
    [() => stringLookup({ padToMaxTokens: true }), "padToMaxTokens needs maxTokens"],
    [() => stringLookup({ outputMode: "hot" as never }), "unknown outputMode"],
    [() => stringLookup({ vocabulary: ["a", "a"] }), '"a" among them'],
    [() => stringLookup({ vocabulary: ["a", "[UNK]"] }), "in front or not at all"],
    [() => stringLookup({ vocabulary: [1] as never }), "strings"],
    [() => stringLookup({ vocabulary: ["a", "b"], maxTokens: 2 }), "larger than maxTokens"],
    [() => stringLookup({ vocabulary: ["a"], outputMode: "tfIdf" }), "1 idfWeights"],
    [() => stringLookup().apply(["a"]), "no vocabulary yet"],
    [() => stringLookup({ vocabularySize: 4 }).apply(["a"]), "no vocabulary yet"],
    [() => stringLookup({ vocabulary: ["a"] }).apply([1]), "takes strings"],
    [
      () => integerLookup({ vocabulary: [1] }).apply(["a"]),
      'integerLookup "integerLookup": takes numbers. Expected a number for each sample, received the string "a"',
    ],
    [
      () => integerLookup({ vocabulary: [1] }).apply("abc" as never),
      'takes numbers. Expected a number for each sample, received the string "abc"',
    ],
    [() => stringLookup({ vocabulary: ["a"], numOovIndices: 0 }).apply(["b"]), 'received "b"'],
    [() => hashing(0), "numBins"],
    [() => hashing(3, { salt: 0.5 }), "salt is one whole number or two"],
    [() => hashing(3, { inputDType: "int32" }).apply([0.5, 1e300]), "whole numbers of at most 53 bits"],
    [() => textVectorization({ outputMode: "oneHot" as never }), "multiHot or count"],
    [() => textVectorization({ split: "words" as never }), "unknown split"],
    [() => textVectorization({ outputMode: "count", outputSequenceLength: 3 }), 'for outputMode "int"'],
    [() => textVectorization({ vocabulary: ["a"] }).apply([["a", "b"]]), "a text for each sample"],
    [() => dense(2).apply(input([1], { dtype: "string" })), "takes numbers"],
    [() => hashing(3).apply(dense(1).apply(input([1]))), "works on the host"],
    [() => input([1], { dtype: "text" as never }), '"string"'],
    [() => sequential([stringLookup({ outputMode: "oneHot" }), dense(1)]), "no vocabulary yet"],
  ])("refuse what cannot be: %s", (call, message) => {
    expect(call).toThrow(message);
  });

  it("take a large vocabulary in little time", () => {
    const tokens = Array.from({ length: 100_000 }, (_, at) => `token ${at}`);
    expect(stringLookup({ vocabulary: tokens }).vocabularySize).toBe(100_001);
    expect(() => stringLookup({ vocabulary: [...tokens, "token 7"] })).toThrow('"token 7" among them');
  });

  it("refuse another length of vectors when a model is made for one", async () => {
    const lookup = stringLookup({ outputMode: "multiHot", vocabulary: ["a", "b"] });
    sequential([lookup, dense(1)]);
    expect(() => lookup.setVocabulary(["a"])).toThrow("another length of the vectors");
    expect(lookup.getVocabulary().length).toBe(3);
    await expect(lookup.adapt(["c"])).rejects.toThrow("the vocabulary was given");
  });

  it("refuse to adapt to nothing, and say what is missing", async () => {
    for (const layer of [stringLookup(), textVectorization()]) {
      for (const nothing of [[], [[]], [{ x: [] }]])
        await expect(layer.adapt(nothing)).rejects.toThrow(
          "adapt needs data. Expected a token or more, received none.",
        );
      for (const missing of [[null, "a"], [undefined, "a"], [[null, "a"]], [{ x: [null, "a"] }], ["a", null]])
        await expect(layer.adapt(missing)).rejects.toThrow(
          /takes strings\. .*received (null|undefined) \(value [01]\)\. For a missing value write ""/,
        );
      await expect(layer.adapt([1])).rejects.toThrow("Expected a list with a string for each sample, received 1");
    }
    await expect(normalization().adapt([null, 1] as never)).rejects.toThrow("Expected a number, received null");
  });
});
