import { afterEach, describe, expect, it, vi } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { bind, placeVariables } from "../../src/backends/evaluate.ts";
import { JsExecutable } from "../../src/backends/js/executable.ts";
import { js } from "../../src/backends/js/index.ts";
import type { WasmBackend } from "../../src/backends/wasm/backend.ts";
import type { Heap } from "../../src/backends/wasm/heap.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { spawnOf } from "../../src/backends/wasm/start-worker.ts";
import { compile } from "../../src/compiler/compile.ts";
import { OutOfMemoryError } from "../../src/errors.ts";
import {
  adam,
  batchNormalization,
  dense,
  dropout,
  getOptimizerState,
  type Model,
  sequential,
} from "../../src/index.ts";
import { add, matmul, randomNormal, tensor } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { threaded } from "./threads-support.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const bits = ({ data }: { data: ArrayLike<number> }): number[] => [...new Int32Array(Float32Array.from(data).buffer)];
const ramp = (shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.7)),
  shape,
});

/** A thing to throw at one of many places. */
interface Saboteur {
  /**
   * Throws at place number `at` (from 0) of what `act` does, and once more or not at all after that. Gives how many
   * places came by.
   */
  during(at: number, act: () => Promise<unknown>): Promise<{ places: number; error: unknown }>;
  /** What must be the same after a failure: who holds how much, and the gaps between. */
  accounts(): unknown;
}

class Planned extends Error {}

/** Counts calls while it is on, and throws at one of them. */
function counter(toThrow: () => Error, keepOn = false) {
  let at = -1;
  let places = 0;
  let isOn = false;
  return {
    pause<T>(act: () => T): T {
      const before = isOn;
      isOn = false;
      try {
        return act();
      } finally {
        isOn = before;
      }
    },
    pass(): void {
      if (!isOn) return;
      const here = places++;
      if (here === at || (keepOn && at >= 0 && here > at)) throw toThrow();
    },
    async during(where: number, act: () => Promise<unknown>) {
      [at, places, isOn] = [where, 0, true];
      let error: unknown;
      try {
        await act();
      } catch (caught) {
        error = caught;
      }
      isOn = false;
      return { places, error };
    },
  };
}

const parts = (heap: Heap) =>
  heap as unknown as { used: Record<string, number>; gaps: { address: number; bytes: number }[] };

/** Every step that takes linear memory: throws once, with an error of its own. */
function atAllocations({ heap }: WasmBackend): Saboteur {
  const { pass, during } = counter(() => new Planned("no"));
  for (const name of ["allocate", "enlarge"] as const) {
    const real = heap[name].bind(heap) as (...args: unknown[]) => unknown;
    Object.assign(heap, {
      [name]: (...args: unknown[]) => {
        pass();
        return real(...args);
      },
    });
  }
  return { during, accounts: () => accountsOf(heap) };
}

/**
 * Every growth of the memory: from one on all fail, as where the machine has no more. Then programs that are kept for
 * later may go.
 */
function atGrowth({ heap }: WasmBackend): Saboteur {
  const { pass, during } = counter(
    () => new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory"),
    true,
  );
  const real = heap.memory.grow.bind(heap.memory);
  heap.memory.grow = (pages) => {
    pass();
    return real(pages);
  };
  return { during, accounts: () => ({ ...accountsOf(heap), own: parts(heap).used.variables }) };
}

/**
 * Who holds how much, and whether all of the rest is free. The arena and scratch memory are shared, and as large as any
 * program has needed.
 */
function accountsOf(heap: Heap): { own: unknown; unaccounted: number } {
  const { used, gaps } = parts(heap);
  const free = gaps.reduce((sum, { bytes }) => sum + bytes, 0);
  const { arena, scratch, ...own } = used;
  return { own, unaccounted: heap.bytes - free - Object.values(used).reduce((a, b) => a + b) };
}

/** Every typed array that is made outside of a run, the data's included. */
function atArrays(): Saboteur {
  const { pass, during, pause } = counter(() => new Planned("no"));
  for (const name of ["Float32Array", "Int32Array", "Float64Array"] as const) {
    const construct = (target: new (...args: unknown[]) => object, args: unknown[], newTarget: unknown) => {
      if (typeof args[0] === "number") pass();
      return Reflect.construct(target, args, newTarget as new () => object);
    };
    vi.stubGlobal(
      name,
      new Proxy(globalThis[name], { construct: construct as ProxyHandler<typeof Float32Array>["construct"] & object }),
    );
  }
  const { run } = JsExecutable.prototype;
  vi.spyOn(JsExecutable.prototype, "run").mockImplementation(function (this: JsExecutable) {
    pause(() => run.call(this));
  });
  return { during, accounts: () => undefined };
}

const x = ramp([20, 9]);
const labels = ramp([20, 3]);

/** Units of a model that fits a page or two, and of one for which memory must grow again and again. */
const [few, many] = [70, 2000];

/** Takes variables, constants, scratch memory, an arena that must move, and programs of several modes. */
function subject(backend: Backend, units: number): Model {
  const model = sequential(
    [dense(units, { inputShape: [9], activation: "relu" }), batchNormalization(), dropout(0.2), dense(3)],
    { seed: 3 },
  );
  model.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: "meanSquaredError",
    metrics: ["meanAbsoluteError"],
    backend,
  });
  return model;
}

const weightsOf = async (model: Model): Promise<number[][]> => (await model.getWeights()).map(bits);

/** What is tried, until it goes through: `result` gives what must come out then. */
interface Attempt {
  act(): Promise<unknown>;
  result(): Promise<unknown>;
  /** Whether a failure may have left nothing; a step that was done is no part of the failure. Default true. */
  isUntouched?(): boolean;
}

const scenarios: Record<string, (backend: Backend, units: number) => Attempt> = {
  predict(backend, units) {
    const model = subject(backend, units);
    let y: number[];
    return {
      act: async () => {
        y = bits({ data: (await (await model.predict(x, { batchSize: 20 })).data()) as Float32Array });
      },
      result: async () => [y, await weightsOf(model)],
    };
  },
  "first weights": (backend, units) => {
    const model = subject(backend, units);
    return { act: () => placeVariables(model.variables, backend), result: () => weightsOf(model) };
  },
  fit(backend, units) {
    let model = subject(backend, units);
    return {
      act: async () => {
        // Steps that were done stay done: then the next try begins with another model.
        if (model.optimizer.rawSteps > 0) model = subject(backend, units);
        await model.fit(x, labels, { epochs: 1, batchSize: 20, verbose: 0 });
      },
      result: () => weightsOf(model),
      isUntouched: () => model.optimizer.rawSteps === 0,
    };
  },
  "tensors and variables made of variables": (backend) => {
    const w = new Variable([40, 40], { initial: randomNormal([40, 40], { seed: 1 }), name: "w" });
    const v = new Variable([40, 40], { initial: add(w, 1), name: "v" });
    let y: Int32Array;
    const graph = () => compile({ outputs: { y: matmul(v, tensor(ramp([40, 40]).data, [40, 40])) } });
    return {
      act: () =>
        bind(graph(), backend, async (executable) => {
          executable.run();
          y = new Int32Array((await executable.read(["y"])).y.buffer);
          executable.dispose();
        }),
      result: async () => [[...y], bits({ data: await w.read() })],
    };
  },
  "compile, train, evaluate": (backend) => {
    let seen: unknown;
    return {
      act: async () => {
        const model = sequential([dense(5, { inputShape: [9], activation: "relu" }), dense(3)], { seed: 3 });
        model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
        await model.trainOnBatch(x, labels);
        model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "meanAbsoluteError", backend });
        seen = [
          await model.trainOnBatch(x, labels),
          await model.evaluate(x, labels, { batchSize: 20 }),
          await weightsOf(model),
        ];
      },
      result: async () => seen,
      isUntouched: () => false,
    };
  },
};

/** Two models that have been trained and have predicted, and what they must go on giving. */
async function bystanders(backend: Backend) {
  const rows = ramp([5, 4]);
  const models = [1, 2].map((seed) => {
    const model = sequential([dense(6, { inputShape: [4], activation: "relu" }), dense(2)], { seed });
    model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "meanSquaredError", backend });
    return model;
  });
  for (const model of models) await model.fit(rows, ramp([5, 2]), { epochs: 2, batchSize: 5, verbose: 0 });
  const look = async () => {
    const all = [];
    for (const model of models) {
      all.push(
        bits({ data: (await (await model.predict(rows)).data()) as Float32Array }),
        await weightsOf(model),
        (await getOptimizerState(model)).steps,
      );
    }
    return all;
  };
  return { look, before: await look() };
}

const hasRest = (backend: Backend): boolean => (backend as Partial<WasmBackend>).rest !== undefined;

/** Fails at each place in turn until the act goes through; gives how many places there were. */
async function failEverywhere(
  backend: Backend,
  saboteur: Saboteur,
  name: keyof typeof scenarios,
  expected: unknown,
  units = few,
): Promise<number> {
  const { look, before } = await bystanders(backend);
  const { act, result, isUntouched = () => true } = (scenarios[name] as (typeof scenarios)[string])(backend, units);
  let failures = 0;
  for (let at = 0; ; at++) {
    const accounts = saboteur.accounts();
    const hadRest = hasRest(backend);
    const { error, places } = await saboteur.during(at, act);
    if (places <= at) {
      expect(error).toBeUndefined();
      break;
    }
    failures++;
    expect(error, `place ${at} of ${name}`).toBeInstanceOf(Error);
    expect(error instanceof Planned || error instanceof OutOfMemoryError || error instanceof RangeError).toBe(true);
    // The rest module is loaded once; workers that know it then have a control block of their own.
    if (isUntouched() && hadRest === hasRest(backend))
      expect(saboteur.accounts(), `place ${at} of ${name}`).toEqual(accounts);
    expect(await look(), `place ${at} of ${name}`).toEqual(before);
  }
  expect(await result()).toEqual(expected);
  return failures;
}

async function expectedOf(backend: Backend, name: string, units = few): Promise<unknown> {
  const { act, result } = (scenarios[name] as (typeof scenarios)[string])(backend, units);
  await act();
  return result();
}

describe("a failure at any allocation changes nothing that was there, and the call can be made again", () => {
  const every = Object.keys(scenarios);
  for (const [threads, make, names] of [
    [1, () => wasm({ threads: 1 }), every],
    [2, () => threaded(2), ["predict", "fit"]],
  ] as const) {
    it(`on wasm with ${threads} thread(s)`, async () => {
      const counts: Record<string, number> = {};
      for (const [what, sabotage, units] of [
        ["allocation", atAllocations, few],
        ["growth", atGrowth, many],
      ] as const) {
        for (const name of what === "growth" ? ["predict", "fit"] : names) {
          const clean = await make();
          const expected = await expectedOf(clean, name, units);
          clean.dispose();
          const backend = await make();
          counts[`${what}: ${name}`] = await failEverywhere(backend, sabotage(backend), name, expected, units);
          backend.dispose();
        }
      }
      for (const [name, count] of Object.entries(counts))
        expect(count, name).toBeGreaterThan(name.startsWith("growth") ? 2 : 10);
    });
  }

  it("at the start of any worker thread: training goes on with one", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const spawn = spawnOf();
    const expected = await expectedOf(await wasm({ threads: 1 }), "fit");
    for (const at of [0, 1]) {
      let started = 0;
      const backend = await threaded(3, {
        start: false,
        spawn: (share, onEnd) => {
          if (started++ === at) throw new Planned("no");
          return spawn(share, onEnd);
        },
      });
      const { look, before } = await bystanders(backend);
      expect(await backend.startThreads()).toBe(1);
      expect(started).toBe(at + 1);
      expect(await look()).toEqual(before);
      expect(await expectedOf(backend, "fit")).toEqual(expected);
      backend.dispose();
    }
  });

  it("on js", async () => {
    const counts: Record<string, number> = {};
    for (const name of ["predict", "fit", "tensors and variables made of variables"]) {
      const expected = await expectedOf(js(), name);
      counts[name] = await failEverywhere(js(), atArrays(), name, expected);
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    }
    for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(5);
  });
});

describe("a model that does not fit", () => {
  const small = (backend: Backend, seed: number) => {
    const model = sequential([dense(2, { inputShape: [4] })], { seed });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
    return model;
  };
  const large = ramp([2048, 64]);

  it("leaves the outputs and weights of others on its backend, and its own, as they were", async () => {
    const backend = await wasm({ maximumBytes: 2 ** 20, threads: 1 });
    const models = [1, 2].map((seed) => small(backend, seed));
    const rows = ramp([3, 4]);
    const look = async () =>
      Promise.all(
        models.map(async (model) => [
          bits({ data: (await (await model.predict(rows)).data()) as Float32Array }),
          await weightsOf(model),
        ]),
      );
    const before = await look();
    const model = sequential([dense(64, { inputShape: [64] })], { seed: 3 });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(model.predict(large, { batchSize: 2048 })).rejects.toThrow(OutOfMemoryError);
      expect(await look()).toEqual(before);
    }
    const y = bits({ data: (await (await model.predict(large, { batchSize: 64 })).data()) as Float32Array });
    const free = sequential([dense(64, { inputShape: [64] })], { seed: 3 });
    expect(y).toEqual(bits({ data: (await (await free.predict(large)).data()) as Float32Array }));
    expect(await look()).toEqual(before);
  });

  it("trains from its own first weights once there is room", async () => {
    const make = (backend: Backend) => {
      const model = sequential([dense(64, { inputShape: [64], activation: "tanh" }), dense(64)], { seed: 4 });
      model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "meanSquaredError", backend });
      return model;
    };
    const x = ramp([32, 64]);
    const losses = async (model: Model) =>
      (await model.fit(x, x, { epochs: 3, batchSize: 32, verbose: 0 })).history.loss;
    const expected = await losses(make(await wasm({ threads: 1 })));
    const backend = await wasm({ maximumBytes: 2 ** 20, threads: 1 });
    const held = backend.allocate({ size: 235_000, dtype: "float32" });
    const model = make(backend);
    await expect(losses(model)).rejects.toThrow(OutOfMemoryError);
    backend.free(held);
    model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "meanSquaredError", backend });
    expect(await losses(model)).toEqual(expected);
  });
});
