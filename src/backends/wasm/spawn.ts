import { valueError } from "../../errors.ts";

/** What a worker needs: the module, the shared memory, and the address of the control block. */
export interface Share {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
}

/**
 * Starts a worker thread that serves `share` until it is told to end; gives what ends it. `onEnd` is called once, later, where the worker cannot start or ends.
 * @throws whatever the runtime throws where it refuses at once.
 */
export type Spawn = (share: Share, onEnd: (error: unknown) => void) => () => void;

/** Bytes in the control block, as in assembly/threads.ts. */
export const Control = { turn: 0, phase: 192, failed: 256, stopped: 260, alive: 264, hostSleeps: 268, patience: 272, bytes: 384 } as const;

/** A worker's whole script. One that fails says so where the others wait. */
const serve = `({ module, memory, control }) => {
  try {
    new WebAssembly.Instance(module, { env: { memory } }).exports.work(control);
  } catch (error) {
    const words = new Int32Array(memory.buffer, control);
    Atomics.store(words, ${Control.failed / 4}, 1);
    Atomics.add(words, ${Control.phase / 4}, 1);
    Atomics.notify(words, ${Control.phase / 4});
    throw error;
  }
}`;

/** Threads by default on machines with more cores: steps of usual size gain little from more. */
const usual = 8;

interface NodeWorker {
  on(event: "error" | "exit", listener: (reason: unknown) => void): void;
  unref(): void;
  terminate(): Promise<unknown>;
}
type NodeWorkers = { readonly Worker: new (code: string, options: object) => NodeWorker };
/** What Node, Deno and Bun give of Node's modules without an import that a bundler would follow. */
type GetModule = (name: string) => unknown;
type Host = {
  readonly process?: { readonly getBuiltinModule?: GetModule };
  readonly Worker?: typeof Worker;
  readonly crossOriginIsolated?: boolean;
};

/**
 * How many threads to use and what starts them.
 * @param canShare whether there is a module for shared memory.
 * @throws ValueError unless `wanted` is "auto" or a whole number from 1 to 64.
 */
export function threadsFor(wanted: number | "auto", canShare = true): { threads: number; spawn?: Spawn } {
  checkThreads(wanted);
  if (wanted === 1) return { threads: 1 };
  const { process, Worker, crossOriginIsolated } = globalThis as Host;
  let cores = globalThis.navigator?.hardwareConcurrency;
  let spawn: Spawn | undefined;
  // Memory can be shared, if not always sent to a worker, wherever SharedArrayBuffer is; in a browser only where the page is isolated.
  if (!canShare || typeof SharedArrayBuffer === "undefined" || crossOriginIsolated === false) spawn = undefined;
  else if (process?.getBuiltinModule) {
    spawn = spawnInNode(process.getBuiltinModule("node:worker_threads") as NodeWorkers);
    cores ??= (process.getBuiltinModule("node:os") as { availableParallelism(): number }).availableParallelism();
  } else if (Worker) spawn = spawnOnWeb(Worker);
  const threads = wanted === "auto" ? Math.min(cores ?? 1, usual) : wanted;
  if (threads > 1 && spawn) return { threads, spawn };
  if (threads > 1 && wanted !== "auto") {
    console.warn(
      `aretejs: this runtime cannot share memory with workers${crossOriginIsolated === false ? " (the page is not cross-origin isolated)" : ""}; one thread instead of ${threads}.`,
    );
  }
  return { threads: 1 };
}

/** Throws a ValueError unless `wanted` is "auto" or a whole number from 1 to 64. */
export function checkThreads(wanted: number | "auto"): void {
  if (wanted === "auto" || (Number.isInteger(wanted) && wanted >= 1 && wanted <= 64)) return;
  throw valueError("wasm backend", { rule: 'threads must be a number or "auto"', expected: 'a whole number from 1 to 64, or "auto"', received: wanted });
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
    const url = URL.createObjectURL(new Blob([`onmessage = ({ data }) => (${serve})(data);`], { type: "text/javascript" }));
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
