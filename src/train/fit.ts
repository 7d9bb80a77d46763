import { BatchMaker, type Given } from "./batch-maker.ts";
import { type Callback, CallbackList, callbacksOf, type Training } from "./callback.ts";
import { type FitPlan, runEpochs } from "./epochs.ts";
import { History } from "./history.ts";
import { checkFit, type FitOptions } from "./options.ts";
import { StepSequence } from "./pass.ts";
import { Progress } from "./progress.ts";
import type { Compiled, Session } from "./session.ts";
import type { StepRunner } from "./step-runner.ts";

/**
 * Trains a compiled model; see `Model.fit`. Checks everything before it changes anything.
 * @param steps runs the steps, where this process is not the only one that trains.
 * @param progress shows how far it is.
 */
export function runFit(
  session: Session,
  data: Given,
  options: FitOptions,
  steps?: FitPlan["sequence"],
  progress = options.verbose === 0 ? undefined : new Progress(options.verbose ?? "auto"),
): History | Promise<History> {
  const { model } = session;
  return session.run("fit", async (compiled, queue) => {
    if (queue.isNested) throw session.busy("fit", "a call from a callback of this model");
    const { setup, stepRunner } = compiled;
    const { epochs = 1, initialEpoch, seed = model.seed, callbacks = [], stepsPerEpoch } = options;
    stepRunner.checkTrainable("fit");
    const { source, validation } = await sourcesOf(session, compiled, data, options, seed);
    warnOfChange(stepRunner);
    const history = new History(seed);
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
        return stepRunner.reading.diagnosis;
      },
      get measures() {
        return stepRunner.reading.measures;
      },
    };
    const hooks = new CallbackList(list, training, queue);
    stepRunner.seed = seed;
    stepRunner.instrument = list.some(({ diagnoses, measures }) => diagnoses || measures)
      ? (await import("./diagnose/instrument-for.ts")).instrumentFor(list, stepRunner)
      : undefined;
    stepRunner.reading = {};
    model.stopTraining = false;
    // Orders go on from one fit to the next, as if all were one, unless the caller says where in the run this is.
    if (initialEpoch !== undefined) setup.epochs = initialEpoch;
    const plan: FitPlan = {
      compiled,
      sequence: steps ?? new StepSequence(stepRunner),
      training,
      callbacks: hooks,
      source,
      stepsPerEpoch,
      onStep: async (done) => {
        if (progress?.isDue) progress.show(done, await stepRunner.logs());
      },
      validation,
    };
    const backend = await stepRunner.backend();
    await (backend.keepRows ? (await import("./keep-batches.ts")).runKeeping(plan, backend) : runEpochs(plan));
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
): Promise<Pick<FitPlan, "source" | "validation">> {
  const { batchSize, stepsPerEpoch, shuffle = true, classWeight, checkData = true } = options;
  const { objective } = setup;
  const maker = new BatchMaker(model, "fit", objective, checkData);
  checkFit(maker.label, options, data.stream !== undefined);
  const order = { batchSize, steps: stepsPerEpoch, shuffle, seed, classWeight };
  if (options.validationData === undefined && options.validationSplit === undefined)
    return { source: await maker.batches(data, order), validation: undefined };
  return (await import("./validation.ts")).withValidation(model, objective, maker, data, order, options);
}

const warned = /* @__PURE__ */ new WeakSet<StepRunner>();

function warnOfChange(stepRunner: StepRunner): void {
  if (!stepRunner.isStale || warned.has(stepRunner)) return;
  warned.add(stepRunner);
  console.warn(
    "fit: `trainable` was changed after compile. Training goes on with what was compiled; call compile again for the change to count.",
  );
}
