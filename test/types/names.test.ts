import { describe, expectTypeOf, it } from "vitest";
import type * as activations from "../../src/nn/activations.ts";
import type * as initializers from "../../src/nn/initializers.ts";
import type { Loss } from "../../src/nn/loss.ts";
import type { LossName } from "../../src/nn/losses/names.ts";
import type * as losses from "../../src/nn/losses.ts";
import type { Metric } from "../../src/nn/metric.ts";
import type { MetricName } from "../../src/nn/metrics/names.ts";
import type * as metrics from "../../src/nn/metrics.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import type { OptimizerName } from "../../src/optim/optimizers.ts";
import type * as optimizers from "../../src/optimizers.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** The functions of a module that make one thing. */
type FactoriesOf<Module, Made> = {
  [Name in keyof Module]: Module[Name] extends (...given: never[]) => Made ? Name : never;
}[keyof Module];

/** Factories that no name stands for, though they are not among those which need options. */
type Unnamed<Module, Made, Names, NeedOptions = never> = Exclude<FactoriesOf<Module, Made>, Names | NeedOptions>;

// These hold when tsc accepts them.
describe("every factory has a name", () => {
  it("of a loss", () => {
    expectTypeOf<Unnamed<typeof losses, Loss, LossName>>().toEqualTypeOf<never>();
    expectTypeOf<"mse" | "KLD" | "ctc">().toExtend<LossName>();
    expectTypeOf<"meanSquareError">().not.toExtend<LossName>();
  });

  it("of a metric, but for those that need options", () => {
    type NeedOptions =
      | ("metric" | "lossMetric" | "accuracyFor")
      | ("sensitivityAtSpecificity" | "specificityAtSensitivity" | "precisionAtRecall" | "recallAtPrecision")
      | ("iou" | "meanIou" | "oneHotIou" | "oneHotMeanIou");
    expectTypeOf<Unnamed<typeof metrics, Metric, MetricName, NeedOptions>>().toEqualTypeOf<never>();
    expectTypeOf<"acc" | "mse" | "auc">().toExtend<MetricName>();
    expectTypeOf<"precission">().not.toExtend<MetricName>();
  });

  it("of an optimizer", () => {
    expectTypeOf<Unnamed<typeof optimizers, Optimizer, OptimizerName, "defineOptimizer">>().toEqualTypeOf<never>();
    expectTypeOf<"adagrad" | "adam">().toExtend<OptimizerName>();
    expectTypeOf<"adamm">().not.toExtend<OptimizerName>();
  });

  it("of an activation, but for the one that needs options", () => {
    expectTypeOf<Unnamed<typeof activations, Tensor, activations.ActivationName, "threshold">>().toEqualTypeOf<never>();
    expectTypeOf<"swish" | "relu">().toExtend<activations.ActivationName>();
    expectTypeOf<"rellu">().not.toExtend<activations.ActivationName>();
  });

  it("of an initializer, but for the one that needs options", () => {
    type Name = initializers.InitializerName;
    type NeedOptions = "stft" | "initializer";
    expectTypeOf<Unnamed<typeof initializers, initializers.Initializer, Name, NeedOptions>>().toEqualTypeOf<never>();
    expectTypeOf<"heNormal">().toExtend<Name>();
    expectTypeOf<"heNorml">().not.toExtend<Name>();
  });
});
