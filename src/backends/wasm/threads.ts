import { valueError } from "../../errors.ts";

/** What Node, Deno and Bun give of Node's modules without an import that a bundler would follow. */
type GetModule = (name: string) => unknown;
/** What runtimes have for threads. */
export type Host = {
  readonly process?: { readonly getBuiltinModule?: GetModule };
  readonly Worker?: typeof Worker;
  readonly crossOriginIsolated?: boolean;
};

/** Threads by default on machines with more cores: steps of usual size gain little from more. */
const maxDefaultThreads = 8;

/**
 * How many threads to use: 1 where this runtime cannot start workers that share memory, with a warning if a number
 * asked for more.
 * @param canShare whether there is a module for shared memory.
 * @throws ValueError unless `wanted` is "auto" or a whole number from 1 to 64.
 */
export function threadsFor(wanted: number | "auto", canShare = true): number {
  checkThreads(wanted);
  const { process, Worker, crossOriginIsolated } = globalThis as Host;
  const getModule = process?.getBuiltinModule;
  let threads = wanted;
  if (threads === "auto") {
    const cores =
      globalThis.navigator?.hardwareConcurrency ??
      (getModule?.("node:os") as { availableParallelism(): number } | undefined)?.availableParallelism();
    threads = Math.min(cores ?? 1, maxDefaultThreads);
  }
  // Memory can be shared, if not always sent to a worker, wherever SharedArrayBuffer is; in a browser only where the
  // page is isolated.
  if (
    threads === 1 ||
    (canShare && typeof SharedArrayBuffer !== "undefined" && crossOriginIsolated !== false && (getModule ?? Worker))
  )
    return threads;
  if (wanted !== "auto") {
    console.warn(
      `aretejs: this runtime cannot share memory with workers${crossOriginIsolated === false ? " (the page is not cross-origin isolated)" : ""}; one thread instead of ${threads}.`,
    );
  }
  return 1;
}

/** Throws a ValueError unless `wanted` is "auto" or a whole number from 1 to 64. */
export function checkThreads(wanted: number | "auto"): void {
  if (wanted === "auto" || (Number.isInteger(wanted) && wanted >= 1 && wanted <= 64)) return;
  throw valueError("wasm backend", {
    rule: 'threads must be a number or "auto"',
    expected: 'a whole number from 1 to 64, or "auto"',
    received: wanted,
  });
}
