import { describe, expect, expectTypeOf, it } from "vitest";
import type { HostArray } from "../../src/data/array.ts";
import { type Dataset, dataset, datasetFrom } from "../../src/data/dataset.ts";
import { dense, sequential } from "../../src/index.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";

async function collect<T>(elements: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const element of elements) all.push(element);
  return all;
}

/** The numbers of a dataset of `{ x }`, an array per element. */
const read = async (of: AsyncIterable<{ x: HostArray }>) => (await collect(of)).map(({ x }) => Array.from(x.data));
const flat = async (of: AsyncIterable<{ x: HostArray }>) => (await read(of)).flat();
const count = (n: number) => dataset({ x: Int32Array.from({ length: n }, (_, i) => i) });
async function* numbers(n: number) {
  for (let i = 0; i < n; i++) yield { x: Int32Array.of(i) };
}

describe("dataset", () => {
  it("gives rows as examples, without the first axis", async () => {
    const examples = await collect(
      dataset({
        x: tensor([
          [1, 2],
          [3, 4],
        ]),
        y: Uint8Array.of(7, 8),
      }),
    );
    expect(examples.map(({ x, y }) => [Array.from(x.data), x.shape, Array.from(y.data), y.shape])).toEqual([
      [[1, 2], [2], [7], []],
      [[3, 4], [2], [8], []],
    ]);
  });

  it("has types that follow its arrays", () => {
    const inputs = dataset({ x: { image: [[1]], size: [2] }, y: [3], sampleWeight: undefined as number[] | undefined });
    expectTypeOf(inputs).toEqualTypeOf<
      Dataset<{
        readonly x: { readonly image: HostArray; readonly size: HostArray };
        readonly y: HostArray;
        readonly sampleWeight: HostArray | undefined;
      }>
    >();
    expectTypeOf(inputs.batch(1)).toEqualTypeOf(inputs);
    expectTypeOf(dataset([1, 2, 3])).toEqualTypeOf<Dataset<HostArray>>();
    expectTypeOf(datasetFrom([{ x: 1, y: [2] }]).batch(2)).toEqualTypeOf<
      Dataset<{ readonly x: HostArray; readonly y: HostArray }>
    >();
  });

  it("keeps records and lists of inputs", async () => {
    const [batch] = await collect(
      dataset({
        x: [tensor([[1], [2]]), tensor([[3], [4]])] as const,
        y: { a: [5, 6] },
        sampleWeight: undefined,
      }).batch(2),
    );
    expect(batch?.x.map(({ data }) => Array.from(data))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(Array.from(batch?.y.a.data ?? [])).toEqual([5, 6]);
    expect(batch?.sampleWeight).toBeUndefined();
  });

  it("refuses arrays that do not fit together", () => {
    expect(() => dataset({ x: [[1], [2]], y: [1, 2, 3] })).toThrow(
      "dataset: all arrays must have the same number of rows. Expected 2 rows, received 3 (x [2, 1], y [3]).",
    );
    expect(() => dataset({})).toThrow("dataset: there must be data. Expected at least one array, received none.");
    expect(() => dataset({ x: 3 })).toThrow("x: the first axis counts the examples");
    expect(() => dataset({ x: [[1], [2, 3]] })).toThrow("x[1]: nested arrays must be regular");
    expect(() => dataset({ x: { image: [1, "a"] as never } })).toThrow("x.image[1]: arrays hold numbers only");
  });

  it("holds strings beside numbers, which models of numbers refuse", async () => {
    const rows = dataset({ x: ["a", "b", "c"], y: [1, 2, 3] });
    const [first] = await collect(rows.batch(2));
    expect([[...(first?.x.data ?? [])], [...(first?.y.data ?? [])]]).toEqual([
      ["a", "b"],
      [1, 2],
    ]);
    const model = sequential([dense(1, { inputShape: [1] })]);
    await expect(model.predict(rows.batch(2))).rejects.toThrow("x: data are a tensor");
  });

  it("makes batches, the last one shorter or left out", async () => {
    expect(await read(count(5).batch(2))).toEqual([[0, 1], [2, 3], [4]]);
    expect(await read(count(5).batch(2, { dropRemainder: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(count(5).batch(2).size).toBe(3);
    expect(count(5).batch(2, { dropRemainder: true }).size).toBe(2);
    expect(count(5).batch(2).batchSize).toBe(2);
    expect(count(5).batchSize).toBeUndefined();
    const [first] = await collect(dataset({ x: tensor(new Float32Array(24), [3, 4, 2]) }).batch(2));
    expect(first?.x.shape).toEqual([2, 4, 2]);
  });

  it("gives batches of their own: keeping or changing one harms nothing", async () => {
    const x = Float32Array.of(1, 2);
    const data = dataset({ x }).batch(2);
    const [batch] = await collect(data);
    batch?.x.data.fill(9);
    expect(await read(data)).toEqual([[1, 2]]);
    expect(Array.from(x)).toEqual([1, 2]);
  });

  it("takes and skips, also past the end", async () => {
    expect(await flat(count(5).take(2))).toEqual([0, 1]);
    expect(await flat(count(5).skip(2))).toEqual([2, 3, 4]);
    expect(await flat(count(5).skip(1).take(2))).toEqual([1, 2]);
    expect(await flat(count(3).take(9))).toEqual([0, 1, 2]);
    expect(await flat(count(3).skip(9))).toEqual([]);
    expect(await flat(count(3).take(0))).toEqual([]);
    expect([count(5).take(2).size, count(5).skip(2).size, count(3).skip(9).size]).toEqual([2, 3, 0]);
    expect(await read(count(5).batch(2).take(1))).toEqual([[0, 1]]);
    expect(await read(count(5).batch(2).skip(2))).toEqual([[4]]);
  });

  it("maps, also asynchronously, and counts anew in each epoch", async () => {
    const doubled = count(3).map(async ({ x }, index) => ({
      x: x.data.map((value) => value * 2 + 100 * index),
      size: 1,
    }));
    expect((await collect(doubled)).map(({ x }) => x[0])).toEqual([0, 102, 204]);
    expect((await collect(doubled)).map(({ x }) => x[0])).toEqual([0, 102, 204]);
    expect(doubled.size).toBe(3);
    expect(
      await flat(
        count(3)
          .map(({ x }) => ({ x: Float32Array.of(...x.data, 1) }))
          .batch(3),
      ),
    ).toEqual([0, 1, 1, 1, 2, 1]);
  });
});

describe("shuffle", () => {
  it("gives every example once, in another order in each epoch, the same for the same seed", async () => {
    const run = async (seed: number) => {
      const shuffled = count(50).shuffle({ seed });
      return [await flat(shuffled), await flat(shuffled)];
    };
    const [first, second] = (await run(1)) as [number[], number[]];
    expect(first).not.toEqual(second);
    expect(first.toSorted((a, b) => a - b)).toEqual(await flat(count(50)));
    expect(await run(1)).toEqual([first, second]);
    expect(await run(2)).not.toEqual([first, second]);
  });

  it("reads a chosen epoch without counting it", async () => {
    const shuffled = count(50).shuffle({ seed: 1 }).batch(8);
    const third = await flat(shuffled.epoch(2));
    const orders = [await flat(shuffled), await flat(shuffled), await flat(shuffled)];
    expect(orders[2]).toEqual(third);
    expect(() => shuffled.epoch(-1)).toThrow("dataset.epoch: the epoch must be an integer ≥ 0");
  });

  it("lets two readers be in different epochs at once", async () => {
    const shuffled = count(50).shuffle({ seed: 1 });
    const [first, second] = [await flat(shuffled.epoch(0)), await flat(shuffled.epoch(1))];
    const slow = shuffled.epoch(0)[Symbol.asyncIterator]();
    const seen = [(await slow.next()).value.x.data[0]];
    expect(await flat(shuffled.epoch(1))).toEqual(second);
    for (let next = await slow.next(); !next.done; next = await slow.next()) seen.push(next.value.x.data[0]);
    expect(seen).toEqual(first);
  });

  it("keeps x and y together", async () => {
    const x = Float32Array.from({ length: 40 }, (_, i) => i);
    for await (const batch of dataset({ x, y: x.map((value) => -value) })
      .shuffle()
      .batch(7)) {
      expect(batch.y.data).toEqual(batch.x.data.map((value) => -value));
    }
  });

  it("permutes batches after batch", async () => {
    const batches = await read(count(20).batch(4).shuffle({ seed: 3 }));
    expect(batches.map((batch) => batch[0]).toSorted((a = 0, b = 0) => a - b)).toEqual([0, 4, 8, 12, 16]);
    for (const batch of batches) expect(batch).toEqual([0, 1, 2, 3].map((i) => (batch[0] as number) + i));
  });

  it("draws from a buffer for streams: nothing comes more than bufferSize early, nothing is lost", async () => {
    const shuffled = datasetFrom(() => numbers(100)).shuffle({ seed: 4, bufferSize: 10 });
    const order = (await collect(shuffled)).map(({ x }) => x[0] as number);
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(Math.max(...order.map((value, place) => value - place))).toBeLessThanOrEqual(10);
    expect((await collect(shuffled.epoch(0))).map(({ x }) => x[0])).toEqual(order);
    expect((await collect(shuffled.epoch(1))).map(({ x }) => x[0])).not.toEqual(order);
  });

  it("leaves a stream in order with a buffer of 1", async () => {
    const order = (await collect(datasetFrom(() => numbers(5)).shuffle({ bufferSize: 1 }))).map(({ x }) => x[0]);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("split", () => {
  it("cuts by a fraction or by counts, in order", async () => {
    const [train, valid] = count(10).split(0.7);
    expect(await flat(train)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await flat(valid)).toEqual([7, 8, 9]);
    const parts = count(10).split([2, 3, 5]);
    expect(parts.map(({ size }) => size)).toEqual([2, 3, 5]);
    expect(await Promise.all(parts.map(flat))).toEqual([
      [0, 1],
      [2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
    expect(await read(count(6).batch(2).split([1, 2])[1])).toEqual([
      [2, 3],
      [4, 5],
    ]);
  });

  it("draws the parts at random with a seed: once, for all epochs", async () => {
    const [train, valid] = count(100).split(0.8, { seed: 5 });
    const held = await flat(valid);
    expect(held).not.toEqual(Array.from({ length: 20 }, (_, i) => 80 + i));
    expect(await flat(valid)).toEqual(held);
    const shuffled = train.shuffle({ seed: 1 });
    for (let epoch = 0; epoch < 3; epoch++) {
      expect([...(await flat(shuffled)), ...held].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, i) => i),
      );
    }
  });

  it("splits a stream by counts", async () => {
    const parts = datasetFrom(() => numbers(5)).split([2, 3]);
    expect((await Promise.all(parts.map(collect))).map((part) => part.map(({ x }) => x[0]))).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  it("refuses what would mix or lose examples", () => {
    expect(() => count(10).shuffle().split(0.5)).toThrow(
      "dataset.split: a shuffled dataset cannot be split, since its parts would mix from epoch to epoch.",
    );
    expect(() => count(10).shuffle().batch(2).take(3).split(0.5)).toThrow("a shuffled dataset cannot be split");
    for (const fraction of [0, 1, -0.5, 1.5, Number.NaN])
      expect(() => count(10).split(fraction)).toThrow("the fraction must be a number in (0, 1)");
    expect(() => count(10).split(0.01)).toThrow(
      "dataset.split: no part may be empty. Expected at least 1 element in each, received 0 and 10.",
    );
    expect(() => count(10).split(0.99)).toThrow("received 10 and 0");
    expect(() => count(10).split([3, 3])).toThrow(
      "dataset.split: the parts must add up to the size. Expected 10, received 6 (parts 3 + 3).",
    );
    expect(() => count(10).split([10, 0])).toThrow("each part must be an integer ≥ 1");
    expect(() => datasetFrom(() => numbers(5)).split(0.5)).toThrow("dataset.split: a fraction needs a known size");
    expect(() => datasetFrom(() => numbers(5)).split([2, 3], { seed: 1 })).toThrow(
      "dataset.split: only arrays can be split at random",
    );
    expect(() => count(10).split(0.5, { seed: -1 })).toThrow("dataset.split: seed must be");
  });
});

describe("datasetFrom", () => {
  it("reads arrays, iterables, functions and generators of both kinds", async () => {
    const elements = [{ x: Int32Array.of(0) }, { x: Int32Array.of(1) }];
    function* sync() {
      yield* elements;
    }
    for (const stream of [elements, new Set(elements), sync, sync(), () => elements, () => numbers(2), numbers(2)]) {
      expect(await collect(datasetFrom(stream))).toEqual(elements);
    }
  });

  it("hands the epoch to the function", async () => {
    const epochs = datasetFrom((epoch) => [epoch]);
    expect([await collect(epochs), await collect(epochs), await collect(epochs.epoch(9))]).toEqual([[0], [1], [9]]);
  });

  it("knows its size where it is told or can see it", () => {
    expect(datasetFrom([1, 2, 3]).size).toBe(3);
    expect(datasetFrom(() => numbers(3)).size).toBeUndefined();
    expect(datasetFrom(() => numbers(3)).batch(2).size).toBeUndefined();
    expect(datasetFrom(() => numbers(3), { size: 3 }).batch(2).size).toBe(2);
    expect(datasetFrom(() => numbers(3)).take(2).size).toBeUndefined();
  });

  it("refuses to read a generator twice", async () => {
    for (const generator of [numbers(2), [{ x: 1 }].values()]) {
      const stream = datasetFrom<unknown>(generator);
      await collect(stream);
      await expect(collect(stream)).rejects.toThrow(
        "datasetFrom: a generator can be read only once. Expected something that can be read in every epoch, received a generator that has been read. Pass the generator function, without calling it.",
      );
    }
  });

  it("stacks numbers, arrays and tensors into batches", async () => {
    const [batch] = await collect(
      datasetFrom([
        { x: tensor([1, 2]), y: 3 },
        { x: tensor([4, 5]), y: 6 },
      ]).batch(2),
    );
    expect([batch?.x.shape, Array.from(batch?.x.data ?? []), batch?.y.shape, Array.from(batch?.y.data ?? [])]).toEqual([
      [2, 2],
      [1, 2, 4, 5],
      [2],
      [3, 6],
    ]);
  });

  it("refuses batches of unlike examples", async () => {
    const batch = (...examples: object[]) => collect(datasetFrom(examples).batch(2));
    await expect(batch({ x: [1, 2] }, { x: [1] })).rejects.toThrow(
      "dataset.batch: examples of one batch must have the same structure and shapes. Expected x [2], received x [1] (example 1 of the batch).",
    );
    await expect(batch({ x: [1] }, { y: [1] })).rejects.toThrow("Expected x [1], received y [1]");
    await expect(batch({ x: [1], y: 1 }, { x: [1] })).rejects.toThrow("Expected y [], received nothing more");
    await expect(batch({ x: [1] }, { x: [1], y: 1 })).rejects.toThrow("Expected nothing more, received y []");
    await expect(batch({ x: [1, "a"] })).rejects.toThrow("x[1]: arrays hold numbers only");
  });

  it("stops reading when it has enough, and closes the stream when its reader stops", async () => {
    const pulled: number[] = [];
    let closed = 0;
    const stream = datasetFrom(function* () {
      try {
        for (let i = 0; i < 100; i++) {
          pulled.push(i);
          yield { x: [i] };
        }
      } finally {
        closed++;
      }
    });
    await collect(stream.skip(1).take(2));
    expect(pulled).toEqual([0, 1, 2]);
    for await (const _ of stream.batch(2).map((batch) => batch)) break;
    expect(closed).toBe(2);
  });

  it("passes on errors of the stream", async () => {
    const broken = datasetFrom(function* () {
      yield { x: [1] };
      throw new Error("disk on fire");
    });
    await expect(collect(broken.shuffle().batch(2))).rejects.toThrow("disk on fire");
  });

  it("refuses what is not iterable", async () => {
    expect(() => datasetFrom(5 as unknown as number[])).toThrow(
      "datasetFrom: a stream is an iterable or a function that makes one. Expected an iterable, received 5.",
    );
    await expect(collect(datasetFrom((() => 5) as unknown as () => number[]))).rejects.toThrow(
      "datasetFrom: the function must give an iterable",
    );
    expect(() => datasetFrom([1], { size: -1 })).toThrow("datasetFrom: size must be an integer ≥ 0");
  });
});

describe("arguments", () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2"])("refuses a batch size of %o", (size) => {
    expect(() => count(3).batch(size as number)).toThrow(
      "dataset.batch: batchSize must be an integer ≥ 1. Expected an integer ≥ 1, received",
    );
  });

  it.each([-1, 1.5, Number.NaN])("refuses take, skip and seeds of %d", (value) => {
    expect(() => count(3).take(value)).toThrow("dataset.take: count must be an integer ≥ 0");
    expect(() => count(3).skip(value)).toThrow("dataset.skip: count must be an integer ≥ 0");
    expect(() => count(3).shuffle({ seed: value })).toThrow("dataset.shuffle: seed must be an integer in [0, 2^53)");
  });

  it("refuses an empty buffer", () => {
    expect(() => count(3).shuffle({ bufferSize: 0 })).toThrow("dataset.shuffle: bufferSize must be an integer ≥ 1");
  });
});
