import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { bind, defaultBackend } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import type { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile as compileGraph } from "../../src/compiler/compile.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { add } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";
import { classifier, points, weightsOf } from "./train-support.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes by purpose. */
const usageOf = (backend: WasmBackend) => ({ ...(Reflect.get(backend.heap, "used") as Record<string, number>) });

function compile(model: Model, backend?: WasmBackend | ReturnType<typeof js>): Model {
  model.compile({
    optimizer: adam(),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    ...(backend && { backend }),
  });
  return model;
}

const { x, y } = points(16);

describe("dispose", () => {
  it("frees at once all that the model has on its backend", async () => {
    const backend = await wasm({ threads: 1 });
    const kept = compile(classifier(), backend);
    await kept.trainOnBatch(x, y);
    await kept.predict(x);
    const before = usageOf(backend);
    const model = compile(classifier(2), backend);
    await model.fit(x, y, { verbose: 0, batchSize: 5, validationData: [x, y] });
    await model.predict(x);
    expect(usageOf(backend)).not.toEqual(before);
    // All of it before the first await.
    void model.dispose();
    expect(usageOf(backend)).toEqual(before);
  });

  it.each(["js", "wasm"])("loses nothing: a disposed model on %s trains on as if it had not been", async (name) => {
    const backend = name === "js" ? js() : await wasm({ threads: 1 });
    const [model, reference] = [compile(classifier(), backend), compile(classifier(), backend)];
    for (const each of [model, reference]) {
      await each.trainOnBatch(x, y);
      if (each === model) await model.dispose();
      await each.trainOnBatch(x, y);
    }
    await model.dispose();
    await model.dispose();
    expect(await weightsOf(model)).toEqual(await weightsOf(reference));
    expect(await model.evaluate(x, y)).toEqual(await reference.evaluate(x, y));
  });

  it("leaves models that share its layers, and predictions that are on their way, right", async () => {
    const backend = await wasm({ threads: 1 });
    const model = compile(classifier(), backend);
    const other = sequential([...model.layers, dense(1)], { seed: 4 });
    compile(other, backend);
    const [expected, expectedOther] = [await (await model.predict(x)).data(), await (await other.predict(x)).data()];
    const onTheirWay = [model.predict(x), other.predict(x), model.predict(x, { batchSize: 3 })];
    await model.dispose();
    const found = await Promise.all(onTheirWay.map(async (prediction) => (await prediction).data()));
    expect(found).toEqual([expected, expectedOther, expected]);
    expect(await (await other.predict(x)).data()).toEqual(expectedOther);
  });
});

describe("models that nobody holds any more", () => {
  it("are freed: 1000 of them leave neither heap nor WASM memory larger", async () => {
    const backend = (await defaultBackend()) as WasmBackend;
    const labels = { data: new Float32Array(32), shape: [16, 2] };
    const makeAndDrop = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const model = sequential([dense(2, { inputShape: [4] })], { seed: i });
        model.compile({ optimizer: sgd({ momentum: 0.9 }), loss: "mse" });
        await model.trainOnBatch(x, labels);
        await model.predict(x);
        if (i % 100 === 99) await collected();
      }
    };
    await makeAndDrop(200);
    await collected();
    const before = { heap: process.memoryUsage().heapUsed, wasm: backend.heap.bytes };
    await makeAndDrop(1000);
    // When finalizers run is the engine's choice, so this collects until they have: what is not freed at all stays. All
    // of the models would take more than 5 MB.
    await vi.waitFor(
      async () => {
        await collected();
        expect(backend.heap.bytes - before.wasm).toBeLessThan(1e6);
        expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(3e6);
      },
      { timeout: 20_000, interval: 10 },
    );
  }, 120_000);
});

describe("a program that is held", () => {
  it.each(["js", "wasm"])("keeps its variables on %s: nobody else needs to hold them", async (name) => {
    const backend = name === "js" ? js() : await wasm({ threads: 1 });
    const bound = async () => {
      const count = new Variable([1], { initial: Float32Array.of(0.5) });
      const next = add(count, 1);
      return bind(compileGraph({ outputs: { next }, updates: [[count, next]] }), backend);
    };
    const program = await bound();
    for (let i = 0; i < 3; i++) {
      await collected();
      program.run();
    }
    expect((await program.read(["next"])).next).toEqual(Float32Array.of(3.5));
  });
});

/** Until finalizers have run for what can be collected now. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
