import type { Backend } from "../backends/backend.ts";
import { stateError, valueError } from "../errors.ts";
import { after } from "../settle.ts";
import type { Model } from "./model.ts";
import { OperationQueue } from "./operation-queue.ts";
import { StepRunner } from "./step-runner.ts";
import type { TrainingSetup } from "./training-setup.ts";

/** What an operation on a compiled model works with. */
export interface Compiled {
  readonly setup: TrainingSetup;
  readonly stepRunner: StepRunner;
}

/**
 * The state of a model that is not its graph of layers: the queue of its operations, what `compile` decided, and the
 * runner of its steps. Methods of {@link Model} and functions of a model (`profile`, `mcPredict`, …) share it.
 */
export class Session {
  readonly queue = new OperationQueue();
  /** What `compile` decided; undefined before. */
  setup: TrainingSetup | undefined;
  /** The backend that `compile` was given. */
  backend: Backend | undefined;
  private runner: StepRunner | undefined;

  constructor(readonly model: Model) {}

  /** Runs the steps of the model; those of prediction also before `compile`. */
  get stepRunner(): StepRunner {
    const { model, setup, backend } = this;
    this.runner ??= new StepRunner({ network: model, setup, backend, seed: model.seed });
    return this.runner;
  }

  /** Replaces what `compile` decided; undefined undoes it. Frees the programs of before. */
  configure(setup: TrainingSetup | undefined, backend?: Backend): void {
    this.freePrograms();
    this.runner = undefined;
    this.setup = setup;
    this.backend = backend;
    // Now, since it notes which layers are trainable.
    if (setup) this.stepRunner;
  }

  /** Frees the programs. They are made again when they are needed. */
  freePrograms(): void {
    this.runner?.dispose();
  }

  /** @throws StateError before `compile`. */
  compiled(what: string): Compiled {
    const { setup } = this;
    if (setup) return { setup, stepRunner: this.stepRunner };
    throw stateError(this.model.label, {
      rule: `${what} needs a compiled model`,
      expected: "compile({ optimizer, loss }) first",
      received: "a model that was not compiled",
    });
  }

  /**
   * Runs an operation that needs a compiled model when those that were called before have ended; see
   * {@link OperationQueue}. Inside a callback of another operation it leaves the metrics as they were.
   */
  run<T>(what: string, operation: (compiled: Compiled, queue: OperationQueue) => T | Promise<T>): T | Promise<T> {
    return this.queue.run((queue) => {
      const compiled = this.compiled(what);
      const run = () => operation(compiled, queue);
      return after(compiled.setup.load(), () =>
        queue.isNested
          ? import("./keep-metrics.ts").then(({ keepMetrics }) => keepMetrics(compiled.setup.objective, run))
          : run(),
      );
    });
  }

  /** @throws StateError while the model trains or is evaluated. */
  checkIdle(what: string): void {
    if (this.queue.isBusy) throw this.busy(what, "a model that trains or is evaluated");
  }

  /** The error of a call that must not run inside another. */
  busy(what: string, received: string): Error {
    return stateError(this.model.label, {
      rule: `${what} cannot run inside another call on the model`,
      expected: "all calls before it awaited",
      received,
    });
  }
}

const sessions = /* @__PURE__ */ new WeakMap<object, Session>();

/** Makes the session of a new model. */
export function startSession(model: Model): Session {
  const session = new Session(model);
  sessions.set(model, session);
  return session;
}

/** The session of a model, for functions that take one. @throws ValueError on what is no model. */
export function sessionOf(owner: string, model: Model): Session {
  const session = sessions.get(model);
  if (session) return session;
  throw valueError(owner, {
    rule: "the first argument is a model",
    expected: "what sequential(…) or model(…) gave",
    received: model,
  });
}

/** @throws StateError for a sequential model that has no weights yet. */
export function checkBuilt(what: string, { built, label }: Model): void {
  if (built) return;
  throw stateError(label, {
    rule: `${what} needs the weights, which are made when the model is built`,
    expected: "a model that is built",
    received: "one whose input is not known",
    advice: "Call model.build([null, …]) with the shape of a batch, or give the first layer an inputShape.",
  });
}
