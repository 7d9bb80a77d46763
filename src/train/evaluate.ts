// `evaluate` and what validation shares with it: loaded when one of them runs.
import { after } from "../settle.ts";
import type { BatchSource } from "./batch.ts";
import { BatchMaker, type Given } from "./batch-maker.ts";
import { CallbackList, callbacksOf } from "./callback.ts";
import type { OperationQueue } from "./operation-queue.ts";
import { checkPass, type EvaluateOptions } from "./options.ts";
import { eachBatch } from "./pass.ts";
import type { Compiled, Session } from "./session.ts";
import type { Logs } from "./step-runner.ts";

/** Losses and metrics of a compiled model over data; see `Model.evaluate`. */
export async function evaluate(
  { model }: Session,
  compiled: Compiled,
  queue: OperationQueue,
  given: Given,
  options: EvaluateOptions,
): Promise<Logs> {
  const { steps, callbacks = [], checkData = true } = options;
  const maker = new BatchMaker(model, "evaluate", compiled.setup.objective, checkData);
  checkPass(maker.label, options, given.stream !== undefined);
  const source = await maker.batches(given, options);
  return measure(compiled, source, steps, new CallbackList(callbacksOf(maker.label, callbacks), { model }, queue));
}

const noOutput = (): void => {};

/** Losses and metrics over one pass; the metrics start from zero. */
export async function measure(
  { setup, stepRunner }: Compiled,
  source: BatchSource,
  limit: number | undefined,
  callbacks: CallbackList,
): Promise<Logs> {
  setup.objective.reset();
  await callbacks.call("onTestBegin");
  await eachBatch(stepRunner, source, limit, (run, batch) =>
    after(callbacks.call("onTestBatchBegin", batch), () =>
      after(run<void>("test", noOutput), () => callbacks.call("onTestBatchEnd", batch)),
    ),
  );
  const logs = await stepRunner.logs();
  await callbacks.call("onTestEnd", logs);
  return logs;
}
