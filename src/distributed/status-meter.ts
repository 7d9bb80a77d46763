import type { JobStatus } from "./job.ts";

/** What a job did since a moment, from its status, which is looked at between batches. */
export class StatusMeter {
  /** Updates of the weights. */
  updates = 0;
  /** Milliseconds of these updates, and how many of them this worker waited for others. */
  private time = 0;
  private wait = 0;
  private begun: JobStatus;
  private last: JobStatus;

  constructor(private readonly status: () => JobStatus) {
    this.begun = status();
    this.last = this.begun;
  }

  /** Begins anew. */
  reset(): void {
    this.begun = this.status();
    this.last = this.begun;
    this.updates = 0;
    this.time = 0;
    this.wait = 0;
  }

  /** Looks at the status; call it more often than there are updates. */
  look(): void {
    const status = this.status();
    const isNew = status.updates !== this.last.updates;
    this.last = status;
    if (!isNew) return;
    this.updates++;
    this.time += status.stepTime;
    this.wait += status.waitTime;
  }

  /** What the logs of an epoch take: means over its updates, megabytes of all of them. */
  logs(): Record<string, number> {
    this.look();
    const { updates, time, wait, last, begun } = this;
    return {
      workers: last.members.length,
      step_time: time / Math.max(1, updates),
      wait_time: wait / Math.max(1, updates),
      sent_mb: (last.bytesSent - begun.bytesSent) / 1e6,
      received_mb: (last.bytesReceived - begun.bytesReceived) / 1e6,
    };
  }

  /** As words: `4 workers, 12 % waiting`. */
  toString(): string {
    const { length } = this.last.members;
    const share = Math.round((100 * this.wait) / Math.max(1, this.time));
    return `${length} ${length === 1 ? "worker" : "workers"}, ${share} % waiting`;
  }
}
