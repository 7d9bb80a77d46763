import { type JsBackend, js } from "../../src/backends/js/index.ts";
import type { HostArray } from "../../src/data/array.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Training } from "../../src/train/callback.ts";
import { History } from "../../src/train/history.ts";
import type { Model } from "../../src/train/model.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { sequential } from "../../src/train/sequential.ts";

/** The reference backend, counting programs and runs. */
export function countingBackend(): { backend: JsBackend; counts: { loads: number; runs: number } } {
  const counts = { loads: 0, runs: 0 };
  const backend = js();
  const load = backend.load.bind(backend);
  backend.load = (program, storages) => {
    counts.loads++;
    const executable = load(program, storages);
    const run = executable.run.bind(executable);
    executable.run = () => {
      counts.runs++;
      run();
    };
    return executable;
  };
  return { backend, counts };
}

/** Two clouds of points, class 0 and 1: numbers in [−1, 1] and whether the first two add up to more than 0. */
export function points(rows: number, features = 4): { x: HostArray; y: Int32Array } {
  const data = Float32Array.from({ length: rows * features }, (_, i) => Math.sin(1 + 12.9898 * i));
  const y = Int32Array.from({ length: rows }, (_, row) =>
    (data[row * features] as number) + (data[row * features + 1] as number) > 0 ? 1 : 0,
  );
  return { x: { data, shape: [rows, features] }, y };
}

/** A small classifier of {@link points}. */
export function classifier(seed = 1): Model {
  return sequential([dense(8, { activation: "elu", inputShape: [4] }), dense(2, { activation: "softmax" })], { seed });
}

/** All weights as one list. */
export async function weightsOf(model: Model): Promise<number[]> {
  return (await model.getWeights()).flatMap(({ data }) => Array.from(data));
}

/**
 * The samples that `fit` takes, for each step of each epoch. Sample i of `samples` is the number i. Give a {@link
 * recordedModel} to call it again.
 */
export async function samplesOfFit(
  samples: number,
  options: FitOptions,
  recorded = recordedModel(),
): Promise<number[][][]> {
  const epochs: number[][][] = [];
  const x = Array.from({ length: samples }, (_, index) => [index]);
  await recorded.model.fit(x, x, {
    verbose: 0,
    ...options,
    callbacks: [
      { onEpochBegin: () => void epochs.push([]), onTrainBatchEnd: () => void epochs.at(-1)?.push(recorded.batch()) },
      ...[options.callbacks ?? []].flat(),
    ],
  });
  return epochs;
}

/** A model that does not learn, and what its last training step was given as x. */
export function recordedModel(seed = 1): { model: Model; batch: () => number[]; compile: () => void } {
  const backend = js();
  const load = backend.load.bind(backend);
  let batch: number[] = [];
  backend.load = (program, storages) => {
    const executable = load(program, storages);
    const input = executable.input.bind(executable);
    let given: number[] = [];
    executable.input = (name) => {
      const port = input(name);
      if (name !== "x0") return port;
      return {
        size: port.size,
        dtype: port.dtype,
        write(source, from = 0, length = port.size, at = 0) {
          if (at === 0) given = [];
          given.push(...Array.from(source).slice(from, from + length));
          port.write(source, from, length, at);
        },
      };
    };
    const run = executable.run.bind(executable);
    executable.run = () => {
      run();
      if (given.length > 0) batch = given;
    };
    return executable;
  };
  const model = sequential([dense(1, { inputShape: [1] })], { seed });
  const compile = () => model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse", backend });
  compile();
  return { model, batch: () => batch, compile };
}

/** What callbacks see of a run that has begun. */
export const runBegun = (): Pick<Training, "callbacks" | "history" | "position" | "lastBatch"> => ({
  callbacks: [],
  history: new History(0),
  position: { epoch: 0, batch: 0, pass: 0, dataPass: 0, dataBatch: 0 },
  lastBatch: undefined,
});
