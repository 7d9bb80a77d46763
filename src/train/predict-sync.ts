// Prediction within one tick, for programs that cannot wait: games, control loops, audio.
import { type Backend, isHostBackend } from "../backends/backend.ts";
import { stateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { BatchMaker, outputNames } from "./batch-maker.ts";
import type { InputsGiven } from "./columns.ts";
import type { Model } from "./model.ts";
import { batchOf } from "./on-batch.ts";
import { StepSequence } from "./pass.ts";
import { portName } from "./record-step.ts";
import { sessionOf } from "./session.ts";
import type { Step } from "./step-runner.ts";

/** Options of {@link predictSync}. */
export interface PredictSyncOptions {
  /** Whether the numbers in x are checked, not only their shape, as for `predict`. Default true. */
  checkData?: boolean;
}

/** What {@link predictSync} gives: numbers in row-major order, and their shape [samples, …]. */
export interface SyncPrediction {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/**
 * What a model gives for x, at once: for games and control loops. x is run as one batch; the numbers are those that
 * `predict` gives with this batch size. A call costs a few µs beyond its program.
 *
 * It needs a backend whose memory the host can read, wasm or js, that is loaded: `compile({ backend: await wasm() })`,
 * or one awaited call before, such as `await model.predict(x)`. That call also fetches the kernels that few models need
 * (convolutions, pooling). It may be called while `fit` is awaited, between two of its steps.
 * @param x samples, as for `predict`: shapes [samples, …]. Tensors among them must be constants.
 * @throws StateError on a backend that has to be awaited (WebGPU), where something has yet to be loaded, and where the
 * model has several outputs: {@link predictAllSync} is for those.
 * @example
 * await model.predict(state); // once, before the loop starts
 * const { data } = predictSync(model, { data: state, shape: [1, 8] });
 */
export function predictSync(model: Model, x: InputsGiven, options: PredictSyncOptions = {}): SyncPrediction {
  sessionOf("predictSync", model);
  if (model.outputs.length > 1) {
    throw stateError(model.label, {
      rule: "predictSync is for models of one output",
      expected: "1 output",
      received: model.outputs.length,
      advice: "Use predictAllSync.",
    });
  }
  return predictAllSync(model, x, options)[0] as SyncPrediction;
}

/** As {@link predictSync}, with the numbers of each output: for models of several. */
export function predictAllSync(model: Model, x: InputsGiven, options: PredictSyncOptions = {}): SyncPrediction[] {
  const { stepRunner } = sessionOf("predictAllSync", model);
  const owner = `predictSync of ${model.label}`;
  const { checkData = true } = checkOptions(owner, options, { checkData: "boolean" });
  checkHost(owner, stepRunner.backend());
  const maker = new BatchMaker(model, "predictSync", undefined, checkData);
  const { spec, cursor } = batchOf(maker, maker.columnsNow({ x }));
  const names = outputNames(model).map((_, index) => portName.output(index));
  const read = ({ program }: Step): SyncPrediction[] => {
    // At once on a host backend.
    const data = program.read(names) as Record<string, TypedArray>;
    return names.map((name) => ({ data: data[name] as TypedArray, shape: program.outputShape(name) }));
  };
  const sequence = new StepSequence(stepRunner);
  const close = () => sequence.close();
  const found = sequence.run("predict", spec, cursor, read);
  if (found instanceof Promise) {
    void found.then(close, close);
    throw notLoaded(owner, "weights on their way to it, or kernels that are not fetched");
  }
  sequence.close();
  return found;
}

function checkHost(owner: string, backend: Backend | Promise<Backend>): void {
  if (backend instanceof Promise) {
    // Whoever awaits the backend hears of what fails.
    backend.catch(() => {});
    throw notLoaded(owner, "one that has yet to be loaded");
  }
  if (isHostBackend(backend)) return;
  throw stateError(owner, {
    rule: "results must be there without waiting",
    expected: "the wasm or js backend",
    received: backend.name,
    advice: "Use await model.predict(x).",
  });
}

const notLoaded = (owner: string, received: string): Error =>
  stateError(owner, {
    rule: "the backend must be ready",
    expected: "all that the model needs on it",
    received,
    advice: "Call await model.predict(x) once before, and compile({ backend: await wasm() }).",
  });
