import type { Complaint } from "../../errors.ts";
import { Control, type Share, type Spawn, spawnOf, workerFailed } from "./start-worker.ts";
import { ThreadTuner } from "./thread-tuner.ts";

// Loaded when a backend starts workers. It takes no values from modules that all load: bundlers would put these in a
// chunk of their own.

/** Tenths of a second that a run waits for a worker that has gone silent. */
const patience = 300;

/**
 * The worker threads of a backend. They are started when programs have done enough work to repay it, sleep between
 * programs, and end with the backend. A run never depends on one that has not come (assembly/threads.ts).
 */
export class WorkerPool {
  private readonly words: Int32Array;
  private stops: (() => void)[] = [];
  private phase: "idle" | "started" | "ended" = "idle";
  private readonly tuners = new WeakMap<object, ThreadTuner>();

  /** @param size how many workers. */
  constructor(
    private readonly size: number,
    private readonly spawn: Spawn,
    private readonly share: Share,
    private readonly warn: (error: unknown) => void,
  ) {
    this.words = new Int32Array(share.memory.buffer, share.control, Control.bytes / 4).fill(0);
    this.words[Control.hostSleeps / 4] = Number(maySleep());
    this.words[Control.patience / 4] = patience;
  }

  /** Where they meet, in linear memory. */
  get control(): number {
    return this.share.control;
  }

  /** Workers that are ready. */
  get alive(): number {
    return this.phase === "started" ? Atomics.load(this.words, Control.alive / 4) : 0;
  }

  /** The measurements of a program. */
  tunerOf(program: object): ThreadTuner {
    const tuner = this.tuners.get(program) ?? new ThreadTuner();
    this.tuners.set(program, tuner);
    return tuner;
  }

  /** Starts the workers unless they are. Where that is not possible the pool ends, with a warning. */
  start(): void {
    if (this.phase !== "idle") return;
    this.phase = "started";
    try {
      for (let i = 0; i < this.size; i++) this.stops.push(this.spawn(this.share, (error) => this.lose(error)));
    } catch (error) {
      this.lose(error);
    }
  }

  /** Starts the workers and waits until all are ready; fewer where they cannot be. */
  async ready(): Promise<void> {
    this.start();
    // Only the shared memory shows when a worker is ready.
    for (let i = 0; i < 2000 && this.phase === "started" && this.alive < this.size; i++)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends the workers after a failure; gives what to throw. */
  fail(): Complaint {
    const failed = Atomics.load(this.words, Control.failed / 4) === workerFailed;
    this.end();
    return {
      rule: "every thread must do its share of a program",
      expected: "all of them at the end",
      received: failed
        ? "a worker thread that failed"
        : `a worker thread that gave no sign of life for ${(this.words[Control.patience / 4] as number) / 10} s`,
      context: "the run was broken off, so variables that it updates may hold anything; later runs use one thread",
      advice: "Restore the weights before going on.",
    };
  }

  /** Ends the workers. */
  end(): void {
    if (this.phase === "ended") return;
    this.phase = "ended";
    for (const word of [Control.failed, Control.stopped]) Atomics.store(this.words, word / 4, 1);
    for (const signal of [Control.phase, Control.turn]) {
      Atomics.add(this.words, signal / 4, 1);
      Atomics.notify(this.words, signal / 4);
    }
    for (const stop of this.stops) stop();
    this.stops = [];
  }

  private lose(error: unknown): void {
    if (this.phase === "ended") return;
    this.end();
    this.warn(error);
  }
}

/** What a pool serves. */
export interface Served {
  readonly heap: {
    readonly memory: WebAssembly.Memory;
    allocate(bytes: number, what: "programs"): { readonly address: number };
  };
  readonly threadLimit: number;
}

/** Workers of backends that nobody holds any more end, too. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry<WorkerPool>((pool) => pool.end());

/**
 * The pool of a backend, not started.
 * @param spawn true: as this runtime starts workers.
 * @param warn is called with the reason where workers cannot be used.
 * @throws OutOfMemoryError.
 */
export function workerPoolOf(
  owner: Served,
  kernels: Pick<Share, "modules" | "tableSize">,
  spawn: Spawn | true,
  warn: (error: unknown) => void,
): WorkerPool {
  const { heap, threadLimit } = owner;
  const control = heap.allocate(Control.bytes, "programs").address;
  const pool = new WorkerPool(
    threadLimit - 1,
    spawn === true ? spawnOf() : spawn,
    { ...kernels, memory: heap.memory, control },
    warn,
  );
  forgotten.register(owner, pool);
  return pool;
}

/** Whether this thread may block: the main thread of a browser may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
