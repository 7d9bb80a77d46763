import { checkOptions } from "../../options.ts";
import type { TypedArray } from "../../tensor/dtype.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Callback, TrainedModel } from "../callback.ts";

/** Options of {@link swapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Whether the average also stands in the weights' place at the end of each epoch, for callbacks that come after this one. Default false. */
  swapOnEpoch?: boolean;
}

/**
 * Puts the moving averages of the weights in their place while the model is validated. For optimizers made with `useEma`; others are left alone.
 * @see Keras 3 `callbacks.SwapEMAWeights`.
 */
export function swapEMAWeights(options: SwapEMAWeightsOptions = {}): Callback {
  const { swapOnEpoch = false } = checkOptions("swapEMAWeights", options, { swapOnEpoch: "boolean" });
  let model: TrainedModel | undefined;
  let isSwapped = false;
  const swap = async (to: boolean) => {
    if (isSwapped === to || !model) return;
    isSwapped = to;
    for (const variable of model.trainableVariables) {
      const average = model.optimizer.averageOf(variable);
      if (average) await exchange(variable, average);
    }
  };
  return {
    onTrainBegin(training) {
      model = training.model;
      isSwapped = false;
    },
    onTestBegin: () => swap(true),
    onTestEnd: () => swap(swapOnEpoch),
    onEpochBegin: () => swap(false),
    onEpochEnd: (epoch, _logs, { epochs, model: { stopTraining } }) => swap(swapOnEpoch && epoch + 1 < epochs && !stopTraining),
  };
}

async function exchange(a: Variable, b: Variable): Promise<void> {
  const [ofA, ofB]: [TypedArray, TypedArray] = [await a.read(), await b.read()];
  a.assign(ofB);
  b.assign(ofA);
}
