// Local steps of several workers in one process, by the public functions of aretejs and plain numbers.
import type { LocalSync } from "../../src/distributed/index.ts";
import type { Model } from "../../src/index.ts";
import { batchesOf, fitOptions, hashOf, makeModel } from "./task.ts";

const f32 = Math.fround;

/** Trains as `size` workers do, without shuffling. Gives the hash of all weights, and the loss of each epoch. */
export async function simulate(size: number, { every, outer = {} }: LocalSync) {
  const { learningRate = 1, momentum = 0, nesterov = false } = outer;
  const workers = Array.from({ length: size }, () => makeModel());
  const [first] = workers as [Model, ...Model[]];
  const batches = batchesOf();
  const losses: number[] = [];
  /** How many batches each has trained on: what its optimizer counts. */
  const steps = workers.map(() => 0);
  for (const [rank, { optimizer }] of workers.entries())
    Object.defineProperty(optimizer, "iterations", { get: () => steps[rank] });
  let shared = await weightsOf(first);
  const velocity = shared.map(({ length }) => new Float32Array(length));

  /** The step of the outer optimizer. @param trained how many workers had batches. */
  async function agree(trained: number) {
    const after = await Promise.all(workers.map(weightsOf));
    shared = shared.map((start, index) => {
      const m = velocity[index] as Float32Array;
      return start.map((w, i) => {
        let sum = 0;
        for (const weights of after) sum = f32(sum + f32(w - Number(weights[index]?.[i])));
        const descent = f32(f32(learningRate) * f32(sum / trained));
        if (momentum === 0) return f32(w - descent);
        const next = f32(f32(Number(m[i]) * f32(momentum)) - descent);
        m[i] = next;
        return nesterov ? f32(f32(w + f32(next * f32(momentum))) - descent) : f32(w + next);
      });
    });
    for (const { trainableVariables } of workers)
      for (const [index, variable] of trainableVariables.entries()) variable.assign(shared[index] as Float32Array);
  }

  let batch = 0;
  let last = first;
  for (let epoch = 0; epoch < fitOptions.epochs; epoch++) {
    let [round, sum, rows] = [0, 0, 0];
    for (const [index, { x, y }] of batches.entries()) {
      const rank = round % size;
      const model = workers[rank] as Model;
      // Moving averages go from batch to batch, whoever computes it.
      const [from, to] = [movingOf(last), movingOf(model)];
      for (const [place, variable] of to.entries()) variable.assign((await from[place]?.read()) as Float32Array);
      last = model;
      // Random numbers and schedules follow from the number of the batch.
      model.optimizer.rawSteps = batch++;
      const { loss } = await model.trainOnBatch(x, y);
      sum += loss * y.length;
      rows += y.length;
      (steps[rank] as number)++;
      round++;
      if (round < size * every && index + 1 < batches.length) continue;
      await agree(Math.min(round, size));
      round = 0;
    }
    losses.push(sum / rows);
  }
  return { hash: await hashOf(last), losses };
}

const weightsOf = (model: Model): Promise<Float32Array[]> =>
  Promise.all(model.trainableVariables.map((variable) => variable.read() as Promise<Float32Array>));

const movingOf = (model: Model) => model.variables.filter(({ trainable }) => !trainable);
