// The options that every optimizer takes, and their checks.
import { checkCount, checkNoMore, checkNonNegative, checkPositive, checkShare } from "../checks.ts";
import { valueError } from "../errors.ts";
import { checkOptions, type OptionTable, type OwnTable } from "../options.ts";
import { Variable } from "../tensor/variable.ts";
import type { ClipOptions } from "./clip.ts";
import type { Schedule } from "./schedule.ts";

/** Options that every optimizer takes. */
export interface OptimizerOptions extends ClipOptions {
  /** Step size: a finite number ≥ 0, or a function of the 0-based step. Each optimizer has its own default. */
  learningRate?: number | Schedule;
  /** Decoupled weight decay λ, ≥ 0: w ← w − lr·λ·w before the update. Not the same as an l2 penalty. Default none. */
  weightDecay?: number | undefined;
  /** Variables without weight decay: the variable itself, a part of its name, or a pattern. */
  excludeFromWeightDecay?: readonly (Variable | string | RegExp)[];
  /**
   * Keeps an exponential moving average of the weights. As in Keras, `fit` ends by copying it into the weights:
   * afterwards the model's weights are the averages, and a further `fit` goes on from them. To validate and save with
   * the averages
   * while training, see `swapEmaWeights`. Default false.
   */
  useEma?: boolean;
  /** How much of the old average stays at each step, in [0, 1]. Default 0.99. */
  emaMomentum?: number;
  /** Copies the average into the weights every this many steps, ≥ 1. Default never. */
  emaOverwriteFrequency?: number;
  /** Accumulates the gradients of this many steps (≥ 2) and updates with their mean. Default: updates at every step. */
  gradientAccumulationSteps?: number;
  /**
   * The loss is multiplied by this, > 0, and its gradients are divided by it: that the smallest do not become 0.
   * Default 1.
   */
  lossScaleFactor?: number;
  /** Begins the names of the optimizer's variables. Default the method's name. */
  name?: string;
}

/** The kinds of {@link OptimizerOptions}. */
export const optimizerTable: OptionTable<OptimizerOptions> = {
  learningRate: "number or function",
  weightDecay: "number",
  excludeFromWeightDecay: "list",
  clipValue: "number",
  clipNorm: "number",
  globalClipNorm: "number",
  useEma: "boolean",
  emaMomentum: "number",
  emaOverwriteFrequency: "number",
  gradientAccumulationSteps: "number",
  lossScaleFactor: "number",
  name: "string",
};

/**
 * The options of an optimizer, checked; a number or a schedule in their place is the learning rate.
 * @param extra further arguments of the factory, of which there must be none.
 * @param table what it takes besides the options of every optimizer.
 */
export function optimizerOptions<O extends OptimizerOptions>(
  kind: string,
  given: O | number | Schedule,
  extra: readonly unknown[],
  table: OwnTable<NoInfer<O>, OptimizerOptions>,
): O {
  checkNoMore(kind, extra, "learningRate");
  const options = typeof given === "number" || typeof given === "function" ? ({ learningRate: given } as O) : given;
  return checkOptions(kind, options, { ...optimizerTable, ...table } as unknown as OptionTable<O>);
}

/** Checks the numbers among the options of every optimizer. @throws ValueError. */
export function checkRanges(kind: string, options: OptimizerOptions): void {
  const { weightDecay, emaMomentum, emaOverwriteFrequency, gradientAccumulationSteps, lossScaleFactor, useEma } =
    options;
  if (weightDecay !== undefined) checkNonNegative(kind, "weightDecay", weightDecay);
  if (emaMomentum !== undefined) checkShare(kind, "emaMomentum", emaMomentum);
  if (gradientAccumulationSteps !== undefined)
    checkCount(kind, "gradientAccumulationSteps", gradientAccumulationSteps, 2);
  if (lossScaleFactor !== undefined) checkPositive(kind, "lossScaleFactor", lossScaleFactor);
  if (emaOverwriteFrequency === undefined) return;
  checkCount(kind, "emaOverwriteFrequency", emaOverwriteFrequency, 1);
  if (!useEma)
    throw valueError(kind, { rule: "emaOverwriteFrequency needs useEma", expected: "useEma: true", received: useEma });
}

/** Whether one of the patterns means this variable. */
export function isNamed(variable: Variable, patterns: readonly (Variable | string | RegExp)[]): boolean {
  return patterns.some((pattern) =>
    pattern instanceof Variable
      ? pattern === variable
      : typeof pattern === "string"
        ? variable.name.includes(pattern)
        : pattern.test(variable.name),
  );
}
