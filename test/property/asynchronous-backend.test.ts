import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend, Executable, Storage } from "../../src/backends/backend.ts";
import { bind, defaultBackend, evaluate, placeVariables } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { StateError } from "../../src/errors.ts";
import { adam, batchNormalization, conv2d, dense, dropout, flatten, type Model, sequential } from "../../src/index.ts";
import { viewsOf } from "../../src/ir/instruction.ts";
import type { Program } from "../../src/ir/program.ts";
import { add, matmul, mul, randomNormal, tensor } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { AsynchronousBackend, type AsynchronousOptions } from "../unit/asynchronous-backend.ts";

/** As tight as those of a GPU that binds every view as a buffer. */
const tight = { operands: 6, inPlace: false, mapNodes: 7 } as const;

const setting = fc.record({
  isImage: fc.boolean(),
  rate: fc.constantFrom(0, 0.3),
  hasNorm: fc.boolean(),
  batchSize: fc.constantFrom(4, 5, 12),
  shuffle: fc.boolean(),
  turns: fc.constantFrom(0, 1, 5),
  limits: fc.constantFrom({}, tight),
});

const rows = 12;
const x = { data: Float32Array.from({ length: rows * 16 }, (_, i) => Math.sin(i * 1.7)), shape: [rows, 4, 4, 1] };
const y = Int32Array.from({ length: rows }, (_, i) => i % 3);

interface Kind {
  isImage: boolean;
  rate: number;
  hasNorm: boolean;
}

function network({ isImage, rate, hasNorm }: Kind, backend: Backend): Model {
  const model = sequential(
    [
      ...(isImage
        ? [conv2d(2, 2, { activation: "relu", inputShape: [4, 4, 1] }), flatten()]
        : [flatten({ inputShape: [4, 4, 1] })]),
      ...(hasNorm ? [batchNormalization()] : []),
      dropout(rate),
      dense(3, { activation: "softmax" }),
    ],
    { seed: 3 },
  );
  model.compile({ optimizer: adam(0.01), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
  return model;
}

/** All that a user sees of some training, evaluation and prediction. */
async function lifeOf(model: Model, { batchSize, shuffle }: { batchSize: number; shuffle: boolean }): Promise<unknown> {
  const history = await model.fit(x, y, { epochs: 2, batchSize, shuffle, verbose: 0, validationData: [x, y] });
  // At the same time, as predictions may be.
  const [evaluated, predicted, again] = await Promise.all([
    model.evaluate(x, y, { batchSize }),
    model.predict(x, { batchSize }),
    model.predict(x, { batchSize: 7 }),
  ]);
  const { loss, val_loss: validated } = history.history;
  const weights = await model.getWeights();
  return [loss, validated, evaluated, await predicted.data(), await again.data(), weights.map(({ data }) => [...data])];
}

describe("a backend that does its work later, as a GPU does", () => {
  it("gives the same losses, metrics, predictions and weights as one that works at once, to the bit", () =>
    fc.assert(
      fc.asyncProperty(setting, async (given) => {
        const { turns, limits } = given;
        const slow = await lifeOf(network(given, new AsynchronousBackend({ turns, limits })), given);
        expect(slow).toEqual(await lifeOf(network(given, js()), given));
      }),
      { numRuns: 5 },
    ));

  it("has no more than a few steps before it, however long the training", async () => {
    const backend = new AsynchronousBackend({ turns: 40 });
    const model = network({ isImage: false, rate: 0, hasNorm: false }, backend);
    // The first also runs what makes the first weights.
    await model.fit(x, y, { batchSize: 1, verbose: 0 });
    backend.mostUnderWay = 0;
    await model.fit(x, y, { epochs: 3, batchSize: 1, verbose: 0 });
    expect(backend.mostUnderWay).toBeGreaterThan(1);
    expect(backend.mostUnderWay).toBeLessThanOrEqual(4);
  });

  it("gives variables and programs their places in one tick, whatever is assigned or taken away meanwhile", async () => {
    const backend = new AsynchronousBackend({ turns: 4 });
    const variable = new Variable([2], { initial: Float32Array.of(1, 2), name: "v" });
    const doubled = compile({ outputs: { y: mul(variable.tensor, 2) } }, backend.limits);
    const bound = bind(doubled, backend, async (executable) => {
      executable.run();
      return [...(await executable.read(["y"])).y];
    });
    for (let turn = 0; turn < 6; turn++) await undefined;
    expect(variable.placement).toBeUndefined();
    variable.assign([5, 6]);
    expect(await bound).toEqual([10, 12]);
    expect([...(await variable.read())]).toEqual([5, 6]);
  });
});

describe("programs for a backend with limits", () => {
  const compiled = (limits: object): Program => {
    const w = new Variable([8, 8], { initial: randomNormal([8, 8], { seed: 1 }), name: "w" });
    const v = new Variable([8, 8], { initial: 0, name: "v" });
    let sum = matmul(w.tensor, v.tensor);
    for (let i = 0; i < 20; i++) sum = add(mul(sum, tensor(new Float32Array(64).fill(i), [8, 8])), v.tensor);
    return compile({ outputs: { sum }, updates: [[v, add(v.tensor, mul(sum, w.tensor))]] }, limits).program;
  };
  const operandsOf = ({ instructions }: Program) =>
    instructions
      .filter((it) => it.kind === "map" || (it.kind === "matmul" && it.epilogue))
      .map((it) => viewsOf(it).reads.length + viewsOf(it).writes.length);
  const inPlace = ({ instructions, variables }: Program) =>
    instructions.some((it) => {
      const { reads, writes } = viewsOf(it);
      return writes.some(({ buffer }) => variables.includes(buffer) && reads.some((view) => view.buffer === buffer));
    });

  it("keep to them, and use what there is", () => {
    expect(Math.max(...operandsOf(compiled({})))).toBeGreaterThan(6);
    expect(Math.max(...operandsOf(compiled(tight)))).toBeLessThanOrEqual(6);
    expect(inPlace(compiled({}))).toBe(true);
    expect(inPlace(compiled(tight))).toBe(false);
    const nodes = compiled(tight).instructions.flatMap((it) => (it.kind === "map" ? [it.expression.nodes.length] : []));
    expect(Math.max(...nodes)).toBeLessThan(3 * tight.mapNodes);
  });

  it("are refused where a buffer is too large", () => {
    compiled({ bufferBytes: 256 });
    expect(() => compiled({ bufferBytes: 255 })).toThrow(
      "compile: a buffer must fit the backend. Expected at most 255 bytes, received 256 (w). Use a smaller batch or model.",
    );
  });
});

describe("a device that is lost", () => {
  const plain = { isImage: false, rate: 0, hasNorm: false, batchSize: 4, shuffle: false };

  it("ends training with its reason; its variables say so, take new values, and go on elsewhere", async () => {
    const [lossy, other] = [new AsynchronousBackend(), js()];
    const [model, untouched] = [network(plain, lossy), network(plain, other)];
    await model.fit(x, y, { batchSize: 4, verbose: 0, shuffle: false });
    await untouched.fit(x, y, { batchSize: 4, verbose: 0, shuffle: false });
    const saved = await model.getWeights();
    const fit = model.fit(x, y, {
      verbose: 0,
      batchSize: 4,
      callbacks: { onTrainBatchBegin: (batch: number) => void (batch === 2 && lossy.lose("the GPU hung")) },
    });
    await expect(fit).rejects.toThrow(StateError);
    await expect(fit).rejects.toThrow(
      "asynchronous: the device must be there. Expected a backend in use, received the GPU hung.",
    );
    await expect(model.getWeights()).rejects.toThrow(
      /^variable "dense\S*": its values must be on a backend in use\. Expected values, received a backend that lost its device \(asynchronous: the GPU hung\)\. Assign new values/,
    );
    await expect(placeVariables([new Variable([1], { initial: 0 })], lossy)).rejects.toThrow("the GPU hung");
    model.setWeights(saved);
    model.compile({ optimizer: adam(0.01), loss: "sparseCategoricalCrossentropy", backend: other });
    const fresh = network(plain, js());
    fresh.setWeights(saved);
    expect(await (await model.predict(x)).data()).toEqual(await (await fresh.predict(x)).data());
    // Other backends notice nothing.
    expect(await untouched.getWeights()).toEqual(saved);
  });

  it("rejects what was under way", async () => {
    const backend = new AsynchronousBackend();
    const variable = new Variable([1], { initial: 1 });
    await placeVariables([variable], backend);
    const read = variable.read();
    backend.lose("unplugged");
    await expect(read).rejects.toThrow("unplugged");
  });

  it("is replaced where it was the default", async () => {
    const first = await defaultBackend();
    let lose: (reason: string) => void = () => {};
    Object.assign(first, { lost: new Promise<string>((resolve) => (lose = resolve)) });
    await placeVariables([new Variable([1], { initial: 1 })]);
    expect(await defaultBackend()).toBe(first);
    lose("gone");
    await undefined;
    expect(await defaultBackend()).not.toBe(first);
    expect([...((await evaluate([add(tensor([1]), 1)]))[0] ?? [])]).toEqual([2]);
  });
});

describe("what a device reports later", () => {
  it("ends the training with the name of what failed, once; then it goes on", async () => {
    const backend = new AsynchronousBackend();
    const model = network({ isImage: false, rate: 0, hasNorm: false }, backend);
    await model.fit(x, y, { verbose: 0 });
    backend.failNextRun();
    await expect(model.fit(x, y, { verbose: 0 })).rejects.toThrow(
      /^asynchronous: every instruction must work\. Expected no error, received one that was planned \(map .* accuracy\/count = .*\)\.$/,
    );
    await model.fit(x, y, { verbose: 0 });
  });
});

class Planned extends Error {}

/** Throws or rejects at one of the calls on it, and counts them. */
class FailingBackend extends AsynchronousBackend {
  at = -1;
  calls = 0;
  readonly inUse = new Set<Storage>();
  readonly programs = new Set<Executable>();

  private pass(): void {
    if (this.calls++ === this.at) throw new Planned("no");
  }

  override async load(...given: Parameters<AsynchronousBackend["load"]>): Promise<Executable> {
    const loaded = await super.load(...given);
    this.pass();
    this.programs.add(loaded);
    const run = loaded.run.bind(loaded);
    const dispose = loaded.dispose.bind(loaded);
    loaded.run = () => {
      this.pass();
      run();
    };
    loaded.dispose = () => {
      this.programs.delete(loaded);
      dispose();
    };
    return loaded;
  }

  override allocate(...given: Parameters<AsynchronousBackend["allocate"]>) {
    this.pass();
    const storage = super.allocate(...given);
    this.inUse.add(storage);
    return storage;
  }

  override write(...given: Parameters<AsynchronousBackend["write"]>): void {
    this.pass();
    super.write(...given);
  }

  override async reading<T>(prepare: () => () => T): Promise<T> {
    const result = await super.reading(prepare);
    this.pass();
    return result;
  }

  override free(storage: Storage): void {
    this.inUse.delete(storage);
    super.free(storage);
  }
}

describe("a backend that fails at any of its calls", () => {
  const options: AsynchronousOptions = { turns: 2 };
  const acts: Record<string, (backend: FailingBackend) => { act: () => Promise<unknown>; variables: Variable[] }> = {
    "placing variables with values, numbers and graphs": (backend) => {
      const a = new Variable([2], { initial: [1, 2], name: "a" });
      const b = new Variable([2], { initial: 3, name: "b" });
      const c = new Variable([2], { initial: add(randomNormal([2], { seed: 1 }), b.tensor), name: "c" });
      return { act: () => placeVariables([a, b, c], backend), variables: [a, b, c] };
    },
    "evaluating a graph": (backend) => {
      const a = new Variable([2], { initial: [1, 2], name: "a" });
      return { act: () => evaluate([add(a.tensor, 1), mul(a.tensor, 2)], backend), variables: [a] };
    },
    "loading a program": (backend) => {
      const a = new Variable([2], { initial: [1, 2], name: "a" });
      const b = new Variable([2], { initial: 3, name: "b" });
      const graph = compile({ outputs: {}, updates: [[a, add(a.tensor, b.tensor)]] });
      return { act: () => bind(graph, backend, (executable) => executable.dispose()), variables: [a, b] };
    },
  };

  for (const [name, make] of Object.entries(acts)) {
    it(`leaves everything as it was: ${name}`, async () => {
      for (let at = 0, isThrough = false; !isThrough; at++) {
        expect(at).toBeLessThan(50);
        const backend = new FailingBackend(options);
        const { act, variables } = make(backend);
        const before = variables.map(({ placement, initial }) => [placement, initial]);
        backend.at = at;
        const error = await act().then(
          () => undefined,
          (reason) => reason,
        );
        isThrough = error === undefined;
        if (!isThrough) {
          expect(error).toBeInstanceOf(Planned);
          // Where the program was used already, the variables have moved; else nothing has changed.
          const moved = variables.every(({ placement }) => placement);
          if (!moved) {
            expect(variables.map(({ placement, initial }) => [placement, initial])).toEqual(before);
            expect(backend.inUse.size).toBe(0);
          }
          await act();
        }
        expect(backend.inUse.size).toBe(variables.length);
        expect(backend.programs.size).toBe(0);
      }
    });
  }

  it("training: rejects with the error, and trains on afterwards", async () => {
    const shape = { isImage: false, rate: 0, hasNorm: false };
    const probe = new FailingBackend(options);
    await network(shape, probe).fit(x, y, { verbose: 0, batchSize: 6 });
    expect(probe.calls).toBeGreaterThan(20);
    for (let at = 0; at < probe.calls; at += 3) {
      const backend = new FailingBackend(options);
      const model = network(shape, backend);
      backend.at = at;
      await expect(model.fit(x, y, { verbose: 0, batchSize: 6 })).rejects.toThrow(Planned);
      await model.fit(x, y, { verbose: 0, batchSize: 6 });
      expect((await model.evaluate(x, y)).loss).toBeGreaterThan(0);
    }
  });
});
