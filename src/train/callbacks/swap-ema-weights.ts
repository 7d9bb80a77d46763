// A callback that validates and saves with the averages of the weights.
import { valueError } from "../../errors.ts";
import type { TypedArray } from "../../ir/dtype.ts";
import { checkOptions } from "../../options.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Callback, Run } from "../callback.ts";

/** Options of {@link swapEmaWeights}. */
export interface SwapEmaWeightsOptions {
  /**
   * Whether the averages are also swapped in from the end of each epoch to the start of the next, where callbacks that
   * are listed after this one see them. Default false.
   */
  swapOnEpoch?: boolean;
}

/**
 * Replaces the weights by their moving averages while the model is validated, evaluated or predicts. Give it to `fit`,
 * `evaluate` or `predict`; the optimizer must be made with `useEma`. Before the first step there are no averages, and
 * nothing is swapped. With `swapOnEpoch` a checkpoint that is listed after this callback saves the averages, one that
 * is listed before it the weights. Where a call fails while they are swapped, the model keeps the averages.
 * @throws ValueError, when the call begins, where the optimizer keeps no averages.
 * @example callbacks: [swapEmaWeights({ swapOnEpoch: true }), modelCheckpoint({ saveBestOnly: true })]
 * @see Keras 3 `callbacks.SwapEmaWeights`.
 */
export function swapEmaWeights(options: SwapEmaWeightsOptions = {}): Callback {
  const { swapOnEpoch = false } = checkOptions("swapEmaWeights", options, { swapOnEpoch: "boolean" });
  // The weights while averages replace them. The optimizer's averages stay unchanged, so that `fit` can end at any
  // time.
  let kept: [Variable, TypedArray][] | undefined;
  let trained: Run["model"] | undefined;
  const swapIn = async ({ model: { optimizer, trainableVariables } }: Run) => {
    checkAverages(optimizer);
    if (kept) return;
    const swaps: [Variable, TypedArray, TypedArray][] = [];
    for (const variable of trainableVariables) {
      const average = optimizer.averageOf(variable);
      if (average) swaps.push([variable, await variable.read(), await average.read()]);
    }
    kept = swaps.map(([variable, weight]) => [variable, weight]);
    for (const [variable, , average] of swaps) variable.assign(average);
  };
  const swapOut = () => {
    for (const [variable, weight] of kept ?? []) variable.assign(weight);
    kept = undefined;
  };
  const forget = () => {
    kept = undefined;
  };
  return {
    getState: () => ({ kept: kept?.map(([{ shape }, data]) => ({ data, shape })) }),
    setState(state) {
      const weights = state.kept as { readonly data: TypedArray }[] | undefined;
      const variables = trained?.trainableVariables.filter((variable) => trained?.optimizer.averageOf(variable)) ?? [];
      kept = weights && variables.map((variable, index) => [variable, weights[index]?.data as TypedArray]);
    },
    onTrainBegin({ model }) {
      trained = model;
      checkAverages(model.optimizer);
      forget();
    },
    onTestBegin: swapIn,
    onTestEnd: swapOut,
    onPredictBegin: swapIn,
    onPredictEnd: swapOut,
    onEpochBegin: swapOut,
    ...(swapOnEpoch && { onEpochEnd: (_epoch, _logs, training) => swapIn(training) }),
    // At its end `fit` assigns the averages to the weights for good.
    onTrainEnd: forget,
  };
}

function checkAverages(optimizer: Run["model"]["optimizer"]): void {
  const { kind, useEma } = optimizer.getConfig();
  if (useEma) return;
  throw valueError("swapEmaWeights", {
    rule: "the optimizer must keep averages of the weights",
    expected: `${kind}({ useEma: true })`,
    received: `${kind} without useEma`,
  });
}
