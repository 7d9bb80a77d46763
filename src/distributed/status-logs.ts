import type { Callback } from "../train/callback.ts";
import type { JobStatus } from "./job.ts";
import type { StatusMeter } from "./status-meter.ts";

/**
 * Adds to the logs of each epoch what the job's status was, for callbacks behind it and the history: `workers`;
 * `step_time` and `wait_time`, milliseconds of an update and of waiting in it, on average; `sent_mb` and `received_mb`,
 * megabytes in the epoch. They differ from worker to worker, and so do histories then.
 * @param job what `join` gave.
 * @example
 * const callbacks = [statusLogs(job), tensorBoard({ logDir: `logs/worker${job.rank}` })];
 * await job.fit(model, [x, y], { epochs: 10, callbacks });   // epoch_step_time, epoch_wait_time, … in TensorBoard
 */
export function statusLogs(job: {
  /** As that of a `Job`. */
  status(): JobStatus;
}): Callback {
  let meter: StatusMeter | undefined;
  return {
    async onEpochBegin() {
      meter ??= new (await import("./status-meter.ts")).StatusMeter(() => job.status());
      meter.reset();
    },
    onTrainBatchBegin: () => meter?.look(),
    onEpochEnd(_, logs) {
      Object.assign(logs, meter?.logs());
    },
  };
}
