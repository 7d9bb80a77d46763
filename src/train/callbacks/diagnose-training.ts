// A callback that follows a training run and says what went wrong in it.
import { checkOptions } from "../../options.ts";
import type { Callback } from "../callback.ts";
import type { Diagnosis } from "../diagnose/diagnosis.ts";
import type { TrainingRun } from "../diagnose/training-run.ts";

/** Options of {@link diagnoseTraining}. */
export interface DiagnoseTrainingOptions {
  /** Where findings go at the end of training; false for nowhere. Default console.log. */
  print?: ((text: string) => void) | false;
}

/** Follows a training run. See {@link diagnoseTraining}. */
export interface DiagnoseTraining extends Callback {
  /** What is known so far, or of the last run; undefined before the first step. */
  readonly result: Diagnosis | undefined;
}

/**
 * Follows a training run and says at its end what went wrong, with what to try: a loss that diverges, swings or never
 * falls, overfitting, gradients that vanish, explode or jump, dead and saturated units, numbers that are not finite.
 * Training goes on as it would, to the bit. Each step is measured, which takes time: on wasm a step of a small network
 * takes three to four times as long. For a look before training use `diagnose`.
 * @example const watch = diagnoseTraining(); await model.fit(x, y, { epochs: 10, callbacks: [watch] });
 * watch.result?.findings;
 * @see docs/diagnosis.md for each finding, its cause and its cure.
 */
export function diagnoseTraining(given: DiagnoseTrainingOptions = {}): DiagnoseTraining {
  const { print = console.log } = checkOptions("diagnoseTraining", given, { print: "function or false" });
  let run: TrainingRun | undefined;
  return {
    measures: true,
    get result() {
      return run && run.losses.length > 0 ? run.diagnose() : undefined;
    },
    async onTrainBegin(training) {
      run = new (await import("../diagnose/training-run.ts")).TrainingRun(training);
    },
    onTrainBatchEnd(_batch, _logs, training) {
      run?.addStep(training);
    },
    onEpochEnd(_epoch, logs) {
      run?.addEpoch(logs);
    },
    onTrainEnd() {
      if (print && run && run.losses.length > 0) print(String(run.diagnose()));
    },
  };
}
