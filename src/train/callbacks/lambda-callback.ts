import { lookUp, valueError } from "../../errors.ts";
import type { Callback, Hook } from "../callback.ts";

const hooks: Readonly<Record<Hook, true>> = {
  onTrainBegin: true,
  onTrainEnd: true,
  onEpochBegin: true,
  onEpochEnd: true,
  onTrainBatchBegin: true,
  onTrainBatchEnd: true,
  onTestBegin: true,
  onTestEnd: true,
  onTestBatchBegin: true,
  onTestBatchEnd: true,
  onPredictBegin: true,
  onPredictEnd: true,
  onPredictBatchBegin: true,
  onPredictBatchEnd: true,
};

/**
 * A callback from functions. Any object of hooks is a callback already; this one checks the names.
 * @throws ValueError on an unknown hook (with the nearest) or one that is no function.
 * @example lambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 * @see Keras 3 `callbacks.LambdaCallback`.
 */
export function lambdaCallback(functions: Callback): Callback {
  for (const [name, hook] of Object.entries(functions)) {
    if (name === "diagnoses") continue;
    lookUp("lambdaCallback", "hook", hooks, name);
    if (typeof hook !== "function") throw valueError("lambdaCallback", { rule: `${name} must be a function`, expected: "a function", received: hook });
  }
  return { ...functions };
}
