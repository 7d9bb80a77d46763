// What `search` runs; loaded when it is called.
import { checkCount } from "../checks.ts";
import { valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { NatsConnection } from "./connection.ts";
import { hashOf } from "./hash.ts";
import { checkJobName } from "./job-name.ts";
import type { SearchOptions, TrialResult } from "./search.ts";
import { type SearchWork, SearchWorker } from "./search-worker.ts";
import { toJson } from "./trial-values.ts";

/** Checks what `search` was given, and works on the trials. */
export async function runSearch(
  nc: NatsConnection,
  given: SearchOptions<unknown>,
  run: SearchWork["run"],
): Promise<TrialResult[]> {
  const options = checkOptions<SearchOptions<unknown>>("search", given, {
    job: "string!",
    trials: "list!",
    maxAttempts: "number",
    maxLosses: "number",
    ackWait: "number",
    onTrial: "function",
    signal: "object",
  });
  const { trials, maxAttempts = 3, maxLosses = 10, ackWait = 30_000, onTrial = () => {} } = options;
  const { signal = new AbortController().signal } = options;
  const job = checkJobName("search", options.job);
  checkCount("search", "maxAttempts", maxAttempts, 1);
  checkCount("search", "maxLosses", maxLosses, 1);
  checkCount("search", "ackWait", ackWait, 1000);
  if (typeof signal.throwIfAborted !== "function")
    throw valueError("search", { rule: "signal ends the search", expected: "an AbortSignal", received: signal });
  if (trials.length === 0)
    throw valueError("search", { rule: "there must be trials", expected: "at least one", received: "an empty list" });
  if (typeof run !== "function") {
    throw valueError("search", {
      rule: "a function runs the trials",
      expected: "search(nc, options, async (trial) => …)",
      received: run,
    });
  }
  const plan = { trials: await hashOf(toJson("search", "a trial", trials)), maxAttempts, maxLosses, ackWait };
  return new SearchWorker(nc, { job, trials, plan, onTrial, signal, run }).finishAll();
}
