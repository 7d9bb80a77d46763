/** One call on a model that must not overlap another. It gets the queue that runs it. */
type Operation<T> = (queue: OperationQueue) => T | Promise<T>;

/**
 * The rule for calls that overlap on one model:
 *
 * - Calls that train, measure or draw random numbers (`fit`, `evaluate`, `trainOnBatch`, `testOnBatch`, `mcPredict`,
 *   `profile`, `learningRateRangeTest`), and predictions with callbacks, which may change weights, run one after
 *   another, in the order of the calls. Each begins when those before it have ended, whether they succeeded or failed.
 * - Other predictions (`predict`, `predictAll`, `predictOnBatch`) never wait: any number may run at once, also while
 *   the model trains. Each batch sees the weights of the moment at which it runs.
 * - While a call waits for a user's callback, it is paused between two steps. Calls that are made during that time run
 *   at once, one after another, and the paused call goes on when they have ended: a callback may await
 *   `model.evaluate(…)`. `fit` inside a callback of the same model is refused.
 * - `compile`, `add`, `pop` and `dispose` are refused while such calls run or wait.
 *
 * Calls on different models are independent. Each step writes its inputs, runs and starts to read its results without
 * awaiting anything in between, and a program that a call uses is not freed. See docs/decisions/0012-overlap.md.
 */
export class OperationQueue {
  private last: Promise<void> | undefined;
  /** Runs the operations that are called while the running one is paused. */
  private inner: OperationQueue | undefined;

  /** @param isNested whether its operations run inside a callback of another one. */
  constructor(readonly isNested = false) {}

  /** Whether an operation runs or waits. */
  get isBusy(): boolean {
    return this.last !== undefined;
  }

  /** Runs an operation after those that were given before: at once, where there are none. */
  run<T>(operation: Operation<T>): T | Promise<T> {
    if (this.inner) return this.inner.run(operation);
    const { last } = this;
    let release: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      release = resolve;
    });
    const end = () => {
      if (this.last === ended) this.last = undefined;
      release();
    };
    // Before it begins: it may call a user's function, and what that calls waits for it.
    this.last = ended;
    let result: T | Promise<T> | undefined;
    try {
      result = last ? last.then(() => operation(this)) : operation(this);
      return result;
    } finally {
      if (result instanceof Promise) result.then(end, end);
      else end();
    }
  }

  /**
   * For the running operation: calls a user's function, and waits for it and for the operations that were started
   * meanwhile.
   */
  async pauseFor(act: () => unknown): Promise<void> {
    const inner = new OperationQueue(true);
    this.inner = inner;
    try {
      const result = act();
      // Not awaited where it is no promise: an await would let other operations start.
      if (result instanceof Object && "then" in result) await result;
    } finally {
      while (inner.last) await inner.last;
      this.inner = undefined;
    }
  }
}
