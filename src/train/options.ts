import type { Backend } from "../backends/backend.ts";
import { checkCount, checkSeed } from "../checks.ts";
import { valueError } from "../errors.ts";
import type { NetworkOptions } from "../nn/network.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { OptimizerName } from "../optim/optimizers.ts";
import { checkOptions, type OptionTable, type OwnTable } from "../options.ts";
import type { BatchStream } from "./batch-maker.ts";
import type { Callback } from "./callback.ts";
import type { ClassWeight } from "./class-weight.ts";
import type { ArraysGiven, InputsGiven } from "./columns.ts";
import type { McPredictOptions } from "./mc-predict.ts";
import type { ObjectiveOptions } from "./objective.ts";

/** Options of a model. */
export interface ModelOptions extends NetworkOptions {
  /**
   * Of first weights, shuffling and random layers: an integer in [0, 2^53). Drawn when left out; `model.seed` has it.
   */
  seed?: number;
}

export const modelTable: OptionTable<ModelOptions> = { seed: "number", name: "string", trainable: "boolean" };

/** Options of {@link Model.compile}. */
export interface CompileModelOptions extends ObjectiveOptions {
  /** An optimizer, or the name of one with its defaults. Default "rmsprop", as in Keras. */
  optimizer?: OptimizerName | Optimizer;
  /** Where it runs. Default wasm, on first need. */
  backend?: Backend;
}

/** Weights of one batch's samples. */
export interface BatchWeights {
  sampleWeight?: ArraysGiven;
  classWeight?: ClassWeight;
}

/** Options of {@link Model.summary}. */
export interface SummaryOptions {
  /** Where the text goes; false for nowhere. Default console.log. */
  print?: ((text: string) => void) | false;
}

/** 0: silent. 1 or "auto": a line per epoch, on a terminal with a moving bar. 2: a plain line per epoch. */
export type Verbosity = "auto" | 0 | 1 | 2;

/** Data to validate with: arrays in a list, or by name, or batches. */
export type ValidationData =
  | readonly [x: InputsGiven, y: ArraysGiven | null, sampleWeight?: ArraysGiven]
  | {
      /** Samples of each input. */
      readonly x: InputsGiven;
      /** Labels of each output. */
      readonly y: ArraysGiven;
      /** What each sample counts. Default 1. */
      readonly sampleWeight?: ArraysGiven;
    }
  | BatchStream;

/** Options of passes over data. */
export interface PassOptions {
  /**
   * Samples per step, ≥ 1; not with a dataset, which makes its own batches. Default 32; with `steps` (or
   * `stepsPerEpoch`) the samples divided by it, rounded up, as in Keras.
   */
  batchSize?: number;
  /** One or several callbacks. Default none. */
  callbacks?: Callback | readonly Callback[];
  /**
   * Whether data are checked before they are used, batches of a stream in every epoch: for NaN, infinities (of
   * float32), labels that do not exist, and numbers that an embedding has no vector for. Default true.
   */
  checkData?: boolean;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends PassOptions {
  /** The weight of each sample. */
  sampleWeight?: ArraysGiven;
  /** At most so many batches. Default all. */
  steps?: number;
}

/** Options of `predict`. */
export interface PredictOptions extends PassOptions {
  /** At most so many batches. Default all. */
  steps?: number;
}

/** Options of `fit`, with Keras's meaning. */
export interface FitOptions extends PassOptions {
  /** The epoch before which training ends: with `initialEpoch` 0 the number of passes over the data. ≥ 1. Default 1. */
  epochs?: number;
  /** Default "auto": 1. */
  verbose?: Verbosity;
  /** The share of the samples, the last ones, that are kept for validation, in (0, 1). Arrays only. Default none. */
  validationSplit?: number;
  /** What to evaluate on after each epoch; takes precedence over `validationSplit`. */
  validationData?: ValidationData;
  /** Samples in another order in each epoch; "batch" leaves each batch together. Arrays only. Default true. */
  shuffle?: boolean | "batch";
  /**
   * Of the order and of random layers: an integer in [0, 2^53). Default the model's seed. The order of an epoch is
   * drawn from the seed and the number of epochs that the model was trained for since `compile`, so that `fit` with 3
   * epochs gives what three calls with 1 give. A call with a seed of its own begins with the order of epoch
   * `initialEpoch`, whatever was trained before.
   */
  seed?: number;
  /**
   * The epoch to begin with, at most `epochs`, to go on with an earlier run and its orders. Default 0, with orders that
   * were not used since `compile`.
   */
  initialEpoch?: number;
  /**
   * The weight of each class in the loss: `{ 0: 1, 1: 5 }`, a Map, or a list. Weighs each step where labels have
   * several. One output only, not with sampleWeight.
   */
  classWeight?: ClassWeight;
  /**
   * The weight of each sample in the loss: [n], [n, 1], one number for all, or the shape of the loss's values, such as
   * [n, steps].
   */
  sampleWeight?: ArraysGiven;
  /**
   * Batches in an epoch. The next epoch goes on where this one stopped; at the end of the data it starts over, with
   * `shuffle` in another order. An epoch in which the data end is shorter, with a warning. Default all.
   */
  stepsPerEpoch?: number;
  /** At most so many batches to validate with, each time from the start. Default all. */
  validationSteps?: number;
  /** Default batchSize. */
  validationBatchSize?: number;
  /** Validate every so many epochs, or after these epochs (counted from 1). Default 1. */
  validationFreq?: number | readonly number[];
}

/** The kinds of {@link ArraysGiven}. */
export const arrays = "object or list or number";

/** The options of a pass over data, checked. @param own those besides the ones that all passes take. */
function passOptions<O extends PassOptions>(label: string, options: O, own: OwnTable<NoInfer<O>, PassOptions>): O {
  return checkOptions(label, options, {
    batchSize: "number",
    callbacks: "object or list",
    checkData: "boolean",
    ...own,
  } as unknown as OptionTable<O>);
}

/** The options of `predict` and `mcPredict`, checked; only the latter has passes. */
export function predictOptions(label: string, options: McPredictOptions, passes = {}): McPredictOptions {
  return passOptions(label, options, { steps: "number", ...(passes as { passes: "number" }) });
}

/** The options of `evaluate`, checked. */
export function evaluateOptions(label: string, options: EvaluateOptions): EvaluateOptions {
  return passOptions(label, options, { steps: "number", sampleWeight: arrays });
}

/** The options of `fit`, checked. */
export function fitOptions(label: string, options: FitOptions): FitOptions {
  return passOptions(label, options, {
    epochs: "number",
    verbose: "string or number",
    validationSplit: "number",
    validationData: "object or list",
    shuffle: "boolean or string",
    seed: "number",
    initialEpoch: "number",
    classWeight: "object or list",
    sampleWeight: arrays,
    stepsPerEpoch: "number",
    validationSteps: "number",
    validationBatchSize: "number",
    validationFreq: "number or list",
  });
}

/** The options of `compile`, checked. */
export function compileOptions(label: string, options: CompileModelOptions): CompileModelOptions {
  checkBackend(label, options?.backend);
  return checkOptions(label, options, {
    loss: "string or function or list or object or null",
    optimizer: "string or object",
    backend: "object",
    lossWeights: "list or object",
    metrics: "string or function or list or object or null",
    weightedMetrics: "string or function or list or object or null",
  });
}

/** @throws ValueError on a backend that is not awaited, or is none. */
export function checkBackend(label: string, backend: Backend | null | undefined): void {
  if (typeof backend !== "object" || !backend || backend.load !== undefined) return;
  throw valueError(label, {
    rule: "backend is what a factory made",
    expected: "await wasm() or js()",
    received: backend,
  });
}

/** The weights of a batch, checked; tests have none of classes. */
export function batchWeights(label: string, weights: BatchWeights, isTest: boolean): BatchWeights {
  return isTest
    ? checkOptions(label, weights, { sampleWeight: arrays } as OptionTable<BatchWeights>)
    : checkOptions(label, weights, { sampleWeight: arrays, classWeight: "object or list" });
}

const count = (label: string, what: string, value: number | undefined, least: number) => {
  if (value !== undefined) checkCount(label, what, value, least);
};

/** Checks the options of a pass. @throws ValueError. */
export function checkPass(
  label: string,
  { batchSize, steps, sampleWeight }: PassOptions & { steps?: number; sampleWeight?: ArraysGiven },
  isStream: boolean,
): void {
  count(label, "batchSize", batchSize, 1);
  count(label, "steps", steps, 1);
  if (!isStream) return;
  if (batchSize !== undefined) throw notForStreams(label, "batchSize", "Use dataset.batch(…).");
  if (sampleWeight !== undefined)
    throw notForStreams(label, "sampleWeight", "Give it in the batches: { x, y, sampleWeight }.");
}

const notForStreams = (label: string, what: string, advice: string): Error =>
  valueError(label, { rule: `${what} is for arrays`, expected: "arrays x and y", received: "a dataset", advice });

/** Checks the options of `fit`. @throws ValueError. */
export function checkFit(label: string, options: FitOptions, isStream: boolean): void {
  checkPass(label, options, isStream);
  count(label, "epochs", options.epochs, 1);
  count(label, "initialEpoch", options.initialEpoch, 0);
  count(
    label,
    "epochs (where training ends, not how many are added to initialEpoch)",
    options.epochs ?? 1,
    options.initialEpoch ?? 0,
  );
  count(label, "stepsPerEpoch", options.stepsPerEpoch, 1);
  count(label, "validationSteps", options.validationSteps, 1);
  count(label, "validationBatchSize", options.validationBatchSize, 1);
  const { validationFreq: freq, seed, verbose = "auto", shuffle = true } = options;
  for (const each of typeof freq === "object" ? freq : [freq]) count(label, "validationFreq", each, 1);
  if (seed !== undefined) checkSeed(label, seed);
  if (!["auto", 0, 1, 2].includes(verbose))
    throw valueError(label, { rule: "unknown verbose", expected: '"auto", 0, 1 or 2', received: verbose });
  if (![true, false, "batch"].includes(shuffle))
    throw valueError(label, { rule: "unknown shuffle", expected: 'true, false or "batch"', received: shuffle });
  if (isStream && options.validationSplit !== undefined)
    throw notForStreams(label, "validationSplit", "Use dataset.split(…) and validationData.");
}
