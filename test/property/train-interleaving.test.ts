import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import type { HostArray } from "../../src/data/array.ts";
import { input } from "../../src/nn/input.ts";
import { batchNormalization, dense, dropout } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Model } from "../../src/train/model.ts";
import { model as functional, sequential } from "../../src/train/sequential.ts";
import { threaded } from "../unit/threads-support.ts";

/** Schedules per backend, and how many of them begin with models that have no program yet. */
const [schedules, fresh] = [200, 20];

const threads = await threaded(2);
const backends: Record<string, Backend> = {
  js: js(),
  "wasm, 1 thread": await wasm({ threads: 1 }),
  "wasm, 2 threads": threads,
};
afterAll(() => threads.dispose());

/** Two sequential models and one of two outputs, all with what has state: moving averages, random layers, momentum. */
function makeModels(backend: Backend): Model[] {
  const chain = (seed: number) =>
    sequential([dense(4, { inputShape: [3], activation: "tanh" }), batchNormalization(), dropout(0.5), dense(1)], {
      seed,
    });
  const x = input([3]);
  const hidden = dense(4, { activation: "elu" }).apply(x);
  const models = [
    chain(1),
    chain(2),
    functional({
      inputs: x,
      outputs: [dense(1, { name: "a" }).apply(hidden), dense(1, { name: "b" }).apply(hidden)],
      seed: 3,
    }),
  ];
  for (const model of models)
    model.compile({ optimizer: sgd({ learningRate: 0.05, momentum: 0.5 }), loss: "mse", metrics: ["mae"], backend });
  return models;
}

function samples(rows: number, seed: number): HostArray {
  return { data: Float32Array.from({ length: rows * 3 }, (_, i) => Math.sin(seed + 7.1 * i)), shape: [rows, 3] };
}

const labels = (model: Model, rows: number, seed: number) =>
  model.outputs.map((_, output) => ({ data: samples(rows, seed + output).data.slice(0, rows), shape: [rows, 1] }));

interface Call {
  readonly model: number;
  readonly what: "fit" | "evaluate" | "trainOnBatch" | "testOnBatch" | "predictAll" | "getWeights";
  readonly rows: number;
  readonly seed: number;
  /** Turns of the microtask queue before the call, or a task of the event loop for −1. */
  readonly delay: number;
}

const call = fc.record<Call>({
  model: fc.integer({ min: 0, max: 2 }),
  what: fc.constantFrom("fit", "evaluate", "trainOnBatch", "testOnBatch", "predictAll", "predictAll", "getWeights"),
  rows: fc.integer({ min: 1, max: 6 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  delay: fc.constantFrom(0, 0, 0, 1, 2, 3, 5, 8, 20, -1),
});

/** Whether its result depends on how far the model is trained, rather than on the order of the calls. */
const isRead = ({ what }: Call) => what === "predictAll" || what === "getWeights";

const numbersOf = (arrays: readonly HostArray[]) => arrays.map(({ data }) => Array.from(data));

async function run(
  models: readonly Model[],
  { model: index, what, rows, seed }: Call,
  onStep?: () => Promise<void>,
): Promise<unknown> {
  const model = models[index] as Model;
  const x = samples(rows, seed);
  const y = labels(model, rows, seed);
  if (what === "getWeights") return numbersOf(await model.getWeights());
  if (what === "predictAll")
    return Promise.all((await model.predictAll(x)).map(async (output) => Array.from(await output.data())));
  if (what !== "fit") return model[what](x, y);
  const callbacks = onStep ? [{ onTrainBatchEnd: onStep }] : [];
  return (await model.fit(x, y, { epochs: 2, batchSize: 3, shuffle: false, verbose: 0, callbacks })).history;
}

/**
 * What each call may give: for calls that train or measure, what they give one by one; for reads, a value for each
 * state that the model was in.
 */
async function oneByOne(models: readonly Model[], calls: readonly Call[]): Promise<unknown[][]> {
  const states = models.map((): unknown[][] => []);
  const allowed: unknown[][] = calls.map(() => []);
  const readers = models.map((_, index) =>
    calls.map((each, at) => [each, at] as const).filter(([each]) => each.model === index && isRead(each)),
  );
  const note = async (index: number) => {
    for (const [reader, at] of readers[index] ?? []) allowed[at]?.push(await run(models, reader));
    states[index]?.push([]);
  };
  for (const index of models.keys()) await note(index);
  for (const [at, each] of calls.entries()) {
    if (isRead(each)) continue;
    allowed[at]?.push(await run(models, each, () => note(each.model)));
    await note(each.model);
  }
  return allowed;
}

async function pass(turns: number): Promise<void> {
  if (turns < 0) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < turns; turn++) await undefined;
}

async function overlapping(models: readonly Model[], calls: readonly Call[]): Promise<unknown[]> {
  const results: Promise<unknown>[] = [];
  for (const each of calls) {
    await pass(each.delay);
    results.push(run(models, each));
  }
  return Promise.all(results);
}

/** Back to the state of a new model. */
async function restore(models: readonly Model[], weights: readonly HostArray[][]): Promise<void> {
  for (const [index, model] of models.entries()) {
    model.setWeights(weights[index] as HostArray[]);
    model.optimizer.rawSteps = 0;
    for (const slot of model.optimizer.variables)
      slot.assign(new Float32Array(slot.shape.reduce((size, extent) => size * extent, 1)));
  }
}

describe.each(Object.entries(backends))("calls on several models that overlap in any order, on %s", (_, backend) => {
  it("give what the same calls give one by one", async () => {
    const kept = [makeModels(backend), makeModels(backend)] as const;
    const weights = await Promise.all(kept[0].map((model) => model.getWeights()));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 7 }), async (calls) => {
        const [first, second] = count++ < fresh ? [makeModels(backend), makeModels(backend)] : kept;
        for (const models of [first, second]) await restore(models, weights);
        const allowed = await oneByOne(first, calls);
        const found = await overlapping(second, calls);
        for (const [at, each] of calls.entries()) {
          if (isRead(each)) expect(allowed[at]).toContainEqual(found[at]);
          else expect(found[at], each.what).toEqual(allowed[at]?.[0]);
        }
        expect(await Promise.all(second.map(async (model) => numbersOf(await model.getWeights())))).toEqual(
          await Promise.all(first.map(async (model) => numbersOf(await model.getWeights()))),
        );
      }),
      { numRuns: schedules },
    );
  });
});
