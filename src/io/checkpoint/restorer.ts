// The callback that brings a run to where an interrupted one was.
import { stateError } from "../../errors.ts";
import type { Callback, Training } from "../../train/callback.ts";
import { sessionOf } from "../../train/session.ts";
import type { RunState } from "./run-state.ts";

/** Restores what `fit` keeps of a run. It is listed behind all callbacks, so that they have begun before. */
export class Restorer implements Callback {
  private isDone = false;

  constructor(private readonly state: RunState) {}

  onTrainBegin(training: Training): void {
    const { position, history, callbacks, steps, stopped } = this.state;
    if (this.isDone) {
      throw stateError("resume", {
        rule: "what resume gives is for one fit",
        expected: "a call of resume before each fit",
        received: "a second fit",
      });
    }
    this.isDone = true;
    if (steps !== null && training.steps !== undefined && steps !== training.steps) {
      throw stateError("resume", {
        rule: "the data of the run must be the same",
        expected: `${steps} batches in an epoch`,
        received: training.steps,
        advice: "Give the samples, batchSize and stepsPerEpoch of the interrupted run.",
      });
    }
    Object.assign(training.position, position);
    training.history.epoch.push(...history.epoch);
    const copies = Object.entries(history.history).map(([name, values]) => [name, [...values]]);
    training.history.history = { loss: [], ...Object.fromEntries(copies) };
    for (const [index, state] of callbacks.entries()) if (state) training.callbacks[index]?.setState?.(state);
    training.model.stopTraining = stopped;
  }

  /** Within an epoch, the metrics go on with the sums that they had. */
  onEpochBegin(epoch: number, { model }: Training): void {
    const { position, lastBatch, metrics } = this.state;
    if (epoch !== position.epoch || position.batch === 0 || !lastBatch) return;
    const { setup, stepRunner } = sessionOf("resume", model).compiled("resume");
    // Recorded, since metrics make their variables for the first batch that they see.
    stepRunner.record(setup.trainingMode, lastBatch);
    for (const [key, { variables }] of Object.entries(setup.objective.reported))
      for (const [index, variable] of variables.entries()) {
        const value = metrics[key]?.[index];
        if (value) variable.assign(value.data);
      }
  }
}
