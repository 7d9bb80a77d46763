// A callback that lowers the learning rate when a value no longer improves.
import { checkCount, checkNonNegative } from "../../checks.ts";
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Callback, Training } from "../callback.ts";
import type { Logs } from "../step-runner.ts";
import { Monitor, type MonitorOptions, monitorTable } from "./monitor.ts";

/** Options of {@link reduceLrOnPlateau}. */
export interface ReduceLrOnPlateauOptions extends MonitorOptions {
  /** The learning rate is multiplied by this, in (0, 1). Default 0.1. */
  factor?: number;
  /** Epochs without improvement after which the rate is lowered, an integer ≥ 0. Default 10. */
  patience?: number;
  /** The smallest change that counts as an improvement. Default 1e-4. */
  minDelta?: number;
  /** Epochs after a reduction that do not count as epochs without improvement, an integer ≥ 0. Default 0. */
  cooldown?: number;
  /** The smallest rate, ≥ 0. Default 0. */
  minLearningRate?: number;
}

/**
 * Lowers the learning rate when a monitored value has not improved for `patience` epochs (performance scheduling).
 * Adds `learning_rate` to the logs. The optimizer must have been made with a number as learningRate. One callback
 * serves one fit at a time.
 * @throws ValueError where an option is out of range; at the end of the first epoch, where nothing reports the value,
 * or mode is "auto" and the value is no metric of the model.
 * @see Keras 3 `callbacks.ReduceLrOnPlateau`.
 */
export function reduceLrOnPlateau(given: ReduceLrOnPlateauOptions = {}): Callback {
  const options = checkOptions("reduceLrOnPlateau", given, {
    factor: "number",
    patience: "number",
    minDelta: "number",
    cooldown: "number",
    minLearningRate: "number",
    ...monitorTable,
  });
  const {
    monitor: name = "val_loss",
    mode = "auto",
    factor = 0.1,
    patience = 10,
    minDelta = 1e-4,
    cooldown = 0,
    minLearningRate = 0,
  } = options;
  const owner = "reduceLrOnPlateau";
  checkNumber(owner, "factor", factor, "a number in (0, 1)", (value) => value > 0 && value < 1);
  checkCount(owner, "patience", patience, 0);
  checkCount(owner, "cooldown", cooldown, 0);
  checkNonNegative(owner, "minLearningRate", minLearningRate);
  const monitor = new Monitor(owner, name, mode, minDelta);
  let best: number | undefined;
  let wait = 0;
  let cooling = 0;
  return {
    getState: () => ({ best, wait, cooling }),
    setState(state) {
      best = state.best as number | undefined;
      wait = state.wait as number;
      cooling = state.cooling as number;
    },
    onTrainBegin({ model }) {
      monitor.begin(model);
      best = undefined;
      wait = 0;
      cooling = 0;
    },
    onEpochEnd(_epoch: number, logs: Logs, training: Training) {
      const { model } = training;
      const rate = model.optimizer.learningRate;
      logs.learning_rate = rate;
      const current = monitor.read(logs, training);
      if (current === undefined) return;
      if (cooling > 0) {
        cooling--;
        wait = 0;
      }
      if (monitor.improves(current, best, model)) {
        best = current;
        wait = 0;
        return;
      }
      if (cooling > 0) return;
      wait++;
      if (wait < patience || rate <= minLearningRate) return;
      model.optimizer.learningRate = Math.max(rate * factor, minLearningRate);
      cooling = cooldown;
      wait = 0;
    },
  };
}
