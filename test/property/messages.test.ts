import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AreteError, lookUp, message } from "../../src/errors.ts";
import { show } from "../../src/format.ts";
import * as a from "../../src/index.ts";

/** What getters, traps and the like throw in these tests: the user's own error, which passes through. */
class Own extends Error {}
const thrower = (): never => {
  throw new Own("a user's own code");
};

const huge = "an endless text ".repeat(1000);
const cyclic: Record<string, unknown> = { name: "cycle", list: [] };
cyclic.self = cyclic;
(cyclic.list as unknown[]).push(cyclic, cyclic.list);
const endless: unknown[] = [];
endless.push(endless);
const revoked = Proxy.revocable({}, {});
revoked.revoke();

class Stranger {
  readonly secret = huge;
}
class Liar {
  override = 1;
  toString(): string {
    return thrower();
  }
}

/** Values that are hard to show. */
const odd: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    3.5,
    7n,
    10n ** 3000n,
    "",
    " ",
    "3",
    "null",
    "a\nb",
    huge,
    "\ud83d".repeat(600),
  ],
  ...[
    Symbol("s"),
    Symbol(huge),
    [],
    [[]],
    ["3"],
    [1, "2"],
    [Symbol("s")],
    new Array(3),
    Array.from({ length: 5000 }, () => huge),
    endless,
  ],
  ...[
    {},
    { units: 4, activation: "relu" },
    { a: { b: { c: { d: { e: 1 } } } } },
    Object.fromEntries(Array.from({ length: 999 }, (_, i) => [huge + i, huge])),
    cyclic,
  ],
  ...[
    () => 3,
    Object.defineProperty(() => 3, "name", { value: huge }),
    Object.defineProperty(() => 3, "name", { value: 3 }),
  ],
  ...[
    new Float32Array(5),
    new Float32Array(9999),
    new BigInt64Array(2),
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    new SharedArrayBuffer(8),
  ],
  ...[
    new Stranger(),
    new Liar(),
    new (class {})(),
    new Map([[1, 2]]),
    new Set([huge]),
    new Date(Number.NaN),
    /x/,
    new Error(huge),
    Promise.resolve(1),
    new WeakMap(),
  ],
  ...[
    Object.create(null),
    Object.assign(Object.create(null), { x: 1 }),
    Object.create({ constructor: { name: 7 } }),
    { constructor: undefined },
  ],
  ...[a.tensor([[1, 2]]), a.dense(2), a.losses.huber(), a.adam()],
];
/** Values that throw when they are looked at. */
const hostile: readonly unknown[] = [
  {
    get x(): never {
      return thrower();
    },
    toJSON: thrower,
  },
  { toString: thrower, valueOf: thrower, [Symbol.toPrimitive]: thrower },
  new Proxy(
    {},
    { get: thrower, has: thrower, ownKeys: thrower, getPrototypeOf: thrower, getOwnPropertyDescriptor: thrower },
  ),
  new Proxy([], { get: thrower }),
  new Proxy(() => 1, { get: thrower, apply: thrower }),
  {
    get constructor(): never {
      return thrower();
    },
  },
];
const plain = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withTypedArray: true,
  withSparseArray: true,
});
/** In a function: fast-check looks into what it makes. */
const junk = fc.oneof(
  { weight: 3, arbitrary: fc.nat(odd.length - 1).map((index) => () => odd[index]) },
  fc.nat(hostile.length - 1).map((index) => () => hostile[index]),
  plain.filter(isSmall).map((value) => () => value),
);

/** Whether it holds no number that asks for much work: sizes that are too large have tests of their own. */
function isSmall(value: unknown): boolean {
  return !/\d{4}|e\d/.test(fc.stringify(value));
}

const form = /^[\s\S]+: [\s\S]+\. Expected [\s\S]+, received [\s\S]+\./;

/** What says nothing of the value, or too much of the library. */
const unclear = /received( |\.|$)(\.(?!\S)|$)|\[object |\(undefined\)|\ba Object\b|7919/;

function expectMessage(text: string): void {
  expect(text.length).toBeLessThanOrEqual(500);
  expect(text).toMatch(form);
  expect(text).not.toMatch(unclear);
}

describe("a value in a message", () => {
  it("is short whatever it is, and showing it never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          junk,
          fc.constant(() => revoked.proxy),
        ),
        (given) => {
          const value = given();
          expect(show(value).length).toBeLessThanOrEqual(160);
          expect(show(value)).not.toBe("");
        },
      ),
    );
  });

  it("leaves every message short, and in its form", () => {
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom(huge, "dense"));
    fc.assert(
      fc.property(
        text,
        text,
        junk,
        junk,
        fc.option(text, { nil: "" }),
        fc.option(text, { nil: "" }),
        (name, rule, expected, received, context, advice) => {
          const made = message(`x${name}`, {
            rule: `y${rule}`,
            expected: ["", expected()],
            received: received(),
            context,
            advice,
          });
          expect(made.length).toBeLessThanOrEqual(500);
          expect(made).toMatch(form);
        },
      ),
    );
  });

  it("is looked up by name without much work, however long", () => {
    const table = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`layer_${i}${i % 7 === 0 ? huge : ""}`, i]));
    fc.assert(
      fc.property(junk, (name) => {
        try {
          lookUp("model", "layer", table, name() as string);
        } catch (error) {
          expect(error).toBeInstanceOf(AreteError);
          expectMessage((error as Error).message);
        }
      }),
      { numRuns: 40 },
    );
  });
});

const x = [[1], [2]];
const y = [[1], [2]];
const backend = a.js();
const net = a.sequential([a.dense(1, { inputShape: [1], name: "d" })], { seed: 1 });
net.compile({ loss: "mse", optimizer: "adam", backend });

/** What takes a user's value, and can fail. */
// biome-ignore lint/suspicious/noExplicitAny: the point is to hand in what TypeScript would refuse
const entries: Readonly<Record<string, (value: any) => unknown>> = {
  "tensor(…)": (v) => a.tensor(v),
  "tensor of a shape": (v) => a.tensor([1, 2], v),
  "placeholder, shape": (v) => a.placeholder("x", v),
  "placeholder, name": (v) => a.placeholder(v, [-1]),
  "hostArray(…)": (v) => a.hostArray(v),
  "hostArray of a shape": (v) => a.hostArray(new Float32Array(2), v),
  "Variable, shape": (v) => new a.Variable(v, { initial: 0 }),
  "Variable, initial": (v) => new a.Variable([2], { initial: v }),
  "Variable.assign": (v) => new a.Variable([2], { initial: 0 }).assign(v),
  "gradients of": (v) => a.gradients(v, []),
  "gradients by": (v) => a.gradients(a.tensor(1), v),
  "grad(…)": (v) => a.grad(v)(1),
  "grad at": (v) => a.grad((t) => t)(v),
  "compile, outputs": (v) => a.compile({ outputs: { y: v } }),
  "evaluate(…)": (v) => a.evaluate(v),
  "ops.add": (v) => a.ops.add(v, 1),
  "ops.sum, axes": (v) => a.ops.sum(a.tensor([1]), v),
  "ops.matmul": (v) => a.ops.matmul(a.tensor([[1]]), v),
  "ops.reshape": (v) => a.ops.reshape(a.tensor([1]), v),
  "ops.transpose": (v) => a.ops.transpose(a.tensor([1]), v),
  "ops.slice": (v) => a.ops.slice(a.tensor([1]), v, v),
  "ops.pad": (v) => a.ops.pad(a.tensor([1]), v),
  "ops.pad by": (v) => a.ops.pad(a.tensor([1]), [v]),
  "ops.concat": (v) => a.ops.concat(v),
  "ops.concat of": (v) => a.ops.concat([v, v]),
  "ops.stack": (v) => a.ops.stack(v),
  "ops.squeeze": (v) => a.ops.squeeze(a.tensor([1]), v),
  "ops.softmax": (v) => a.ops.softmax(a.tensor([1]), v),
  "ops.range": (v) => a.ops.range(v),
  "ops.withGradient": (v) => a.ops.withGradient(a.tensor(1), v, () => []),
  "ops.cast": (v) => a.ops.cast(a.tensor(1), v),
  "dataset(…)": (v) => a.dataset(v),
  "dataset.batch": (v) => a.dataset([1, 2]).batch(v),
  "dataset.take": (v) => a.dataset([1, 2]).take(v),
  "dataset.split": (v) => a.dataset([1, 2]).split(v),
  "dataset.epoch": (v) => a.dataset([1, 2]).epoch(v),
  datasetFrom: (v) => a.datasetFrom(v),
  parseCsv: (v) => a.parseCsv(v),
  parseIdx: (v) => a.parseIdx(v),
  readIdx: (v) => a.readIdx(v),
  "dense(…)": (v) => a.dense(v),
  "dense, activation": (v) => a.dense(2, { activation: v }),
  "conv2d(…)": (v) => a.conv2d(2, v),
  "dropout(…)": (v) => a.dropout(v),
  "embedding(…)": (v) => a.embedding(v, v),
  "reshape(…)": (v) => a.reshape(v),
  "input(…)": (v) => a.input(v),
  "l2(…)": (v) => a.l2(v),
  "compile, losses": (v) => net.compile({ loss: v, backend }),
  "compile, metrics": (v) => net.compile({ loss: "mse", metrics: [v], backend }),
  "compile, optimizer": (v) => net.compile({ loss: "mse", optimizer: v, backend }),
  "sequential(…)": (v) => a.sequential(v),
  "sequential of": (v) => a.sequential([v]),
  "model, inputs": (v) => a.model({ inputs: v, outputs: v }),
  cloneModel: (v) => a.cloneModel(v),
  getLayer: (v) => net.getLayer(v),
  "fit, x": (v) => net.fit(v, y, { verbose: 0 }),
  "fit, y": (v) => net.fit(x, v, { verbose: 0 }),
  "fit, epochs": (v) => net.fit(x, y, { verbose: 0, epochs: v }),
  "fit, validationSplit": (v) => net.fit(x, y, { verbose: 0, validationSplit: v }),
  "fit, seed": (v) => net.fit(x, y, { verbose: 0, seed: v }),
  "fit, sampleWeight": (v) => net.fit(x, y, { verbose: 0, sampleWeight: v }),
  "fit, a stream of": (v) => net.fit(a.datasetFrom([v]), { verbose: 0 }),
  predict: (v) => net.predict(v),
  evaluate: (v) => net.evaluate(x, v),
  trainOnBatch: (v) => net.trainOnBatch(v, v),
  setWeights: (v) => net.setWeights(v),
  "setWeights of": (v) => net.setWeights([v, v]),
  setNamedWeights: (v) => a.setNamedWeights(net, v),
  "setNamedWeights of": (v) => a.setNamedWeights(net, { "d/kernel": v, "d/bias": v }),
  setOptimizerState: (v) => a.setOptimizerState(net, v),
  "setOptimizerState, steps": (v) => a.setOptimizerState(net, { steps: v, learningRate: v }),
  "the learning rate": (v) => Object.assign(net.optimizer, { learningRate: v }),
};

describe("a value of a wrong kind", () => {
  beforeEach(() => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(console, "log").mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** What is wrong with how an entry refuses a value; "refused" where nothing is. */
  async function refusal(entry: string, value: unknown): Promise<string | undefined> {
    try {
      await entries[entry]?.(value);
      return undefined;
    } catch (error) {
      if (error instanceof Own) return undefined;
      const { message: text, stack } = error as Error;
      if (!(error instanceof AreteError))
        return `${entry} of ${show(value)} throws no error of aretejs: ${stack?.split("\n").slice(0, 3)}`;
      return text.length <= 500 && form.test(text) && !unclear.test(text) ? "refused" : `${entry}: ${text}`;
    } finally {
      if (entry.startsWith("compile")) net.compile({ loss: "mse", optimizer: "adam", backend });
    }
  }

  it("is refused by an error of aretejs with a short message in one form, wherever it is handed in", async () => {
    const found: (string | undefined)[] = [];
    for (const entry of Object.keys(entries))
      for (const value of [...odd, ...hostile]) found.push(await refusal(entry, value));
    expect(found.filter((text) => text !== undefined && text !== "refused")).toEqual([]);
    expect(found.filter((text) => text === "refused").length).toBeGreaterThan(3000);
  });

  it("is refused so also where it is made at random", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(entries)), plain, async (entry, value) => {
        fc.pre(isSmall(value));
        expect((await refusal(entry, value)) ?? "refused").toBe("refused");
      }),
      { numRuns: 250 },
    );
  });
});
