import type { Training } from "../train/callback.ts";
import type { Verbosity } from "../train/options.ts";
import { Progress, type Screen } from "../train/progress.ts";
import type { Logs } from "../train/step-runner.ts";
import type { JobStatus } from "./job.ts";
import { StatusMeter } from "./status-meter.ts";

/**
 * The progress of `fit`, with how many workers train, and which part of the time this one has waited for others.
 *
 *     Epoch 3/10, 4 workers, 12 % waiting - 9s - 4.8ms/step - loss: 0.3102 - accuracy: 0.8871
 */
export class JobProgress extends Progress {
  private epoch = "";
  private readonly meter: StatusMeter;

  constructor(verbose: Verbosity, status: () => JobStatus, screen?: Screen) {
    super(verbose, screen);
    this.meter = new StatusMeter(status);
  }

  override onEpochBegin(epoch: number, training: Training): void {
    super.onEpochBegin(epoch, training);
    this.epoch = this.head;
    this.meter.reset();
  }

  onTrainBatchBegin(): void {
    this.meter.look();
  }

  override show(done: number, logs: Logs): void {
    this.describe();
    super.show(done, logs);
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.describe();
    super.onEpochEnd(epoch, logs);
  }

  private describe(): void {
    this.meter.look();
    this.head = `${this.epoch}, ${this.meter}`;
  }
}
