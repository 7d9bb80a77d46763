import { checkCount } from "../../checks.ts";
import type { HostArray } from "../../data/array.ts";
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Callback, Training } from "../callback.ts";
import type { Logs } from "../step-runner.ts";
import { Monitor, type MonitorOptions, monitorTable } from "./monitor.ts";

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** By how much a value must be better to count. Default 0. */
  minDelta?: number;
  /** After how many epochs without a better value training stops, an integer ≥ 0. Default 0. */
  patience?: number;
  /** Patience begins anew only for values better than this, too. Default none. */
  baseline?: number;
  /** Whether training ends with the weights of the best epoch, however it ended. Default false. */
  restoreBestWeights?: boolean;
  /** Epochs before this one (from 0) are not looked at. Default 0. */
  startFromEpoch?: number;
}

/** Stops training when a value has not become better for a while. See {@link earlyStopping}. */
export class EarlyStopping implements Callback {
  /** The best value so far. */
  best: number | undefined;
  /** The epoch of the best value, from 0. */
  bestEpoch = 0;
  /** The epoch after which training was stopped; 0 if it was not. */
  stoppedEpoch = 0;
  /** Epochs since patience began anew. */
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

  onTrainBegin(): void {
    this.monitor.begin();
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
    if (this.bestWeights) model.setWeights(this.bestWeights);
    this.bestWeights = undefined;
  }
}

/**
 * Stops training when a watched value has not become better for `patience` epochs; with `restoreBestWeights` the model
 * ends with the weights of its best epoch.
 * @throws ValueError where an option is out of range; at the end of the first epoch, where nothing reports the value,
 * or mode is "auto" and the value is no metric of the model.
 * @example await model.fit(x, y, { epochs: 100, validationSplit: 0.1, callbacks: [earlyStopping({ patience: 5,
 * restoreBestWeights: true })] });
 * @see Keras 3 `callbacks.EarlyStopping`.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}
