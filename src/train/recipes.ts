import { checkCount } from "../checks.ts";
import type { ArrayInput } from "../data/array.ts";
import { toHostArray } from "../data/array.ts";
import { shapeError } from "../errors.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import type { Layer } from "../nn/layer.ts";
import { activation } from "../nn/layers/activation.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { alphaDropout } from "../nn/layers/noise.ts";
import { flatten, lambda } from "../nn/layers/shape.ts";
import { oneCycle } from "../optim/composite-schedules.ts";
import { sgd } from "../optim/sgd.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { l2 as l2Penalty } from "../regularize/penalties.ts";
import { div, sub } from "../tensor/ops/elementwise.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Callback } from "./callback.ts";
import { earlyStopping } from "./callbacks/early-stopping.ts";
import type { Model } from "./model.ts";
import { sequential } from "./sequential.ts";

/** Options of both recipes. */
export interface RecipeOptions {
  /** Shape of one sample; flattened where it has several axes. */
  inputShape: Shape;
  /** Units of each hidden layer. */
  hidden: readonly number[];
  /** How many classes, ≥ 2. The labels are whole numbers from 0. */
  classes: number;
  /** Steps of the whole run, for 1cycle: epochs · ⌈samples / batchSize⌉. */
  steps: number;
  /** Peak of the learning rate. Find it with `learningRateRangeTest`. Default 0.05. */
  maxLearningRate?: number;
  /** Epochs without a better validation loss before training stops. Default 10. */
  patience?: number;
  /** Of the model: weights, orders and dropout. Default: drawn. */
  seed?: number;
}

const recipeTable: OptionTable<RecipeOptions> = {
  inputShape: "list!",
  hidden: "list!",
  classes: "number!",
  steps: "number!",
  maxLearningRate: "number",
  patience: "number",
  seed: "number",
};

/** A compiled model and the callbacks to fit it with; early stopping needs validation data. */
export interface Recipe {
  readonly model: Model;
  readonly callbacks: readonly Callback[];
}

/** Options of {@link standard}. */
export interface StandardOptions extends RecipeOptions {
  /** Whether each hidden layer is normalized before its activation. Default: from four hidden layers on. */
  normalize?: boolean;
  /** l2 penalty on the kernels. Default none. */
  l2?: number;
}

/**
 * The default configuration for a dense network: He initialization, ELU, batch normalization if deep, Nesterov momentum
 * under 1cycle, early stopping, l2 if needed.
 * @throws ValueError where units, classes or steps are out of range.
 * @example const { model, callbacks } = recipes.standard({ inputShape: [28, 28], hidden: [300, 100], classes: 10,
 * steps: 10 * 1719 });
 */
export function standard(given: StandardOptions): Recipe {
  const options = checkOptions("recipes.standard", given, { ...recipeTable, normalize: "boolean", l2: "number" });
  const { hidden, normalize = hidden.length >= 4, l2 } = options;
  const penalty = l2 === undefined ? {} : { kernelRegularizer: l2Penalty(l2) };
  const block = (units: number): Layer[] =>
    normalize
      ? [
          dense(units, { kernelInitializer: "heNormal", useBias: false, ...penalty }),
          batchNormalization(),
          activation("elu"),
        ]
      : [dense(units, { kernelInitializer: "heNormal", activation: "elu", ...penalty })];
  return assemble("recipes.standard", options, [], hidden.flatMap(block));
}

/** Options of {@link selfNormalizing}. */
export interface SelfNormalizingOptions extends RecipeOptions {
  /** Training samples: inputs are standardized with their mean and deviation per feature. */
  x: ArrayInput;
  /** Alpha dropout after each hidden layer, in [0, 1). Default none. */
  dropout?: number;
}

/**
 * The configuration for a plain stack of dense layers that normalizes itself: inputs standardized, LeCun
 * initialization, SELU, no normalization layers, alpha dropout if needed, Nesterov momentum under 1cycle, early
 * stopping.
 * @throws ValueError where units, classes or steps are out of range; ShapeError where x does not have inputShape.
 * @see Klambauer et al. 2017, arXiv:1706.02515.
 */
export function selfNormalizing(given: SelfNormalizingOptions): Recipe {
  const options = checkOptions("recipes.selfNormalizing", given, {
    ...recipeTable,
    x: "object or list or number!",
    dropout: "number",
  });
  const { hidden, inputShape, x, dropout } = options;
  const block = (units: number): Layer[] => [
    dense(units, { kernelInitializer: "lecunNormal", activation: "selu" }),
    ...(dropout === undefined ? [] : [alphaDropout(dropout)]),
  ];
  return assemble("recipes.selfNormalizing", options, [standardization(x, inputShape)], hidden.flatMap(block));
}

function assemble(name: string, options: RecipeOptions, first: readonly Layer[], hidden: readonly Layer[]): Recipe {
  const { inputShape, classes, steps, maxLearningRate = 0.05, patience = 10, seed } = options;
  checkCount(name, "classes", classes, 2);
  checkCount(name, "steps", steps, 2);
  const model = sequential(
    [flatten({ inputShape }), ...first, ...hidden, dense(classes, { activation: "softmax" })],
    seed === undefined ? {} : { seed },
  );
  const cycle = oneCycle({ maxLearningRate, steps });
  model.compile({
    optimizer: sgd({ learningRate: cycle.learningRate, momentum: cycle.momentum, nesterov: true }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return { model, callbacks: [earlyStopping({ patience, restoreBestWeights: true })] };
}

/**
 * (x − mean) / deviation per feature, with the figures of the training samples; a feature that never changes is only
 * centred.
 */
function standardization(x: ArrayInput, inputShape: Shape): Layer {
  const { data, shape } = toHostArray("recipes.selfNormalizing", x);
  const width = sizeOf(inputShape);
  const rows = data.length / width;
  if (sizeOf(shape.slice(1)) !== width) {
    throw shapeError("recipes.selfNormalizing", {
      rule: "x holds samples of inputShape",
      expected: `[samples, ${inputShape.join(", ")}]`,
      received: `[${shape.join(", ")}]`,
    });
  }
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width] = (mean[i % width] as number) + (data[i] as number) / rows;
  for (let i = 0; i < data.length; i++) {
    const off = (data[i] as number) - (mean[i % width] as number);
    square[i % width] = (square[i % width] as number) + (off * off) / rows;
  }
  const deviation = Float32Array.from(square, (value) => Math.sqrt(value) || 1);
  const [center, scale] = [tensor(Float32Array.from(mean)), tensor(deviation)];
  return lambda((inputs) => div(sub(inputs, center), scale), { name: "standardize" });
}
