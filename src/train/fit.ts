import { checkOptions } from "../options.ts";
import type { BatchSource } from "./batch.ts";
import { BatchMaker, type BatchStream, type Given, givenOf, isStream } from "./batch-maker.ts";
import { type Callback, CallbackList, callbacksOf, type Training } from "./callback.ts";
import type { ArraysGiven } from "./columns.ts";
import { runEpochs, type Validation } from "./epochs.ts";
import { History } from "./history.ts";
import { arrays, checkFit, type FitOptions, type ValidationData } from "./options.ts";
import { Progress } from "./progress.ts";
import type { Compiled, Session } from "./session.ts";
import type { StepRunner } from "./step-runner.ts";

/** Trains a compiled model; see `Model.fit`. Checks everything before it changes anything. */
export function runFit(session: Session, data: Given, options: FitOptions): Promise<History> {
  const { model } = session;
  return session.run("fit", async (compiled, queue) => {
    if (queue.isNested) throw session.busy("fit", "a call from a callback of this model");
    const { setup, stepRunner } = compiled;
    const { epochs = 1, initialEpoch, seed = model.seed, callbacks = [], verbose = "auto", stepsPerEpoch } = options;
    stepRunner.checkTrainable("fit");
    const { source, validation } = await sourcesOf(session, compiled, data, options, seed);
    warnOfChange(stepRunner);
    const history = new History(seed);
    const progress = verbose === 0 ? undefined : new Progress(verbose);
    const given = callbacksOf("fit", callbacks);
    const list: Callback[] = [...given, history.recorder, ...(progress ? [progress] : [])];
    const firstPass = options.seed === undefined && initialEpoch === undefined ? setup.epochs : (initialEpoch ?? 0);
    const training: Training = {
      model,
      callbacks: given,
      history,
      position: { epoch: initialEpoch ?? 0, batch: 0, pass: firstPass, dataPass: firstPass, dataBatch: 0 },
      epochs,
      steps: stepsPerEpoch ?? source.steps,
      lastBatch: undefined,
      validates: validation !== undefined,
      get diagnosis() {
        return stepRunner.diagnosis;
      },
    };
    const hooks = new CallbackList(list, training, queue);
    stepRunner.seed = seed;
    stepRunner.diagnosing = list.some((callback) => callback.diagnoses === true)
      ? await import("./diagnosis.ts")
      : undefined;
    model.stopTraining = false;
    // Orders go on from one fit to the next, as if all were one, unless the caller says where in the run this is.
    if (initialEpoch !== undefined) setup.epochs = initialEpoch;
    await runEpochs({
      compiled,
      training,
      callbacks: hooks,
      source,
      stepsPerEpoch,
      onStep: async (done) => {
        if (progress?.isDue) progress.show(done, await stepRunner.logs());
      },
      validation,
    });
    return history;
  });
}

/** What is trained on, and what is validated on. */
async function sourcesOf(
  { model }: Session,
  { setup }: Compiled,
  data: Given,
  options: FitOptions,
  seed: number,
): Promise<{ source: BatchSource; validation: Validation | undefined }> {
  const { batchSize, stepsPerEpoch, shuffle = true, classWeight, validationSplit, checkData = true } = options;
  const maker = new BatchMaker(model, "fit", setup.objective, checkData);
  checkFit(maker.label, options, data.stream !== undefined);
  const order = { batchSize, steps: stepsPerEpoch, shuffle, seed };
  if (data.stream || validationSplit === undefined || options.validationData !== undefined) {
    const source = await maker.batches(data, { ...order, classWeight });
    return { source, validation: await validationOf(model, setup, options) };
  }
  const { splitColumns } = await import("./validation-split.ts");
  const [first, last] = splitColumns(maker.label, await maker.columns(data), validationSplit);
  return {
    source: maker.arrayBatches(await maker.weigh(first, classWeight), order),
    validation: validating(maker.arrayBatches(last, validationBatches(options)), options),
  };
}

async function validationOf(
  model: Session["model"],
  setup: Compiled["setup"],
  options: FitOptions,
): Promise<Validation | undefined> {
  const { validationData: data, checkData = true } = options;
  if (data === undefined) return undefined;
  const maker = new BatchMaker(model, "validationData", setup.objective, checkData);
  const given = isStream(data) ? { stream: data } : givenOf(...validationArrays(maker.label, data));
  return validating(await maker.batches(given, validationBatches(options)), options);
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

const warned = /* @__PURE__ */ new WeakSet<StepRunner>();

function warnOfChange(stepRunner: StepRunner): void {
  if (!stepRunner.isStale || warned.has(stepRunner)) return;
  warned.add(stepRunner);
  console.warn(
    "fit: `trainable` was changed after compile. Training goes on with what was compiled; call compile again for the change to count.",
  );
}
