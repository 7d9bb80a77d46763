import type { Callback } from "../train/callback.ts";
import type { Logs } from "../train/step-runner.ts";
import type { JobStatus } from "./job.ts";
import { StatusMeter } from "./status-meter.ts";

class StatusLogs implements Callback {
  private readonly meter: StatusMeter;

  constructor(private readonly status: () => JobStatus) {
    this.meter = new StatusMeter(status);
  }

  onEpochBegin(): void {
    this.meter.reset();
  }

  onTrainBatchBegin(): void {
    this.meter.look();
  }

  onEpochEnd(_epoch: number, logs: Logs): void {
    const { meter } = this;
    meter.look();
    logs.workers = this.status().members.length;
    logs.step_time = meter.stepTime;
    logs.wait_time = meter.waitTime;
    logs.sent_mb = meter.bytesSent / 1e6;
    logs.received_mb = meter.bytesReceived / 1e6;
  }
}

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
  return new StatusLogs(() => job.status());
}
