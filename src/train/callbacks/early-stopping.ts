// A callback that stops training when a value no longer improves.
import { checkCount } from "../../checks.ts";
import type { HostArray } from "../../data/array.ts";
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Callback, Training } from "../callback.ts";
import type { Logs } from "../step-runner.ts";
import { Monitor, type MonitorOptions, monitorTable } from "./monitor.ts";

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The smallest change that counts as an improvement. Default 0. */
  minDelta?: number;
  /** Epochs without improvement after which training stops, an integer ≥ 0. Default 0. */
  patience?: number;
  /** Epochs whose value is not better than this count as epochs without improvement. Default none. */
  baseline?: number;
  /** Whether training ends with the weights of the best epoch, also when it was not stopped early. Default false. */
  restoreBestWeights?: boolean;
  /** The first epoch, from 0, that is looked at. Default 0. */
  startFromEpoch?: number;
}

/** Stops training when a monitored value has stopped improving. See {@link earlyStopping}. */
export class EarlyStopping implements Callback {
  /** The best value so far. */
  best: number | undefined;
  /** The epoch of the best value, from 0. */
  bestEpoch = 0;
  /** The epoch after which training was stopped; 0 if it was not. */
  stoppedEpoch = 0;
  /** Epochs since the last improvement. */
  wait = 0;
  private readonly monitor: Monitor;
  private bestWeights: HostArray[] | undefined;

  private readonly options: EarlyStoppingOptions;

  constructor(options: EarlyStoppingOptions) {
    this.options = checkOptions("earlyStopping", options, {
      patience: "number",
      minDelta: "number",
      baseline: "number",
      restoreBestWeights: "boolean",
      startFromEpoch: "number",
      ...monitorTable,
    });
    const {
      monitor = "val_loss",
      mode = "auto",
      minDelta = 0,
      patience = 0,
      startFromEpoch = 0,
      baseline,
    } = this.options;
    checkCount("earlyStopping", "patience", patience, 0);
    checkCount("earlyStopping", "startFromEpoch", startFromEpoch, 0);
    if (baseline !== undefined) checkNumber("earlyStopping", "baseline", baseline, "a finite number", () => true);
    this.monitor = new Monitor("earlyStopping", monitor, mode, minDelta);
  }

  getState(): Readonly<Record<string, unknown>> {
    const { best, bestEpoch, stoppedEpoch, wait, bestWeights } = this;
    return { best, bestEpoch, stoppedEpoch, wait, bestWeights };
  }

  setState(state: Readonly<Record<string, unknown>>): void {
    Object.assign(this, state);
  }

  onTrainBegin({ model }: Training): void {
    this.monitor.begin(model);
    this.best = undefined;
    this.bestEpoch = 0;
    this.stoppedEpoch = 0;
    this.wait = 0;
    this.bestWeights = undefined;
  }

  async onEpochEnd(epoch: number, logs: Logs, training: Training): Promise<void> {
    const { model } = training;
    const { startFromEpoch = 0, restoreBestWeights = false, baseline, patience = 0 } = this.options;
    const current = this.monitor.read(logs, training);
    if (current === undefined || epoch < startFromEpoch) return;
    const isBetter = this.monitor.improves(current, this.best, model);
    if (restoreBestWeights && (isBetter || !this.bestWeights)) {
      this.bestWeights = await model.getWeights();
      this.bestEpoch = epoch;
    }
    this.wait++;
    if (isBetter) {
      this.best = current;
      this.bestEpoch = epoch;
      if (baseline === undefined || this.monitor.improves(current, baseline, model)) this.wait = 0;
    } else if (this.wait >= patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      model.stopTraining = true;
    }
  }

  onTrainEnd(_logs: Logs, { model }: Training): void {
    this.monitor.checkModel(model);
    if (this.bestWeights) model.setWeights(this.bestWeights);
    this.bestWeights = undefined;
  }
}

/**
 * Stops training when a monitored value has not improved for `patience` epochs; with `restoreBestWeights` the model
 * ends with the weights of its best epoch. One callback serves one fit at a time.
 * @throws ValueError where an option is out of range; at the end of the first epoch, where nothing reports the value,
 * or mode is "auto" and the value is no metric of the model.
 * @example await model.fit(x, y, { epochs: 100, validationSplit: 0.1, callbacks: [earlyStopping({ patience: 5,
 * restoreBestWeights: true })] });
 * @see Keras 3 `callbacks.EarlyStopping`.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}
