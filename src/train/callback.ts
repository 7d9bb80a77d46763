import { lookUp, valueError } from "../errors.ts";
import { listOf } from "../nn/layer.ts";
import type { OptionTable } from "../options.ts";
import type { BatchSpec } from "./batch.ts";
import type { Measures } from "./diagnose/measures.ts";
import type { History } from "./history.ts";
import type { Model } from "./model.ts";
import type { OperationQueue } from "./operation-queue.ts";
import type { Logs } from "./step-runner.ts";

/** What the hooks of `evaluate`, `predict` and validation get. */
export interface Run {
  readonly model: Model;
}

/** What the hooks of a training run get. */
export interface Training extends Run {
  /** The epoch before which training ends. */
  readonly epochs: number;
  /** Steps in an epoch, where that is known. */
  readonly steps: number | undefined;
  /** Whether there are data to validate with. */
  readonly validates: boolean;
  /** What was not finite in the step just run, in words; undefined where all was, or no callback has `diagnoses`. */
  readonly diagnosis: string | undefined;
  /** Measures of the step just run; undefined where no callback has `measures`. */
  readonly measures: Measures | undefined;
  /** The callbacks that `fit` was given. */
  readonly callbacks: readonly Callback[];
  /** What was reported so far, without the epoch that ends. */
  readonly history: History;
  /** Where the run is. `onTrainBegin` may set it, to go on where an earlier run was. */
  readonly position: TrainingPosition;
  /** Shapes and dtypes of the batch that was trained on last; undefined before the first. */
  lastBatch: BatchSpec | undefined;
}

/** A place in a training run. After an epoch it is the start of the next one. */
export interface TrainingPosition {
  /** The epoch, from 0. */
  epoch: number;
  /** How many batches of the epoch were trained on. */
  batch: number;
  /** What the order of the epoch is drawn with, beside the seed. */
  pass: number;
  /** That of the data that are being read, which with `stepsPerEpoch` may have begun in an earlier epoch. */
  dataPass: number;
  /** How many batches of these data were read. */
  dataBatch: number;
}

type Hooked = void | Promise<void>;

/**
 * Code that runs while a model trains. All hooks are optional, may be asynchronous, and are called in the callbacks'
 * order. Logs may be added to. What a hook throws ends the call (`fit`, `evaluate`, `predict`) without `onTrainEnd`;
 * the model keeps the weights of the last step and can be used on.
 */
export interface Callback {
  /**
   * Whether train steps check layer by layer that all numbers are finite (see `Training.diagnosis`), which takes time.
   */
  readonly diagnoses?: boolean;
  /**
   * Whether train steps measure the scale of each layer's activations and gradients, inactive units and updates (see
   * `Training.measures`), which takes time. They look for numbers that are not finite, too.
   */
  readonly measures?: boolean;
  /**
   * What a checkpoint keeps of the callback, so that a resumed run goes on as if it had not been interrupted: numbers,
   * text, lists and records of them, and arrays `{ data, shape }`. Always with the same keys, by which `resume` finds
   * that a callback is the one of the run; what there is not yet is undefined.
   */
  getState?(): Readonly<Record<string, unknown>>;
  /** Takes what `getState` gave; called after `onTrainBegin` of a resumed run. */
  setState?(state: Readonly<Record<string, unknown>>): void;
  onTrainBegin?(training: Training): Hooked;
  /** Logs are those of the last epoch; there are none where no epoch ended. */
  onTrainEnd?(logs: Partial<Logs>, training: Training): Hooked;
  /** `epoch` counts from 0. */
  onEpochBegin?(epoch: number, training: Training): Hooked;
  /** Logs hold losses and metrics, those of validation with `val_` before their names. */
  onEpochEnd?(epoch: number, logs: Logs, training: Training): Hooked;
  onTrainBatchBegin?(batch: number, training: Training): Hooked;
  /**
   * Logs hold the means over the epoch so far. Reading them costs a little, so have this hook only where it is needed.
   */
  onTrainBatchEnd?(batch: number, logs: Logs, training: Training): Hooked;
  onTestBegin?(run: Run): Hooked;
  onTestEnd?(logs: Logs, run: Run): Hooked;
  onTestBatchBegin?(batch: number, run: Run): Hooked;
  onTestBatchEnd?(batch: number, run: Run): Hooked;
  onPredictBegin?(run: Run): Hooked;
  onPredictEnd?(run: Run): Hooked;
  onPredictBatchBegin?(batch: number, run: Run): Hooked;
  onPredictBatchEnd?(batch: number, run: Run): Hooked;
}

/** Names of the hooks. */
export type Hook = Exclude<keyof Callback, "diagnoses" | "measures" | "getState" | "setState">;

/** The arguments of a hook without the last one, which all hooks get. */
type Given<H extends Hook> = Parameters<NonNullable<Callback[H]>> extends [...infer First, infer _Run] ? First : never;

/** The hooks, and what else a callback may have. */
const hooks: OptionTable<Callback> = {
  diagnoses: "boolean",
  measures: "boolean",
  getState: "function",
  setState: "function",
  onTrainBegin: "function",
  onTrainEnd: "function",
  onEpochBegin: "function",
  onEpochEnd: "function",
  onTrainBatchBegin: "function",
  onTrainBatchEnd: "function",
  onTestBegin: "function",
  onTestEnd: "function",
  onTestBatchBegin: "function",
  onTestBatchEnd: "function",
  onPredictBegin: "function",
  onPredictEnd: "function",
  onPredictBatchBegin: "function",
  onPredictBatchEnd: "function",
};

/**
 * Callbacks as a list: one alone is a list of one.
 * @throws ValueError on what is no object; on a name of a plain object that begins as hooks do but is none, with the
 * nearest; on a hook that is no function. Objects of classes may have methods of any name.
 */
export function callbacksOf(owner: string, given: Callback | readonly Callback[]): readonly Callback[] {
  const list = listOf(given);
  for (const callback of list) {
    if (typeof callback !== "object" || callback === null) {
      throw valueError(owner, {
        rule: "a callback is an object of hooks",
        expected: "such as { onEpochEnd: … }",
        received: callback,
      });
    }
    const isPlain = Object.getPrototypeOf(Object.getPrototypeOf(callback) ?? {}) === null;
    checkHooks(owner, callback, (name) => name in hooks || (isPlain && /^on[A-Z_]/.test(name)));
  }
  return list;
}

/** Checks the names for which `counts` holds. */
export function checkHooks(owner: string, callback: Callback, counts: (name: string) => boolean): void {
  for (const [name, hook] of Object.entries(callback)) {
    if (!counts(name)) continue;
    const kind = lookUp(owner, "hook", hooks, name);
    if (hook !== undefined && hook !== null && typeof hook !== kind)
      throw valueError(owner, { rule: `${name} must be a ${kind}`, expected: `a ${kind}`, received: hook });
  }
}

/** The callbacks of one call. Hooks that none of them has cost nothing. */
export class CallbackList {
  /**
   * @param run the last argument of each hook; a {@link Training} where hooks of training are called.
   * @param queue runs the operation that calls the callbacks, where there is one: it is paused while they run, so that
   * they may use the model.
   * @throws ValueError where one is listed twice: it would count everything twice.
   */
  constructor(
    private readonly callbacks: readonly Callback[],
    private readonly run: Run,
    private readonly queue?: OperationQueue,
  ) {
    if (new Set(callbacks).size < callbacks.length) {
      throw valueError("callbacks", {
        rule: "each callback may be listed once",
        expected: "different callbacks",
        received: "one twice",
      });
    }
  }

  /** Whether one of them has this hook. */
  has(hook: Hook): boolean {
    return this.callbacks.some((callback) => callback[hook]);
  }

  /** Calls the hook of each, one after the other; a promise only where one has it. */
  call<H extends Hook>(hook: H, ...args: Given<H>): void | Promise<void> {
    if (this.has(hook)) return this.callEach(hook, args);
  }

  private async callEach<H extends Hook>(hook: H, args: Given<H>): Promise<void> {
    const all: unknown[] = [...args, this.run];
    for (const callback of this.callbacks) {
      const act = () => (callback[hook] as ((...args: unknown[]) => Hooked) | undefined)?.apply(callback, all);
      await (this.queue ? this.queue.pauseFor(act) : act());
    }
  }
}
