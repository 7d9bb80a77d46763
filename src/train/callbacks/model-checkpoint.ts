// A callback that keeps the weights of an epoch, or of the best one.
import { checkCount } from "../../checks.ts";
import type { HostArray } from "../../data/array.ts";
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Callback, Training } from "../callback.ts";
import type { Model } from "../model.ts";
import type { Logs } from "../step-runner.ts";
import { Monitor, type MonitorOptions, monitorTable } from "./monitor.ts";

/** A model's weights at one moment of its training. */
export interface Snapshot {
  readonly epoch: number;
  /** The batch of the epoch, from 0, where batches are counted. */
  readonly batch: number | undefined;
  readonly logs: Readonly<Logs>;
  readonly weights: HostArray[];
}

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /**
   * Gets each snapshot, to write it somewhere; training waits for it. Default: the last one stays in `last`. In
   * `aretejs/io` a `modelCheckpoint` takes the name of a file instead.
   */
  save?: (snapshot: Snapshot, model: Model, training: Training) => void | Promise<void>;
  /** Whether to save only when the monitored value is the best so far. Default false. */
  saveBestOnly?: boolean;
  /** When to save: after each epoch, or every so many batches (≥ 1). Default "epoch". */
  saveFreq?: "epoch" | number;
  /** With saveBestOnly, the value that the first one must improve on. Default none. */
  initialValueThreshold?: number;
}

/** Saves snapshots of the weights while training. See {@link modelCheckpoint}. */
export class ModelCheckpoint implements Callback {
  /** The best value so far, with saveBestOnly. */
  best: number | undefined;
  /** The last snapshot. */
  last: Snapshot | undefined;
  /** Only set where batches are counted, since reading the logs of a batch takes time. */
  readonly onTrainBatchEnd?: NonNullable<Callback["onTrainBatchEnd"]>;
  private readonly monitor: Monitor;
  private epoch = 0;
  private batches = 0;

  private readonly options: ModelCheckpointOptions;

  constructor(options: ModelCheckpointOptions) {
    this.options = checkOptions("modelCheckpoint", options, {
      save: "function",
      saveBestOnly: "boolean",
      saveFreq: "string or number",
      initialValueThreshold: "number",
      ...monitorTable,
    });
    const { monitor = "val_loss", mode = "auto", saveFreq = "epoch", initialValueThreshold } = this.options;
    if (saveFreq !== "epoch") checkCount("modelCheckpoint", "saveFreq", saveFreq, 1);
    if (initialValueThreshold !== undefined)
      checkNumber("modelCheckpoint", "initialValueThreshold", initialValueThreshold, "a finite number", () => true);
    this.monitor = new Monitor("modelCheckpoint", monitor, mode);
    this.best = initialValueThreshold;
    if (saveFreq !== "epoch")
      this.onTrainBatchEnd = (batch, logs, training) => this.countBatch(saveFreq, batch, logs, training);
  }

  getState(): Readonly<Record<string, unknown>> {
    const { best, batches } = this;
    return { best, batches };
  }

  setState(state: Readonly<Record<string, unknown>>): void {
    Object.assign(this, state);
  }

  onTrainBegin({ model }: Training): void {
    this.monitor.begin(model);
    this.batches = 0;
  }

  onEpochBegin(epoch: number): void {
    this.epoch = epoch;
  }

  async onEpochEnd(epoch: number, logs: Logs, training: Training): Promise<void> {
    if ((this.options.saveFreq ?? "epoch") === "epoch") await this.saveIfDue(epoch, undefined, logs, training);
  }

  private async countBatch(every: number, batch: number, logs: Logs, training: Training): Promise<void> {
    this.batches++;
    if (this.batches < every) return;
    this.batches = 0;
    // Values of validation are not reported within an epoch.
    await this.saveIfDue(this.epoch, batch, logs, training, false);
  }

  private async saveIfDue(
    epoch: number,
    batch: number | undefined,
    logs: Logs,
    training: Training,
    validates = training.validates,
  ): Promise<void> {
    const { model } = training;
    this.monitor.checkModel(model);
    if (!this.isDue(logs, { model, validates })) return;
    const snapshot: Snapshot = { epoch, batch, logs: { ...logs }, weights: await model.getWeights() };
    this.last = snapshot;
    await this.options.save?.(snapshot, model, training);
  }

  /** A value that this epoch did not report cannot be compared: better one snapshot too many. */
  private isDue(logs: Logs, training: Pick<Training, "model" | "validates">): boolean {
    if (!this.options.saveBestOnly) return true;
    const current = this.monitor.read(logs, training);
    if (current === undefined) return true;
    if (!this.monitor.improves(current, this.best, training.model)) return false;
    this.best = current;
    return true;
  }
}

/**
 * Saves a model's weights as it trains, after each epoch or every so many batches, all or only the best. The last
 * snapshot stays in memory (`model.setWeights(checkpoint.last.weights)`); `save` can write each elsewhere. With
 * `saveBestOnly` the best value is kept from one fit to the next, as in Keras, so that training can go on; make a new
 * callback for a new run. One callback serves one fit at a time.
 * @throws ValueError where an option is out of range; with `saveBestOnly` at the first time to save, where nothing
 * reports the value, or mode is "auto" and the value is no metric of the model.
 * @example const best = modelCheckpoint({ saveBestOnly: true, monitor: "val_accuracy" });
 * @see Keras 3 `callbacks.ModelCheckpoint`.
 */
export function modelCheckpoint(options: ModelCheckpointOptions = {}): ModelCheckpoint {
  return new ModelCheckpoint(options);
}
