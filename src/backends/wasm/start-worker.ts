import type { Host } from "./threads.ts";

/**
 * What a worker needs: the modules (core, and rest where the host has it), how many places the table of functions has,
 * the shared memory, and the address of the control block.
 */
export interface Share {
  readonly modules: readonly WebAssembly.Module[];
  readonly tableSize: number;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
}

/**
 * Starts a worker thread that serves `share` until it is ended; gives what ends it. `onEnd` is called once,
 * later, where the worker cannot start or ends.
 * @throws whatever the runtime throws where it refuses at once.
 */
export type Spawn = (share: Share, onEnd: (error: unknown) => void) => () => void;

/** Bytes in the control block, as in assembly/threads.ts. */
export const Control = {
  turn: 0,
  phase: 192,
  failed: 256,
  stopped: 260,
  alive: 264,
  hostSleeps: 268,
  patience: 272,
  bytes: 384,
} as const;

/** What a worker that throws writes to `failed`; 1 is written where others have waited for it in vain. */
export const workerFailed = 2;

/** A worker's whole script. One that fails says so where the others wait. */
const serve = `({ modules, tableSize, memory, control }) => {
  try {
    const env = { memory, table: new WebAssembly.Table({ element: "anyfunc", initial: tableSize }) };
    let core;
    for (const module of modules) {
      const { exports } = new WebAssembly.Instance(module, { env, core });
      core ??= exports;
    }
    core.work(control);
  } catch (error) {
    const words = new Int32Array(memory.buffer, control);
    Atomics.store(words, ${Control.failed / 4}, ${workerFailed});
    Atomics.add(words, ${Control.phase / 4}, 1);
    Atomics.notify(words, ${Control.phase / 4});
    throw error;
  }
}`;

interface NodeWorker {
  on(event: "error" | "exit", listener: (reason: unknown) => void): void;
  unref(): void;
  terminate(): Promise<unknown>;
}
type NodeWorkers = { readonly Worker: new (code: string, options: object) => NodeWorker };

/** How this runtime starts workers; only where `threadsFor` finds that it can. */
export function spawnOf(): Spawn {
  const { process, Worker } = globalThis as Host;
  return process?.getBuiltinModule
    ? spawnInNode(process.getBuiltinModule("node:worker_threads") as NodeWorkers)
    : spawnOnWeb(Worker as typeof globalThis.Worker);
}

/** Node, Deno, Bun: workers that do not keep the process alive. */
function spawnInNode({ Worker }: NodeWorkers): Spawn {
  return (share, onEnd) => {
    // Runs as a script and as a module. Options of the process (loaders, types of input) are not for this worker.
    const code = `(${serve})(process.getBuiltinModule("node:worker_threads").workerData);`;
    const worker = new Worker(code, { eval: true, workerData: share, execArgv: [] });
    worker.on("error", onEnd);
    worker.on("exit", (code) => onEnd(`a worker ended with code ${code}`));
    worker.unref();
    return () => void worker.terminate();
  };
}

/** Browsers: from a Blob, which a page's content security policy may forbid. */
function spawnOnWeb(Worker: typeof globalThis.Worker): Spawn {
  return (share, onEnd) => {
    const url = URL.createObjectURL(
      new Blob([`onmessage = ({ data }) => (${serve})(data);`], { type: "text/javascript" }),
    );
    const worker = new Worker(url);
    worker.onerror = (event) => {
      event.preventDefault();
      onEnd(event.message ?? "the page's content security policy may forbid workers from blob:");
    };
    worker.postMessage(share);
    return () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    };
  };
}
