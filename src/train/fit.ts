import type { Network } from "../nn/network.ts";
import { checkOptions } from "../options.ts";
import type { ArraysGiven } from "./arrays.ts";
import { type Callback, CallbackList, callbacksOf, type TrainedModel, type Training } from "./callback.ts";
import { type FitPlan, runEpochs, type Validation } from "./epochs.ts";
import { History } from "./history.ts";
import type { OperationQueue } from "./operation-queue.ts";
import { arrays, checkFit, type FitOptions, type ValidationData } from "./options.ts";
import { type BatchStream, isStream, Preparation } from "./prepare.ts";
import { Progress } from "./progress.ts";
import type { BatchSource } from "./source.ts";
import type { Task } from "./task.ts";
import type { Trainer } from "./trainer.ts";

/** What `fit` was called with. */
export interface FitCall {
  readonly model: TrainedModel & { readonly seed: number };
  readonly network: Network;
  readonly task: Task;
  readonly trainer: Trainer;
  readonly data: { readonly stream: BatchStream } | { readonly x: ArraysGiven; readonly y: ArraysGiven | null };
  readonly options: FitOptions;
  /** Runs this call. */
  readonly queue: OperationQueue;
}

/** Checks everything, then trains. */
export async function runFit(call: FitCall): Promise<History> {
  const { model, task, trainer, options } = call;
  const { epochs = 1, initialEpoch, seed = model.seed, callbacks = [], verbose = "auto", stepsPerEpoch } = options;
  trainer.checkTrainable("fit");
  const { source, validation } = await prepare(call, seed);
  warnOfChange(trainer);
  const history = new History(seed);
  const progress = verbose === 0 ? undefined : new Progress(verbose);
  const list: Callback[] = [...callbacksOf("fit", callbacks), history.recorder, ...(progress ? [progress] : [])];
  const training: Training = {
    model,
    epochs,
    steps: stepsPerEpoch ?? source.steps,
    validates: validation !== undefined,
    get diagnosis() {
      return trainer.diagnosis;
    },
  };
  const hooks = new CallbackList(list, training, call.queue);
  trainer.seed = seed;
  trainer.diagnosing = list.some((callback) => callback.diagnoses === true)
    ? await import("./diagnosis.ts")
    : undefined;
  model.stopTraining = false;
  // Orders go on from one fit to the next, as if all were one, unless the caller says where in the run this is.
  if (initialEpoch !== undefined) task.epochs = initialEpoch;
  const firstPass = options.seed === undefined ? task.epochs : (initialEpoch ?? 0);
  const plan: FitPlan = {
    trainer,
    optimizer: task.optimizer,
    training,
    callbacks: hooks,
    source,
    initialEpoch: initialEpoch ?? 0,
    stepsPerEpoch,
    firstPass,
    onSteps: () => {
      task.epochs++;
    },
    reset: () => task.objective.reset(),
    onStep: async (done) => {
      if (progress?.isDue) progress.show(done, await trainer.logs());
    },
    validation,
  };
  await runEpochs(plan);
  return history;
}

async function prepare(
  { network, task, data, options }: FitCall,
  seed: number,
): Promise<{ source: BatchSource; validation: Validation | undefined }> {
  const {
    batchSize,
    stepsPerEpoch,
    shuffle = true,
    classWeight,
    sampleWeight,
    validationSplit,
    validationData,
    checkData = true,
  } = options;
  const preparation = new Preparation(network, "fit", task.objective, checkData);
  checkFit(preparation.label, options, "stream" in data);
  if ("stream" in data) {
    return {
      source: await preparation.streamSource(data.stream, true, classWeight),
      validation: await validationOf(network, task, options),
    };
  }
  const all = await preparation.columns({ x: data.x, y: data.y, sampleWeight });
  const splits = validationSplit !== undefined && validationData === undefined;
  const [plain, held] = splits ? await preparation.split(all, validationSplit) : [all, undefined];
  const columns = await preparation.weigh(plain, classWeight);
  const source = preparation.arraySource(columns, { batchSize, steps: stepsPerEpoch, shuffle, seed });
  if (!held) return { source, validation: await validationOf(network, task, options) };
  return { source, validation: validating(preparation.arraySource(held, validationBatches(options)), options) };
}

async function validationOf(network: Network, task: Task, options: FitOptions): Promise<Validation | undefined> {
  const { validationData: data, checkData = true } = options;
  if (data === undefined) return undefined;
  const preparation = new Preparation(network, "validationData", task.objective, checkData);
  if (isStream(data)) return validating(await preparation.streamSource(data, true), options);
  const [x, y, sampleWeight] = validationArrays(preparation.label, data);
  return validating(
    preparation.arraySource(await preparation.columns({ x, y, sampleWeight }), validationBatches(options)),
    options,
  );
}

const validationBatches = ({ validationBatchSize, batchSize, validationSteps: steps }: FitOptions) => ({
  batchSize: validationBatchSize ?? batchSize,
  steps,
});

/** Arrays in their order: a list as it is, or a record by its names. */
function validationArrays(
  label: string,
  data: Exclude<ValidationData, BatchStream>,
): readonly [ArraysGiven, ArraysGiven, ArraysGiven?] {
  if (Array.isArray(data)) return data as unknown as readonly [ArraysGiven, ArraysGiven, ArraysGiven?];
  const { x, y, sampleWeight } = checkOptions(
    label,
    data as { x: ArraysGiven; y: ArraysGiven; sampleWeight?: ArraysGiven },
    {
      x: `${arrays}!`,
      y: `${arrays}!`,
      sampleWeight: arrays,
    },
  );
  return sampleWeight === undefined ? [x, y] : [x, y, sampleWeight];
}

function validating(source: BatchSource, { validationFreq: freq = 1, validationSteps }: FitOptions): Validation {
  const isDue = (epoch: number) => (typeof freq === "number" ? (epoch + 1) % freq === 0 : freq.includes(epoch + 1));
  return { source, steps: validationSteps, isDue };
}

const warned = /* @__PURE__ */ new WeakSet<Trainer>();

function warnOfChange(trainer: Trainer): void {
  if (!trainer.isStale || warned.has(trainer)) return;
  warned.add(trainer);
  console.warn(
    "fit: `trainable` was changed after compile. Training goes on with what was compiled; call compile again for the change to count.",
  );
}
