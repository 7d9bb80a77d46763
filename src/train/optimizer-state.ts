import { placeVariables } from "../backends/evaluate.ts";
import { checkCount, checkNonNegative } from "../checks.ts";
import { type ArrayInput, type HostArray, storableArray } from "../data/array.ts";
import type { Model } from "./model.ts";
import { assignNamed, checkNamed, type NamedArrays, readNamed } from "./named-weights.ts";
import { checkBuilt, sessionOf } from "./session.ts";

/**
 * The state of a model's optimizer at one moment, as plain data, to be stored as weights are: slots by name, `steps`,
 * and `learningRate` where it is a number.
 * @throws StateError before `compile`.
 * @example const saved = JSON.stringify({ weights: await getNamedWeights(model), optimizer: await getOptimizerState(model) });
 */
export async function getOptimizerState(model: Model): Promise<NamedArrays> {
  const { backend } = sessionOf("getOptimizerState", model);
  checkBuilt("getOptimizerState", model);
  const { optimizer, trainableVariables } = model;
  optimizer.build(trainableVariables);
  await placeVariables([...trainableVariables, ...optimizer.variables], backend);
  // Everything is read in one tick: training may go on as soon as something is awaited.
  const slots = readNamed(optimizer.variables);
  const numbers = {
    steps: scalar(optimizer.rawSteps),
    ...(!optimizer.isScheduled && { learningRate: scalar(optimizer.learningRate) }),
  };
  return { ...(await slots), ...numbers };
}

/**
 * Sets the state of a model's optimizer, so that training goes on as if it had not been interrupted. Compile before.
 * @throws StateError before `compile`; ValueError or ShapeError where it is not the state of an equal optimizer and
 * equal trainable weights; then nothing has changed.
 * @example setOptimizerState(model, JSON.parse(saved).optimizer);
 */
export function setOptimizerState(model: Model, state: Readonly<Record<string, ArrayInput>>): void {
  sessionOf("setOptimizerState", model);
  checkBuilt("setOptimizerState", model);
  const { optimizer } = model;
  const owner = `setOptimizerState of ${model.label}`;
  optimizer.build(model.trainableVariables);
  checkNamed(owner, state);
  const { steps, learningRate, ...slots } = state;
  const rate = numberOf(learningRate);
  if (rate !== undefined) checkNonNegative(owner, "learningRate", rate);
  const count = checkCount(owner, "steps", numberOf(steps), 0);
  assignNamed(owner, optimizer.variables, slots, true, "Compile with the optimizer that the state is from.");
  optimizer.rawSteps = count;
  if (rate !== undefined && !optimizer.isScheduled) optimizer.learningRate = rate;
}

/** In float64: float32 would round 0.01, and counts of more than 2^24 steps. */
const scalar = (value: number): HostArray => storableArray(Float64Array.of(value), []);

/** The one number of an array, without rounding it to float32. */
function numberOf(given: ArrayInput | undefined): number | undefined {
  if (typeof given !== "object" || given === null) return given;
  return ("data" in given ? (given.data as ArrayLike<number>) : (given as unknown as ArrayLike<number>))[0];
}
