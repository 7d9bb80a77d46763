import type { TypedArray } from "../ir/dtype.ts";
import { after, settle } from "../settle.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { BatchSource } from "./batch.ts";
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
export function runPredict(
  session: Session,
  mode: "predict" | "sample",
  x: InputsGiven | BatchStream,
  options: PredictOptions,
  queue?: OperationQueue,
): Tensor[] | Promise<Tensor[]> {
  return settle(predict(session, mode, x, options, queue));
}

function* predict(
  session: Session,
  mode: "predict" | "sample",
  x: InputsGiven | BatchStream,
  options: PredictOptions,
  queue?: OperationQueue,
): Generator<unknown, Tensor[], never> {
  const { model, stepRunner } = session;
  const { steps, callbacks = [], checkData = true } = options;
  const maker = new BatchMaker(model, "predict", undefined, checkData);
  const given = givenOf(x);
  checkPass(maker.label, options, given.stream !== undefined);
  const source: BatchSource = yield maker.batches(given, options);
  const hooks = new CallbackList(callbacksOf(maker.label, callbacks), { model }, queue);
  yield hooks.call("onPredictBegin");
  const parts = outputNames(model).map((): Part[] => []);
  const names = parts.map((_, index) => portName.output(index));
  const read = ({ program }: Step): void | Promise<void> =>
    after(program.read(names), (data) => {
      for (const [index, name] of names.entries())
        parts[index]?.push({ data: data[name] as TypedArray, shape: program.outputShape(name) });
    });
  yield eachBatch(stepRunner, source, steps, (run, batch) =>
    after(hooks.call("onPredictBatchBegin", batch), () =>
      after(run(mode, read), () => hooks.call("onPredictBatchEnd", batch)),
    ),
  );
  yield hooks.call("onPredictEnd");
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
