// The options of a job's `fit`, and what a model must be like for it.
import { checkCount, checkPositive } from "../checks.ts";
import { checkOptions } from "../options.ts";
import type { BatchStream, Given } from "../train/batch-maker.ts";
import { isStream } from "../train/batch-maker.ts";
import { callbacksOf } from "../train/callback.ts";
import type { ArraysGiven, DataGiven, InputsGiven } from "../train/columns.ts";
import type { Model } from "../train/model.ts";
import { arrays, type FitOptions, fitOptions } from "../train/options.ts";
import { type Compiled, checkBuilt, type Session } from "../train/session.ts";
import { hashOf } from "./hash.ts";

/** How the weights that all workers share follow from those that each has trained on its own. */
export interface OuterOptions {
  /** How much of the mean of the workers' changes counts, ≥ 0. Default 1: the weights become the workers' mean. */
  learningRate?: number;
  /** How much of the last update is repeated, in [0, 1]. Default 0. */
  momentum?: number;
  /** Looks one update ahead (Nesterov). Default false. */
  nesterov?: boolean;
}

/** Workers that train on their own between updates of the weights that they share. */
export interface LocalSync {
  /** Batches of each worker between two updates, ≥ 1. An epoch ends with an update, too. */
  every: number;
  /** Default: the mean of the weights (FedAvg). DiLoCo: `{ learningRate: 0.7, momentum: 0.9, nesterov: true }`. */
  outer?: OuterOptions;
}

/** Options of {@link Job.fit}: those of `fit` of models, and when the workers agree. */
export interface JobFitOptions extends Omit<FitOptions, "initialEpoch" | "sampleWeight"> {
  /**
   * When the workers agree. "step": on the gradients of each step. `{ every, outer }`: on weights, every so many steps
   * that each makes on its own. Default "step".
   */
  sync?: "step" | LocalSync;
  /**
   * Milliseconds to wait for the step of a worker that is alive; then it is dropped. What it does between steps
   * (callbacks, validation, checkpoints, reading data) may take ten times as long. > 0. Default 30 000.
   */
  stepTimeout?: number;
  /**
   * Updates of the shared weights between checkpoints, ≥ 1: what is trained again after a worker was lost. Default 500;
   * with `every` as many as take 500 batches of a worker.
   */
  checkpointEvery?: number;
}

/** What a job trains on: the same on all workers. */
export type JobData =
  | readonly [x: InputsGiven, y: ArraysGiven | null, sampleWeight?: ArraysGiven]
  | {
      /** Samples of each input. */
      readonly x: InputsGiven;
      /** Labels of each output. */
      readonly y?: ArraysGiven | null;
      /** What each sample counts. Default 1. */
      readonly sampleWeight?: ArraysGiven;
    }
  | BatchStream;

/** Options with defaults filled in. */
export interface JobFit {
  readonly fit: FitOptions;
  /** Undefined where workers agree on each step. */
  readonly local: LocalSync | undefined;
  readonly stepTimeout: number;
  readonly checkpointEvery: number;
}

/** The options, checked. @throws ValueError. */
export async function jobFitOptions(label: string, given: JobFitOptions): Promise<JobFit> {
  const { sync = "step", stepTimeout = 30_000, checkpointEvery: asked, ...rest } = given ?? {};
  checkOptions(label, { sync, stepTimeout, checkpointEvery: asked }, {
    sync: "string or object",
    stepTimeout: "number",
    checkpointEvery: "number",
  } as never);
  const local = sync === "step" ? undefined : (await import("./local-rounds.ts")).localSync(label, sync);
  const checkpointEvery = asked ?? Math.ceil(500 / (local?.every ?? 1));
  checkPositive(label, "stepTimeout", stepTimeout);
  checkCount(label, "checkpointEvery", checkpointEvery, 1);
  const fit = fitOptions(label, rest);
  const { initialEpoch, sampleWeight } = fit;
  const refuse = async (name: string, expected: string, received: unknown) => {
    if (received !== undefined) throw (await import("./job-refusals.ts")).notForJobs(label, name, expected, received);
  };
  await refuse("initialEpoch", "the epoch of the job's checkpoint", initialEpoch);
  await refuse("sampleWeight", "[x, y, sampleWeight] as data", sampleWeight);
  const callbacks = callbacksOf(label, fit.callbacks ?? []);
  if (callbacks.some(({ diagnoses, measures }) => diagnoses || measures))
    throw (await import("./job-refusals.ts")).looksIntoSteps(label);
  return { fit: { ...fit, callbacks }, local, stepTimeout, checkpointEvery };
}

/** Data as `fit` takes them. @throws ValueError on names that data do not have. */
export function jobData(label: string, data: JobData): Given {
  if (isStream(data)) return { stream: data };
  const named = Array.isArray(data) ? { x: data[0], y: data[1], sampleWeight: data[2] } : data;
  return checkOptions(
    `data of ${label}`,
    named as DataGiven,
    {
      x: `${arrays}!`,
      y: `${arrays} or null`,
      sampleWeight: arrays,
    } as never,
  ) as Given;
}

/**
 * What a model was compiled to.
 * @throws StateError where it is not built and compiled; ValueError where its optimizer accumulates itself.
 */
export async function compiledOf(label: string, session: Session): Promise<Compiled> {
  session.checkIdle(label);
  checkBuilt(label, session.model);
  const compiled = session.compiled(label);
  await compiled.setup.load();
  const config = compiled.setup.optimizer.getConfig();
  for (const name of ["gradientAccumulationSteps", "lossScaleFactor"])
    if (config[name] !== undefined) throw (await import("./job-refusals.ts")).accumulates(label, name, config[name]);
  return compiled;
}

/** What must be the same on all workers, as text: the model, its objective and optimizer, and options that count. */
export async function fingerprint(model: Model, { setup }: Compiled, options: JobFit): Promise<string> {
  const { fit, local, checkpointEvery } = options;
  const { batchSize, epochs, shuffle, stepsPerEpoch, validationSplit, classWeight } = fit;
  const text = JSON.stringify(
    [
      model,
      setup.objective.options,
      setup.optimizer.getConfig(),
      { batchSize, epochs, shuffle, stepsPerEpoch, validationSplit, classWeight, local, checkpointEvery },
      model.variables.map(({ name, shape, dtype }) => [name, shape, dtype]),
    ],
    (_, value) => {
      if (value instanceof Map) return [...value];
      return typeof value === "function" ? value.name || "function" : value;
    },
  );
  return hashOf(text);
}
