import { valueError } from "../../errors.ts";
import type { Callback } from "../callback.ts";

/**
 * Sets the learning rate at the beginning of each epoch, from the epoch (from 0) and the rate so far. Adds
 * `learning_rate` to the logs. For a rate that changes from step to step give the optimizer a schedule instead.
 * @throws ValueError while training, where the function gives no finite number ≥ 0.
 * @example learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9))
 * @see Keras 3 `callbacks.LearningRateScheduler`.
 */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  if (typeof schedule !== "function") {
    throw valueError("learningRateScheduler", {
      rule: "the schedule must be a function",
      expected: "(epoch, rate) => rate",
      received: schedule,
    });
  }
  return {
    onEpochBegin(epoch, { model }) {
      const rate = schedule(epoch, model.optimizer.learningRate);
      if (typeof rate !== "number" || !Number.isFinite(rate) || rate < 0) {
        throw valueError("learningRateScheduler", {
          rule: "the schedule must give a learning rate",
          expected: "a finite number ≥ 0",
          received: rate,
          context: `epoch ${epoch}`,
        });
      }
      model.optimizer.learningRate = rate;
    },
    onEpochEnd(_epoch, logs, { model }) {
      logs.learning_rate = model.optimizer.learningRate;
    },
  };
}
