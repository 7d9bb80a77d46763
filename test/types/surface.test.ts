import { describe, expect, expectTypeOf, it } from "vitest";
import {
  adam,
  batchNormalization,
  type CompileModelOptions,
  type ConstraintName,
  type DenseOptions,
  dense,
  dropout,
  earlyStopping,
  jit,
  type LoopContext,
  metrics,
  nadam,
  ops,
  type PenaltyName,
  type StepLogs,
  sequential,
  sgd,
  type Tensor,
  trainStep,
  Variable,
} from "../../src/index.ts";
import { type ActivationName, activationOf } from "../../src/nn/activation-names.ts";
import { type InitializerName, initializer } from "../../src/nn/initializer-names.ts";
import { type LossName, lossNames } from "../../src/nn/losses/names.ts";
import { type MetricName, metricNames } from "../../src/nn/metrics/names.ts";
import { type OptimizerName, optimizerNames } from "../../src/optim/optimizers.ts";
import { constraintOf } from "../../src/regularize/constraints.ts";
import { penaltyOf } from "../../src/regularize/penalties.ts";

/** The keys of a record that has each member of a union: a name more or less does not compile. */
const namesOf = <Name extends string>(names: Readonly<Record<Name, true>>): Name[] => Object.keys(names) as Name[];

describe("names", () => {
  it("of activations are those that there are", () => {
    const names = namesOf<ActivationName>({
      linear: true,
      relu: true,
      relu6: true,
      leakyRelu: true,
      elu: true,
      celu: true,
      selu: true,
      softplus: true,
      silu: true,
      swish: true,
      mish: true,
      gelu: true,
      squareplus: true,
      sparsePlus: true,
      softsign: true,
      sigmoid: true,
      logSigmoid: true,
      tanh: true,
      exponential: true,
      hardSigmoid: true,
      hardSilu: true,
      hardSwish: true,
      hardTanh: true,
      sparseSigmoid: true,
      tanhShrink: true,
      hardShrink: true,
      softShrink: true,
      glu: true,
      softmax: true,
      logSoftmax: true,
      sparsemax: true,
    });
    for (const name of names) expect(activationOf(name, "test"), name).toBeTypeOf("function");
    // @ts-expect-error No activation has this name.
    expect(() => dense(1, { activation: "reluu" })).toThrow('Did you mean "relu"');
  });

  it("of penalties and constraints are those that there are", () => {
    for (const name of namesOf<PenaltyName>({ l1: true, l2: true, l1l2: true }))
      expect(penaltyOf(name, "test")).toBeTypeOf("function");
    for (const name of namesOf<ConstraintName>({ nonNeg: true, unitNorm: true, maxNorm: true, minMaxNorm: true }))
      expect(constraintOf(name, "test")).toBeTypeOf("function");
    // @ts-expect-error No penalty has this name.
    expect(() => sequential([dense(1, { inputShape: [1], kernelRegularizer: "L3" })])).toThrow(
      'Did you mean "l1" or "l2"',
    );
    // @ts-expect-error Keras's spelling.
    expect(() => sequential([dense(1, { inputShape: [1], kernelConstraint: "max_norm" })])).toThrow(
      'Did you mean "maxNorm"',
    );
  });

  it("of losses, metrics and optimizers are those that can be given to compile", () => {
    const model = sequential([dense(1, { inputShape: [1] })]);
    for (const loss of Object.keys(lossNames.known) as LossName[]) model.compile({ loss });
    for (const metric of Object.keys(metricNames.known) as MetricName[])
      model.compile({ loss: "mse", metrics: [metric] });
    for (const optimizer of Object.keys(optimizerNames.known) as OptimizerName[])
      model.compile({ loss: "mse", optimizer });
    const refused: [CompileModelOptions, string][] = [
      // @ts-expect-error Keras's spelling.
      [{ loss: "mean_squared_error" }, 'Did you mean "meanSquaredError"'],
      // @ts-expect-error No metric has this name.
      [{ loss: "mse", metrics: ["acuracy"] }, 'Did you mean "accuracy"'],
      // @ts-expect-error Keras's spelling.
      [{ loss: "mse", optimizer: "AdamW " }, 'Did you mean "adamW"'],
    ];
    for (const [options, text] of refused) expect(() => model.compile(options)).toThrow(text);
  });

  it("of initializers are those that there are", () => {
    const names = namesOf<InitializerName>({
      zeros: true,
      ones: true,
      constant: true,
      identity: true,
      randomNormal: true,
      truncatedNormal: true,
      randomUniform: true,
      varianceScaling: true,
      glorotUniform: true,
      glorotNormal: true,
      heUniform: true,
      heNormal: true,
      lecunUniform: true,
      lecunNormal: true,
      orthogonal: true,
    });
    for (const name of names) expect(initializer(name, "test"), name).toBeTypeOf("function");
    // @ts-expect-error Keras's spelling.
    expect(() => sequential([dense(1, { inputShape: [1], kernelInitializer: "glorot_uniform" })])).toThrow(
      'Did you mean "glorotUniform"',
    );
  });
});

describe("options", () => {
  it("of factories are checked by the compiler, too", () => {
    const wrong: (() => unknown)[] = [
      // @ts-expect-error An option that no layer has.
      () => dense(3, { unit: 3 }),
      // @ts-expect-error A number is no initializer.
      () => dense(3, { kernelInitializer: 0.1 }),
      // @ts-expect-error Keras's spelling.
      () => batchNormalization({ moving_mean_initializer: "zeros" }),
      // @ts-expect-error An option that adam does not have.
      () => adam({ momentum: 0.9 }),
      // @ts-expect-error The learning rate is a number or a schedule.
      () => nadam({ learningRate: "0.1" }),
      // @ts-expect-error Keras's spelling.
      () => earlyStopping({ restore_best_weights: true }),
      // @ts-expect-error The rate stands before the options.
      () => dropout({ rate: 0.1 }),
      // @ts-expect-error AUC's options.
      () => metrics.auc({ curve: "ROCC" }),
    ];
    for (const call of wrong) expect(call).toThrow(/^\w+.*: .+ Expected .+, received /);
    expectTypeOf<DenseOptions["activation"]>().not.toBeAny();
  });
});

describe("jit and trainStep", () => {
  it("take arrays in place of tensors, and give the structure of the result", async () => {
    const sum = jit((a, b) => ops.add(a, b));
    expectTypeOf<ReturnType<typeof sum>>().resolves.toEqualTypeOf<Tensor>();
    expect(await (await sum(1, [2])).array()).toEqual([3]);
    // @ts-expect-error One argument is missing.
    await expect(sum(1)).rejects.toThrow();
    const parts = jit((given: { x: Tensor; rest: readonly Tensor[] }, ctx: LoopContext) => ({
      twice: ops.mul(given.x, 2),
      noise: ops.randomUniform([1], ctx.random()),
      rest: given.rest,
    }));
    expectTypeOf(parts).parameter(0).toHaveProperty("rest");
    expectTypeOf<Parameters<typeof parts>["length"]>().toEqualTypeOf<1>();
    const { twice, rest } = await parts({ x: 1, rest: [await sum(1, 3)] });
    expectTypeOf(twice).toEqualTypeOf<Tensor>();
    expect([await twice.array(), rest.length]).toEqual([2, 1]);
    // @ts-expect-error A name that the function does not have.
    await expect(parts({ y: 1 })).rejects.toThrow();
  });

  it("report what the loss gives", async () => {
    const weight = new Variable([], { initial: 1 });
    const step = trainStep({
      variables: weight,
      optimizer: sgd(0),
      loss: (x: Tensor) => ({ loss: ops.mul(weight, x), half: ops.mul(x, 0.5) }),
    });
    const logs = await step(3);
    expectTypeOf(logs).toEqualTypeOf<StepLogs<{ loss: Tensor; half: Tensor }>>();
    expectTypeOf(logs.half).toEqualTypeOf<number>();
    expect(logs).toEqual({ loss: 3, half: 1.5 });
    // @ts-expect-error Nothing of this name is reported.
    expect(logs.accuracy).toBeUndefined();
    // @ts-expect-error Strings are no variables.
    expect(() => trainStep({ variables: "all", optimizer: "sgd", loss: () => ops.mul(weight, 1) })).toThrow(
      "wrong kind",
    );
  });
});
