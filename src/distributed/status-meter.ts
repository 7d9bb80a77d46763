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

  /** Milliseconds of an update, on average, and how many of them this worker waited. */
  get stepTime(): number {
    return this.time / Math.max(1, this.updates);
  }

  get waitTime(): number {
    return this.wait / Math.max(1, this.updates);
  }

  /** Bytes that were sent and received. */
  get bytesSent(): number {
    return this.last.bytesSent - this.begun.bytesSent;
  }

  get bytesReceived(): number {
    return this.last.bytesReceived - this.begun.bytesReceived;
  }

  /** As words: `4 workers, 12 % waiting`. */
  toString(): string {
    const { length } = this.last.members;
    const share = Math.round((100 * this.wait) / Math.max(1, this.time));
    return `${length} ${length === 1 ? "worker" : "workers"}, ${share} % waiting`;
  }
}
