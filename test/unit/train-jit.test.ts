import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Backend, jit, js, type LoopContext, ops, Tensor, tensor, Variable, wasm } from "../../src/index.ts";
import { countingBackend } from "./train-support.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

describe("jit", () => {
  it("gives what the ops give by themselves", async () => {
    const f = jit((x, w) => ops.tanh(ops.matmul(x, w)));
    const [x, w] = [tensor([[1, 2]]), tensor([[0.3], [0.4]])];
    expect(await (await f(x, w)).data()).toEqual(await ops.tanh(ops.matmul(x, w)).data());
  });

  it("records once for each structure, shapes and dtypes of its arguments", async () => {
    const { backend, counts } = countingBackend();
    let recordings = 0;
    const f = jit(
      (x: Tensor, rest: { y?: Tensor; list?: readonly Tensor[] }) => {
        recordings++;
        return [x, rest.y ?? x, ...(rest.list ?? [])];
      },
      { backend },
    );
    const calls: [Parameters<typeof f>, number][] = [
      [[1, {}], 1],
      [[2, {}], 1],
      [[[1], {}], 2],
      [[[1, 2], {}], 3],
      [[Int32Array.of(1, 2), {}], 4],
      [[new Uint8Array(2), {}], 4],
      [[Float64Array.of(1, 2), {}], 4],
      [[1, { y: 2 }], 5],
      [[1, { list: [tensor(new Float32Array(1)), { data: [1], shape: [1, 1] }] }], 6],
      [[1, {}], 6],
    ];
    for (const [index, [args, expected]] of calls.entries()) {
      await f(...args);
      expect([recordings, counts.loads], `call ${index}`).toEqual([expected, expected]);
    }
    expect(counts.runs).toBe(calls.length);
  });

  it("gives results in the structure in which the function gave its tensors", async () => {
    const leaf = fc
      .array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 })
      .chain((shape) =>
        fc.float32Array({ ...length(shape.reduce((a, b) => a * b, 1)), noNaN: true }).map((data) => ({ data, shape })),
      );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const backend = js();
    await fc.assert(
      fc.asyncProperty(tree, async (given) => {
        const same = jit((x: Tensor) => x, { backend });
        expect(await read(await same(given as never))).toEqual(given);
        same.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it("reads variables as they are at the call, on whichever backend they are, and sets those that it updates", async () => {
    const count = new Variable([2], { initial: 1 });
    const twice = jit((ctx: LoopContext) => {
      ctx.update(count, ops.mul(count, 2));
      return ops.add(count, 0);
    });
    expect(await (await twice()).array()).toEqual([1, 1]);
    count.assign([5, 7]);
    expect(await (await twice()).array()).toEqual([5, 7]);
    const other = jit((ctx: LoopContext) => void ctx.update(count, ops.add(count, 1)), { backend: js() });
    expect(await other()).toBeUndefined();
    expect(Array.from(await count.read())).toEqual([11, 15]);
    expect(await (await twice()).array()).toEqual([11, 15]);
    expect(Array.from(await count.read())).toEqual([22, 30]);
  });

  it("draws anew at each call, and the same again under the same seed", async () => {
    const noise = (ctx: LoopContext) => [ops.randomUniform([3], ctx.random()), ops.randomUniform([3], ctx.random())];
    const draw = async (seed: number, backend: Backend) => {
      const f = jit(noise, { seed, backend });
      return JSON.stringify([await f(), await f()].flat().map((drawn) => drawn));
    };
    const first = await draw(3, js());
    expect(new Set(JSON.parse(first).map((drawn: unknown) => JSON.stringify(drawn))).size).toBe(4);
    expect(await draw(3, await wasm({ threads: 1 }))).toBe(first);
    expect(await draw(4, js())).not.toBe(first);
    expect(jit(noise).seed).not.toBe(jit(noise).seed);
  });

  it("runs calls that overlap one after another, in their order", async () => {
    const count = new Variable([], { initial: 0 });
    const next = jit((step: Tensor, ctx: LoopContext) => {
      const value = ops.add(ops.mul(count, 10), step);
      ctx.update(count, value);
      return value;
    });
    const values = await Promise.all([1, 2, [3], 4].map((step) => next(step).catch(() => undefined)));
    expect(await Promise.all(values.map((value) => value?.array()))).toEqual([1, 12, undefined, 124]);
  });

  it("changes nothing where it throws: random numbers go on as if there had been no call", async () => {
    const count = new Variable([], { initial: 1 });
    const f = (x: Tensor, ctx: LoopContext) => {
      ctx.update(count, ops.add(count, ops.sum(x)));
      return ops.randomUniform(x.shape.length > 1 ? [-1] : [2], ctx.random());
    };
    const [broken, whole] = [jit(f, { seed: 1 }), jit(f, { seed: 1 })];
    await expect(broken([[1]])).rejects.toThrow("shape");
    expect(Array.from(await count.read())).toEqual([1]);
    expect(await (await broken([1])).array()).toEqual(await (await whole([1])).array());
  });

  it("computes tensors that are no constants before they are handed in, all in one run", async () => {
    const { backend, counts } = countingBackend();
    const f = jit((pair: { a: Tensor; b: readonly Tensor[] }) => ops.add(pair.a, pair.b[0] ?? 0), { backend });
    const a = ops.add(tensor([1, 2]), 1);
    expect(await (await f({ a, b: [ops.mul(a, 10)] })).array()).toEqual([22, 33]);
    expect(counts).toEqual({ loads: 2, runs: 2 });
  });

  it("keeps int32 as it is", async () => {
    const same = await jit((x) => x)(Int32Array.of(2 ** 24 + 1));
    expect([same.dtype, Array.from(await same.data())]).toEqual(["int32", [2 ** 24 + 1]]);
  });

  it("frees its programs when it is disposed of, and when nobody holds it any more", async () => {
    const backend = js();
    const disposed: number[] = [];
    const load = backend.load.bind(backend);
    backend.load = (program, storages) => {
      const executable = load(program, storages);
      const dispose = executable.dispose.bind(executable);
      executable.dispose = () => {
        disposed.push(1);
        dispose();
      };
      return executable;
    };
    const make = () => jit((x: Tensor) => ops.add(x, 1), { backend });
    const kept = make();
    await kept(1);
    kept.dispose();
    expect(disposed).toHaveLength(1);
    expect(await (await kept(2)).array()).toBe(3);
    await (async () => {
      await make()(1);
    })();
    for (let turn = 0; turn < 50 && disposed.length < 2; turn++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(disposed).toHaveLength(2);
    expect(await (await kept(2)).array()).toBe(3);
  });

  it("keeps the structure of a program's results where its first run failed and another was recorded since", async () => {
    const backend = js();
    let fails = true;
    const load = backend.load.bind(backend);
    backend.load = (program, storages) => {
      const executable = load(program, storages);
      const run = executable.run.bind(executable);
      executable.run = () => {
        if (fails) throw new Error("planned");
        run();
      };
      return executable;
    };
    const f = jit((x: Tensor): unknown => (x.shape[0] === 2 ? { sum: ops.sum(x) } : [x]), { backend });
    await expect(f([1, 2])).rejects.toThrow("planned");
    fails = false;
    await f([1, 2, 3]);
    expect(Object.keys((await f([1, 2])) as object)).toEqual(["sum"]);
  });

  it("tells structures apart that have the same leaves", async () => {
    const keys = (node: object): number =>
      node instanceof Tensor
        ? 0
        : Object.values(node).reduce((sum, each) => 10 * sum + keys(each), Object.keys(node).length);
    const f = jit((x: object) => ops.zeros([keys(x)]));
    const given = [{ "a.b": 1 }, { a: { b: 1 } }, { a: { b: 1, c: {} } }, { a: { b: 1 }, c: {} }];
    const found: number[] = [];
    for (const x of given) found.push((await f(x as never)).shape[0] as number);
    expect(found).toEqual([10, 20, 210, 300]);
    const second = jit((_: Tensor, y?: Tensor) => ops.zeros([y && !("key" in y) ? 1 : 2]));
    expect((await second(1, {} as never)).shape).toEqual([1]);
    expect((await second(1)).shape).toEqual([2]);
  });

  it("computes tensors in records without a prototype", async () => {
    const f = jit((x: { a: Tensor }) => x.a);
    expect(await (await f(Object.assign(Object.create(null), { a: ops.add(1, 2) }))).array()).toBe(3);
  });

  const cyclic: { a?: unknown; b?: unknown } = {};
  Object.assign(cyclic, { a: cyclic, b: cyclic });
  const refused: [string, () => Promise<unknown>, string][] = [
    ["a record that holds itself", () => jit((x: Tensor) => x)(cyclic as never), "nested too deep"],
    [
      "an asynchronous function that throws",
      () =>
        jit(async () => {
          throw new Error("not handled");
        })(),
      "received a Promise",
    ],
    [
      "an argument that is no array",
      () => jit((x) => x)("1" as never),
      "argument 1 of jit: data are a tensor, a typed array, nested arrays of numbers, or { data, shape }. Expected numbers, received the string",
    ],
    ["ragged numbers", () => jit((x, y) => ops.add(x, y))(1, [[1], [1, 2]]), "argument 2 of jit"],
    [
      "an asynchronous function",
      () => jit(async (x: Tensor) => x)(1),
      "jit: the function gives tensors. Expected a tensor, or a list or record of tensors, received a Promise. Record without await",
    ],
    ["a result that is no tensor", () => jit(() => ({ a: [3] }))(), "received 3"],
  ];
  it.each(refused)("refuses %s", async (_, call, text) => {
    await expect(call()).rejects.toThrow(text);
  });

  it("refuses what is no function, and options that it does not have", () => {
    expect(() => jit(3 as never)).toThrow(
      "jit: takes a function. Expected (x) => ops.tanh(x), for example, received 3.",
    );
    expect(() => jit((x) => x, { sead: 1 } as never)).toThrow(
      'unknown option. Expected one of backend, seed, received "sead"',
    );
    expect(() => jit((x) => x, { backend: wasm() as never })).toThrow("backend is what a factory made");
    expect(() => jit((x) => x, { seed: -1 })).toThrow("seed must be an integer in [0, 2^53)");
  });
});

const length = (count: number) => ({ minLength: count, maxLength: count });

/** The structure with arrays in the place of evaluated tensors. */
async function read(tree: unknown): Promise<unknown> {
  if (tree instanceof Tensor) return { data: await tree.data(), shape: tree.shape };
  if (Array.isArray(tree)) return Promise.all(tree.map(read));
  const entries = Object.entries(tree as object).map(async ([key, value]) => [key, await read(value)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
