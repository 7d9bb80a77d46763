// Work that waits only where there is something to wait for: most calls on a host backend find all that they need.

/** `next` with the value: at once, or when the promise is fulfilled. */
export const after = <T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> =>
  value instanceof Promise ? value.then(next) : next(value);

/**
 * Runs a generator that yields where an async function awaits, and gives what it returns: a promise only if it yielded
 * one.
 */
export function settle<T>(work: Generator<unknown, T, never>): T | Promise<T> {
  for (let step = work.next(); ; step = work.next(step.value as never)) {
    if (step.done) return step.value;
    if (step.value instanceof Promise) return settleLater(work, step.value);
  }
}

async function settleLater<T>(work: Generator<unknown, T, never>, first: unknown): Promise<T> {
  for (let pending = first; ; ) {
    let step: IteratorResult<unknown, T>;
    try {
      step = work.next((await pending) as never);
    } catch (error) {
      // One that has ended throws it again.
      step = work.throw(error);
    }
    if (step.done) return step.value;
    pending = step.value;
  }
}
