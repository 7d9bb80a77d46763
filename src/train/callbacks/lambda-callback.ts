import { withArguments } from "../../options.ts";
import { type Callback, checkHooks } from "../callback.ts";

/**
 * A callback from functions. Any object of hooks is a callback already; this one checks the names.
 * @throws ValueError on an unknown hook (with the nearest) or one that is no function.
 * @example lambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 * @see Keras 3 `callbacks.LambdaCallback`.
 */
export function lambdaCallback(functions: Callback): Callback {
  checkHooks("lambdaCallback", withArguments("lambdaCallback", functions, "onEpochEnd"), () => true);
  return { ...functions };
}
