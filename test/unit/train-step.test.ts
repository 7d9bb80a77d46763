import { describe, expect, it } from "vitest";
import {
  adam,
  adamW,
  batchNormalization,
  type CompileModelOptions,
  cloneModel,
  dense,
  dropout,
  exponentialDecay,
  js,
  type Layer,
  type LoopContext,
  l2,
  losses,
  type Model,
  maxNorm,
  type Optimizer,
  ops,
  sequential,
  sgd,
  type Tensor,
  tensor,
  trainStep,
  Variable,
  wasm,
} from "../../src/index.ts";
import { countingBackend, points, weightsOf } from "./train-support.ts";

const { x, y } = points(12);
const target = { data: Float32Array.from(y), shape: [12, 1] };
interface Pair {
  x: Tensor;
  y: Tensor;
}
/** As `fit` computes it, to the order of the sums. */
const squared = (given: Tensor, wanted: Tensor) =>
  ops.mul(ops.sum(losses.meanSquaredError().call(wanted, given)), 1 / (given.shape[0] as number));

function regression(options: object = {}): Model {
  return sequential([dense(6, { activation: "tanh", inputShape: [4], ...options }), dense(1)], { seed: 1 });
}

function step(model: Model, optimizer: Optimizer, options: { seed?: number; backend?: ReturnType<typeof js> } = {}) {
  return trainStep({
    variables: model,
    optimizer,
    loss: (batch: Pair, ctx) => squared(model.apply(batch.x, ctx), batch.y),
    ...options,
  });
}

describe("trainStep", () => {
  const same: [string, () => Optimizer, object][] = [
    ["plain", () => sgd(0.1), {}],
    [
      "clipping, a schedule, weight decay",
      () =>
        adamW({
          learningRate: exponentialDecay({ initialLearningRate: 0.05, decaySteps: 2, decayRate: 0.5 }),
          globalClipNorm: 0.1,
          weightDecay: 0.1,
        }),
      {},
    ],
    ["gradient accumulation", () => adam({ learningRate: 0.05, gradientAccumulationSteps: 2 }), {}],
    [
      "averages that are taken over",
      () => adam({ learningRate: 0.05, useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 2 }),
      {},
    ],
    [
      "a penalty, an activity penalty and a constraint",
      () => adam(0.05),
      { kernelRegularizer: l2(0.1), activityRegularizer: "l1", kernelConstraint: maxNorm(0.5) },
    ],
  ];
  it.each(same)("makes of the weights what fit does, to the bit: %s", async (_, optimizer, options) => {
    const [own, fitted] = [regression(options), regression(options)];
    const compiling: CompileModelOptions = { optimizer: optimizer(), loss: "mse" };
    fitted.compile(compiling);
    const train = step(own, optimizer());
    for (let i = 0; i < 5; i++) {
      const { loss } = await train({ x, y: target });
      // What fit reports is a mean over batches, which rounds once more.
      expect(loss).toBeCloseTo((await fitted.trainOnBatch(x, target)).loss as number, 6);
    }
    expect(await weightsOf(own)).toEqual(await weightsOf(fitted));
  });

  it("ends with the averages of the weights where it is told to, as fit does", async () => {
    const optimizer = () => sgd({ learningRate: 0.5, useEma: true, emaMomentum: 0.9 });
    const [own, fitted] = [regression(), regression()];
    fitted.compile({ optimizer: optimizer(), loss: "mse" });
    await fitted.fit(x, target, { batchSize: 12, epochs: 3, shuffle: false, verbose: 0 });
    const train = step(own, optimizer());
    await train.takeAverages();
    for (let i = 0; i < 3; i++) await train({ x, y: target });
    expect(await weightsOf(own)).not.toEqual(await weightsOf(fitted));
    await train.takeAverages();
    expect(await weightsOf(own)).toEqual(await weightsOf(fitted));
  });

  it("records one program per batch shape, and reports what the loss gives besides", async () => {
    const { backend, counts } = countingBackend();
    const slope = new Variable([], { initial: 0 });
    const train = trainStep({
      variables: slope,
      optimizer: sgd(0.1),
      backend,
      loss: ([a, b]: [Tensor, Tensor]) => {
        const error = ops.sub(ops.mul(a, slope), b);
        return { loss: ops.mean(ops.square(error)), largest: ops.max(ops.abs(error)) };
      },
    });
    expect(await train([tensor([1, 2]), tensor([2, 4])])).toEqual({ loss: 10, largest: 4 });
    for (const size of [2, 3, 2, 3]) {
      const line = Float32Array.from({ length: size }, (_, i) => i + 1);
      await train([tensor(line), tensor(line.map((value) => 2 * value))]);
    }
    expect(counts).toEqual({ loads: 2, runs: 5 });
    expect((await slope.read())[0]).toBeCloseTo(2, 2);
  });

  it("trains its variables alone: two optimizers take turns on two networks", async () => {
    const maker = sequential([dense(2, { inputShape: [2] }), batchNormalization()], { seed: 1 });
    const judge = sequential([dense(3, { inputShape: [2] }), batchNormalization(), dense(1, { activation: "tanh" })], {
      seed: 2,
    });
    const verdict = (ctx: LoopContext, noise: Tensor, isFrozen = false) => {
      const made = maker.apply(noise, ctx);
      return ops.mean(ops.square(judge.apply(isFrozen ? ops.stopGradient(made) : made, ctx)));
    };
    const judging = trainStep({
      variables: judge,
      optimizer: adam(0.1),
      loss: (noise: Tensor, ctx) => verdict(ctx, noise, true),
    });
    const making = trainStep({
      variables: [maker],
      optimizer: "sgd",
      loss: (noise: Tensor, ctx) => verdict(ctx, noise),
    });
    const noise = points(6, 2).x;
    const states = async () =>
      Promise.all(
        [maker, judge].map((model) => Promise.all(model.trainableVariables.map((variable) => variable.read()))),
      );
    const before = await states();
    await judging(noise);
    const judged = await states();
    expect(judged[0]).toEqual(before[0]);
    expect(judged[1]).not.toEqual(before[1]);
    await making(noise);
    const made = await states();
    expect(made[0]).not.toEqual(judged[0]);
    expect(made[1]).toEqual(judged[1]);
  });

  it("moves the averages of batch normalization, and drops out, but for what is recorded in inference", async () => {
    const noisy = (isTraining: boolean, seed: number) => {
      const net = sequential([batchNormalization({ inputShape: [4] }), dropout(0.5)], { seed: 1 });
      const train = trainStep({
        variables: net,
        optimizer: sgd(0),
        seed,
        loss: (given: Tensor, ctx) => ops.sum(ops.square(net.apply(given, isTraining ? ctx : ctx.inference))),
      });
      return { net, train };
    };
    const [trained, again, inferring] = [noisy(true, 1), noisy(true, 1), noisy(false, 1)];
    const found = await Promise.all(
      [trained, again, inferring, noisy(true, 2)].map(async ({ train }) => [
        (await train(x)).loss,
        (await train(x)).loss,
      ]),
    );
    expect(found[1]).toEqual(found[0]);
    expect(found[3]).not.toEqual(found[0]);
    expect(new Set(found.flat()).size).toBe(5);
    const averages = async ({ net }: { net: Model }) =>
      (await net.getWeights()).slice(2).map(({ data }) => Array.from(data));
    expect(await averages(inferring)).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    expect((await averages(trained)).flat()).not.toContain(0);
    expect(await averages(again)).toEqual(await averages(trained));
  });

  it("sets variables that ctx.update names, in the same run", async () => {
    const [weight, seen] = [new Variable([], { initial: 1 }), new Variable([], { initial: 0, trainable: false })];
    const train = trainStep({
      variables: [weight, seen],
      optimizer: sgd(1),
      loss: (batch: Tensor, ctx) => {
        ctx.update(seen, ops.add(seen, ops.sum(batch)));
        return ops.mul(weight, ops.sum(batch));
      },
    });
    await train([1, 2]);
    await train([3]);
    expect([await weight.read(), await seen.read()].map(([value]) => value)).toEqual([-5, 6]);
  });

  it("runs calls that overlap one after another", async () => {
    const [one, other] = [regression(), regression()];
    const [train, awaited] = [step(one, adam(0.1)), step(other, adam(0.1))];
    const logs = await Promise.all([1, 2, 3].map(() => train({ x, y: target })));
    for (const { loss } of logs) expect(await awaited({ x, y: target })).toEqual({ loss });
    expect(await weightsOf(one)).toEqual(await weightsOf(other));
  });

  it("changes nothing where it throws", async () => {
    const model = regression();
    const optimizer = adam(0.1);
    const train = step(model, optimizer);
    const before = await weightsOf(model);
    await expect(train({ x, y: "labels" as never })).rejects.toThrow("the batch of trainStep.y: data are");
    await expect(train({ x: [[1]], y: [[1]] })).rejects.toThrow("another shape");
    expect(optimizer.iterations).toBe(0);
    expect(await weightsOf(model)).toEqual(before);
    expect((await train({ x, y: target })).loss).toBeGreaterThan(0);
    expect(optimizer.iterations).toBe(1);
  });

  it("refuses a loss that uses nothing of what is trained", async () => {
    const model = regression();
    const train = trainStep({
      variables: model,
      optimizer: adam(0.1),
      loss: (batch: { x: Tensor }) => ops.mean(batch.x),
    });
    const before = await weightsOf(model);
    await expect(train({ x })).rejects.toThrow(
      "trainStep: the loss must depend on what is trained. Expected one that is computed with the variables, received one that uses none of them.",
    );
    expect(await weightsOf(model)).toEqual(before);
  });

  it.each(["js", "wasm"])("gives equal bits on %s as on one thread of wasm", async (name) => {
    const run = async (backend: Awaited<ReturnType<typeof wasm>> | ReturnType<typeof js>) => {
      const model = regression();
      const train = step(model, sgd(0.1), { backend: backend as ReturnType<typeof js> });
      return [await train({ x, y: target }), await train({ x, y: target }), await weightsOf(model)];
    };
    const [reference, other] = [
      await run(await wasm({ threads: 1 })),
      await run(name === "js" ? js() : await wasm({ threads: 2 })),
    ];
    if (name === "wasm") expect(other).toEqual(reference);
    else expect((other[1] as { loss: number }).loss).toBeCloseTo((reference[1] as { loss: number }).loss, 5);
  });

  const refused: [string, object, string][] = [
    [
      "no variables",
      { variables: [] },
      "trainStep: variables are what is trained. Expected a variable, layer or model, or a list of such, received an empty list.",
    ],
    ["names in the place of variables", { variables: ["w"] }, 'received the string "w"'],
    ["an unknown optimizer", { optimizer: "addam" }, 'Did you mean "adam"'],
    ["an option that it does not have", { metrics: [] }, "unknown option"],
    ["a loss by name", { loss: "mse" }, "loss is of the wrong kind. Expected function"],
  ];
  it.each(refused)("refuses %s", (_, options, text) => {
    expect(() =>
      trainStep({
        variables: new Variable([], { initial: 1 }),
        optimizer: "sgd",
        loss: () => tensor(1),
        ...options,
      } as never),
    ).toThrow(text);
  });

  const refusedLosses: [string, unknown, string][] = [
    [
      "no scalar",
      () => tensor([1, 2]),
      "trainStep: loss must be one number. Expected [], received [2]. Write ops.mean(…).",
    ],
    ["a number", () => 1, "trainStep: loss must be a tensor. Expected a scalar made by ops, received 1."],
    ["a promise", async () => tensor(1), "Record without await"],
    [
      "a record without the loss",
      () => ({ mse: tensor(1) }),
      "trainStep: a record has the loss in it. Expected { loss, … }",
    ],
  ];
  it.each(refusedLosses)("refuses a loss that is %s", async (_, loss, text) => {
    const variable = new Variable([], { initial: 1 });
    await expect(trainStep({ variables: variable, optimizer: sgd(1), loss: loss as never })({})).rejects.toThrow(text);
  });

  it("refuses an optimizer of other variables, and frozen layers alone", async () => {
    const optimizer = adam();
    await step(regression(), optimizer)({ x, y: target });
    await expect(step(regression(), optimizer)({ x, y: target })).rejects.toThrow("an optimizer belongs to one model");
    const frozen = cloneModel(regression());
    for (const layer of frozen.layers as Layer[]) layer.trainable = false;
    await expect(step(frozen, sgd())({ x, y: target })).rejects.toThrow("there must be something to train");
  });
});
