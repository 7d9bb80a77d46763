import type { TypedArray } from "../ir/dtype.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { BatchMaker, type BatchStream, givenOf, outputNames } from "./batch-maker.ts";
import { CallbackList, callbacksOf } from "./callback.ts";
import type { InputsGiven } from "./columns.ts";
import type { OperationQueue } from "./operation-queue.ts";
import { checkPass, type PredictOptions } from "./options.ts";
import { eachBatch } from "./pass.ts";
import { portName } from "./record-step.ts";
import type { Session } from "./session.ts";
import type { Step } from "./step-runner.ts";

/** An output for one batch. */
interface Part {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/**
 * What a model gives for x, a constant tensor for each output; see `Model.predictAll`.
 * @param mode "sample" leaves dropout and noise on.
 * @param queue runs this call, where it must not overlap others.
 */
export async function runPredict(
  session: Session,
  mode: "predict" | "sample",
  x: InputsGiven | BatchStream,
  options: PredictOptions,
  queue?: OperationQueue,
): Promise<Tensor[]> {
  const { model, stepRunner } = session;
  const { steps, callbacks = [], checkData = true } = options;
  const maker = new BatchMaker(model, "predict", undefined, checkData);
  const given = givenOf(x);
  checkPass(maker.label, options, given.stream !== undefined);
  const source = await maker.batches(given, options);
  const hooks = new CallbackList(callbacksOf(maker.label, callbacks), { model }, queue);
  await hooks.call("onPredictBegin");
  const parts = outputNames(model).map((): Part[] => []);
  const names = parts.map((_, index) => portName.output(index));
  const read = async ({ program }: Step): Promise<Part[]> => {
    const data = await program.read(names);
    return names.map((name) => ({ data: data[name] as TypedArray, shape: program.outputShape(name) }));
  };
  await eachBatch(stepRunner, source, steps, async (run, batch) => {
    if (hooks.has("onPredictBatchBegin")) await hooks.call("onPredictBatchBegin", batch);
    const found = await run(mode, read);
    for (const [index, list] of parts.entries()) list.push(found[index] as Part);
    if (hooks.has("onPredictBatchEnd")) await hooks.call("onPredictBatchEnd", batch);
  });
  await hooks.call("onPredictEnd");
  return parts.map(join);
}

/** The batches of an output as one tensor. */
function join(parts: readonly Part[]): Tensor {
  const [first] = parts as [Part];
  if (parts.length === 1) return tensor(first.data, first.shape);
  const size = parts.reduce((sum, { data }) => sum + data.length, 0);
  const whole = new (first.data.constructor as new (length: number) => TypedArray)(size);
  let offset = 0;
  for (const { data } of parts) {
    whole.set(data, offset);
    offset += data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
  return tensor(whole, [rows, ...first.shape.slice(1)]);
}
