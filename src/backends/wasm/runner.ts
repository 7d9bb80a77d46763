/** Runs programs of a WASM backend: on this thread, or with worker threads where that is faster. */
import { stateError } from "../../errors.ts";
import { tableSize } from "./generated/core-slots.ts";
import type { Spawn } from "./start-worker.ts";
import type { Served, WorkerPool } from "./worker-pool.ts";

/** What the core module exports. */
export interface WasmExports {
  execute(program: number, count: number, thread: number, threads: number, stride: number, control: number): number;
  executeTogether(program: number, count: number, stride: number, control: number, turns: number): number;
  isRelaxed(): number;
}

/** Nanoseconds of shared work below which a program is not worth a worker's waking up. */
const minParallelNs = 1e5;

/**
 * Turns of a loop for which a program waits for sleeping workers: an eighth of its time alone, but enough to wake them.
 */
const turnsPerNanosecond = 0.2;
const minTurns = 2 ** 17;

/**
 * Nanoseconds of shared work in all that programs must have done before workers are started: about what starting one
 * costs.
 */
const workerStartupNs = 3e7;

const warnOfWorkers = (error: unknown): void => {
  const reason = error instanceof Error ? error.message : error;
  console.warn(`aretejs: worker threads cannot be used (${reason}); one thread from here on.`);
};

/** What a {@link Runner} runs. */
export interface Run {
  /** Byte address of the records. */
  readonly address: number;
  /** How many records. */
  readonly count: number;
  /** Nanoseconds of one thread in what threads share. */
  readonly work: number;
  /** What the measurements belong to. */
  readonly program: object;
}

/** Calls into the core module, and starts workers when programs have done enough work to repay it. */
export class Runner {
  /** The worker threads, once they are started. */
  pool: WorkerPool | undefined;
  private starting: Promise<void> | undefined;
  /** Nanoseconds of shared work in the runs before workers are started. */
  private workDone = 0;

  /**
   * @param modules that workers instantiate: the core module, and the rest module once it is loaded.
   * @param spawn starts workers; without, programs run on this thread.
   * @param eager runs every program with workers: for tests.
   */
  constructor(
    private readonly backend: Served & { readonly disposed: boolean; readonly scratchStride: number },
    private readonly exports: WasmExports,
    private modules: readonly WebAssembly.Module[],
    private readonly spawn: Spawn | true | undefined,
    private readonly eager: boolean,
  ) {}

  /** Starts workers, unless that was done or none are wanted. */
  start(): Promise<void> {
    const { spawn } = this;
    if (!spawn) return Promise.resolve();
    this.starting ??= this.loadPool(spawn);
    return this.starting;
  }

  private async loadPool(spawn: Spawn | true): Promise<void> {
    try {
      const pool = await this.makePool(spawn, this.modules);
      if (this.backend.disposed) return;
      this.pool = pool;
      pool.start();
    } catch (error) {
      warnOfWorkers(error);
    }
  }

  private async makePool(spawn: Spawn | true, modules: readonly WebAssembly.Module[]): Promise<WorkerPool> {
    const { workerPoolOf } = await import("./worker-pool.ts");
    return workerPoolOf(this.backend, { modules, tableSize }, spawn, warnOfWorkers);
  }

  /**
   * Has workers instantiate these modules from now on. Workers that run already know theirs only, so others take their
   * place. @throws OutOfMemoryError; then nothing has changed.
   */
  async useModules(modules: readonly WebAssembly.Module[]): Promise<void> {
    await this.starting;
    const { spawn, pool } = this;
    const next = spawn && pool && pool.alive > 0 ? await this.makePool(spawn, modules) : undefined;
    this.modules = modules;
    pool?.end();
    this.pool = next;
    if (!next) this.starting = undefined;
    else if (!this.backend.disposed) {
      next.start();
      await next.ready();
    }
  }

  /** Runs records, with workers if that is worth it. */
  run({ address, count, work, program }: Run): void {
    const { pool, eager, exports } = this;
    const isShared = eager || work >= minParallelNs;
    if (!pool || !isShared) {
      exports.execute(address, count, 0, 1, 0, 0);
      if (isShared) this.workDone += work;
      if (this.workDone >= workerStartupNs) void this.start();
      return;
    }
    const tuner = pool.tunerOf(program);
    const start = performance.now();
    const together = pool.alive > 0 && (eager || tuner.wantsWorkers);
    if (together)
      this.runTogether(pool, address, count, eager ? 2 ** 31 - 1 : Math.max(work * turnsPerNanosecond, minTurns));
    else exports.execute(address, count, 0, 1, 0, 0);
    tuner.note(together, performance.now() - start);
  }

  private runTogether(pool: WorkerPool, address: number, count: number, turns: number): void {
    let threads: number;
    try {
      threads = this.exports.executeTogether(address, count, this.backend.scratchStride, pool.control, turns);
    } catch (error) {
      pool.end();
      throw error;
    }
    if (threads === 0) throw stateError("wasm backend", pool.fail());
  }
}
