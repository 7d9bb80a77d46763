/** Pauses a long loop now and then, so that timers, input and other tasks can run. */
export class Yielder {
  private last = performance.now();

  /**
   * @param interval milliseconds between pauses. Default 30: with a step of up to 20 ms, a page gets its turn within
   * 50.
   */
  constructor(private readonly interval = 30) {}

  /** Whether it is time to pause. */
  get isDue(): boolean {
    return performance.now() - this.last >= this.interval;
  }

  /** Waits for the other tasks that are due. */
  async pause(): Promise<void> {
    await nextTask();
    this.last = performance.now();
  }
}

/** The next task of the event loop, without the 4 ms that browsers put between nested timers. */
function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
