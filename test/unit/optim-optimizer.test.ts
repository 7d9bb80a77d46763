import { describe, expect, it } from "vitest";
import { bind } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { adam, adamW, defineOptimizer, nadam, type Optimizer, rmsprop, sgd } from "../../src/optim/index.ts";
import { adadelta, adafactor, adagrad, ftrl, lamb, lion, muon, scheduleFreeAdamW } from "../../src/optim/on-demand.ts";
import { loadedOptimizer, type OptimizerName, optimizerNames, optimizerOf } from "../../src/optim/optimizers.ts";
import { mul, sub } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { Variable } from "../../src/tensor/variable.ts";

const backend = js();
const weight = (name: string, values: number[]) => new Variable([values.length], { initial: values, name });

/** Runs one step with constant gradients and scalars. */
async function step(optimizer: Optimizer, pairs: [Variable, number[]][]): Promise<number[][]> {
  const scalars = Object.fromEntries(
    optimizer.scalarNames.map((name) => [name, tensor([optimizer.scalar(name)], [])]),
  ) as ReturnType<Optimizer["scalars"]>;
  const graph = compile({
    outputs: {},
    updates: optimizer.apply(
      pairs.map(([variable, gradient]) => [variable, tensor(gradient)] as const),
      scalars,
      { phase: optimizer.phase },
    ),
  });
  const executable = await bind(graph, backend);
  executable.run();
  optimizer.advance();
  return Promise.all(pairs.map(async ([variable]) => Array.from(await variable.read())));
}

describe("options are checked, at both ends of every range", () => {
  const accepted: [string, () => Optimizer][] = [
    ["learningRate 0", () => sgd({ learningRate: 0 })],
    ["a whole learningRate", () => sgd({ learningRate: 1 })],
    ["momentum 0", () => sgd({ momentum: 0 })],
    ["momentum 1", () => sgd({ momentum: 1 })],
    ["beta 0", () => adam({ beta1: 0, beta2: 0 })],
    ["lion's betas at their ends", () => lion({ beta1: 1, beta2: 0 })],
    ["epsilon 0", () => adam({ epsilon: 0 })],
    ["rho 0", () => rmsprop({ rho: 0 })],
    ["weightDecay 0", () => adamW({ weightDecay: 0 })],
    ["emaMomentum 0", () => sgd({ useEma: true, emaMomentum: 0 })],
    ["emaMomentum 1", () => sgd({ useEma: true, emaMomentum: 1 })],
    ["2 accumulated steps", () => sgd({ gradientAccumulationSteps: 2 })],
    ["learningRatePower 0", () => ftrl({ learningRatePower: 0 })],
    ["beta2Decay 0", () => adafactor({ beta2Decay: 0 })],
    ["no rmsRate", () => muon({ rmsRate: null })],
    ["no warm-up", () => scheduleFreeAdamW({ warmupSteps: 0 })],
  ];
  it.each(accepted)("takes %s", (_, make) => {
    expect(make).not.toThrow();
  });

  const refused: [() => Optimizer | undefined, string][] = [
    [
      () => sgd({ learningRate: -1e-9 }),
      "sgd: learningRate must be a finite number ≥ 0 or a schedule. Expected a finite number ≥ 0 or a schedule, received -1e-9.",
    ],
    [() => sgd({ learningRate: Number.NaN }), "received NaN"],
    [() => sgd({ learningRate: "0.1" as never }), 'received the string "0.1"'],
    [
      () => sgd({ momentum: -0.1 }),
      "sgd: momentum must be a number in [0, 1]. Expected a number in [0, 1], received -0.1.",
    ],
    [() => sgd({ momentum: 1.1 }), "received 1.1"],
    [() => adam({ beta1: 1 }), "adam: beta1 must be a number in [0, 1). Expected a number in [0, 1), received 1."],
    [() => adam({ beta2: -0.1 }), "adam: beta2"],
    [() => lion({ beta1: 0 }), "lion: beta1 must be a number in (0, 1]. Expected a number in (0, 1], received 0."],
    [() => lion({ beta2: 1 }), "lion: beta2 must be a number in [0, 1)"],
    [() => nadam({ epsilon: -1 }), "nadam: epsilon must be a finite number ≥ 0"],
    [() => rmsprop({ rho: 1 }), "rmsprop: rho must be a number in [0, 1)"],
    [() => adagrad({ initialAccumulatorValue: -1 }), "adagrad: initialAccumulatorValue"],
    [() => adadelta({ rho: 1 }), "adadelta: rho"],
    [() => lamb({ beta1: 1 }), "lamb: beta1"],
    [() => ftrl({ learningRatePower: 0.1 }), "ftrl: learningRatePower must be a finite number ≤ 0"],
    [() => adafactor({ clipThreshold: 0 }), "adafactor: clipThreshold must be a finite number > 0"],
    [() => muon({ nsSteps: 0 }), "muon: nsSteps must be an integer in [1, 1000]"],
    [() => muon({ nsSteps: 1001 }), "received 1001"],
    [() => scheduleFreeAdamW({ beta1: 0 }), "scheduleFreeAdamW: beta1 must be a finite number > 0"],
    [() => adamW({ weightDecay: -1 }), "adamW: weightDecay must be a finite number ≥ 0"],
    [() => sgd({ gradientAccumulationSteps: 1 }), "sgd: gradientAccumulationSteps must be an integer ≥ 2"],
    [() => sgd({ lossScaleFactor: 0 }), "sgd: lossScaleFactor must be a finite number > 0"],
    [() => sgd({ useEma: true, emaMomentum: 1.1 }), "sgd: emaMomentum must be a number in [0, 1]"],
    [
      () => sgd({ emaOverwriteFrequency: 2 }),
      "sgd: emaOverwriteFrequency needs useEma. Expected useEma: true, received undefined.",
    ],
    [() => sgd({ useEma: true, emaOverwriteFrequency: 0 }), "sgd: emaOverwriteFrequency must be an integer ≥ 1"],
    [
      () => sgd({ clipNorm: 0 }),
      "sgd: clipNorm must be a finite number > 0. Expected a finite number > 0, received 0.",
    ],
    [() => sgd({ clipValue: -1 }), "sgd: clipValue must be a finite number > 0"],
    [() => sgd({ globalClipNorm: Number.POSITIVE_INFINITY }), "sgd: globalClipNorm must be a finite number > 0"],
    [
      () => sgd({ clipNorm: 1, clipValue: 1 }),
      "sgd: only one kind of clipping at a time. Expected clipValue, clipNorm or globalClipNorm, received clipValue and clipNorm.",
    ],
    [
      () => loadedOptimizer("adamm" as never),
      'optimizer: unknown optimizer. Expected one of 14 names, received "adamm". Did you mean "adam"',
    ],
    [() => loadedOptimizer(3 as never), "optimizer: an optimizer is a name or made by a factory"],
  ];
  it.each(refused)("refuses %s", (make, text) => {
    expect(make).toThrow(text);
  });

  it("makes each by name", async () => {
    for (const name of Object.keys(optimizerNames.known))
      expect((await optimizerOf(name as OptimizerName)).kind).toBe(name);
  });
});

describe("the learning rate", () => {
  it("can be set where it was made as a number", () => {
    const optimizer = sgd({ learningRate: 0.5 });
    optimizer.learningRate = 0.25;
    expect(optimizer.learningRate).toBe(0.25);
    expect(() => {
      optimizer.learningRate = -1;
    }).toThrow("sgd: learningRate must be a finite number ≥ 0");
  });

  it("cannot be set where it follows a schedule", () => {
    const optimizer = sgd({ learningRate: (at) => 0.1 / (1 + at) });
    expect(() => {
      optimizer.learningRate = 0.1;
    }).toThrow(
      "sgd: a learning rate that follows a schedule cannot be set. Expected an optimizer made with a number, received function",
    );
    expect(optimizer.learningRate).toBe(0.1);
    optimizer.advance();
    expect(optimizer.learningRate).toBe(0.05);
  });

  it("must be a finite number at each step", () => {
    expect(() => sgd({ learningRate: () => Number.NaN }).learningRate).toThrow(
      "sgd: the learningRate schedule must give a finite number ≥ 0. Expected a number, received NaN (step 0).",
    );
  });

  it("has a momentum beside it that may follow a schedule, too", async () => {
    const w = weight("w", [0]);
    const optimizer = sgd({ learningRate: 1, momentum: (at) => (at === 0 ? 0 : 0.5) });
    expect(optimizer.scalarNames).toEqual(["learningRate", "step", "momentum"]);
    expect(await step(optimizer, [[w, [1]]])).toEqual([[-1]]);
    expect(await step(optimizer, [[w, [1]]])).toEqual([[-2.5]]);
    expect(() => sgd({ momentum: () => 2 }).scalar("momentum")).toThrow("sgd: momentum must be a number in [0, 1]");
  });
});

describe("slots belong to variables, never to positions", () => {
  it("has them named after the method and the variable", () => {
    const optimizer = adam();
    optimizer.build([weight("dense/kernel", [1]), weight("dense/bias", [2])]);
    expect(optimizer.variables.map(({ name }) => name)).toEqual([
      "adam/m/dense/kernel",
      "adam/v/dense/kernel",
      "adam/m/dense/bias",
      "adam/v/dense/bias",
    ]);
    expect(nadam().variables.map(({ name }) => name)).toEqual(["nadam/product"]);
  });

  it("tfjs mistake 5: goes on with some of the variables, in another order, with their own state", async () => {
    const [a, b] = [weight("a", [0]), weight("b", [0, 0])];
    const optimizer = sgd({ learningRate: 1, momentum: 1 });
    await step(optimizer, [
      [a, [1]],
      [b, [2, 3]],
    ]);
    expect(await step(optimizer, [[b, [0, 0]]])).toEqual([[-4, -6]]);
    expect(
      await step(optimizer, [
        [b, [0, 0]],
        [a, [0]],
      ]),
    ).toEqual([[-6, -9], [-2]]);
  });
});

describe("steps", () => {
  it("needs something to train", () => {
    expect(() => sgd().apply([], sgd().scalars())).toThrow(
      "sgd: there must be something to train. Expected at least one trainable variable, received none.",
    );
  });

  it("decays the weights before the update, but for those left out", async () => {
    const [kernel, bias, own] = [weight("dense/kernel", [1]), weight("dense/bias", [1]), weight("other", [1])];
    const optimizer = sgd({ learningRate: 0.5, weightDecay: 0.5, excludeFromWeightDecay: ["bias", own] });
    expect(
      await step(optimizer, [
        [kernel, [0]],
        [bias, [0]],
        [own, [0]],
      ]),
    ).toEqual([[0.75], [1], [1]]);
    expect(
      await step(sgd({ learningRate: 0.5, weightDecay: 0.5, excludeFromWeightDecay: [/^dense/] }), [
        [weight("dense/kernel", [1]), [0]],
      ]),
    ).toEqual([[1]]);
  });

  it("adds gradients up without touching the weights until it is time", async () => {
    const w = weight("w", [0]);
    const optimizer = sgd({ learningRate: 1, gradientAccumulationSteps: 2 });
    expect(optimizer.phase).toBe("accumulate");
    expect(await step(optimizer, [[w, [1]]])).toEqual([[0]]);
    expect([optimizer.phase, optimizer.iterations]).toEqual(["update", 0]);
    expect(await step(optimizer, [[w, [3]]])).toEqual([[-2]]);
    expect(optimizer.iterations).toBe(1);
  });

  it.each([
    ["sgd", () => sgd({ momentum: 0.01 })],
    ["adam", () => adam({ beta1: 0.01, beta2: 0.01 })],
    ["rmsprop", () => rmsprop({ rho: 0.01 })],
  ])("%s has 0 in its slots where they would be subnormal numbers", async (_, make) => {
    const [optimizer, variable] = [make(), weight("w", [1])];
    await step(optimizer, [[variable, [1]]]);
    // What is left of the first gradient is about 10⁻²ⁿ after n steps.
    for (let n = 0; n < 17; n++) await step(optimizer, [[variable, [0]]]);
    const slots = () => Promise.all(optimizer.variables.map(async (slot) => (await slot.read())[0]));
    for (const value of await slots()) expect(Math.abs(value ?? 0)).toBeGreaterThan(2 ** -126);
    for (let n = 0; n < 3; n++) await step(optimizer, [[variable, [0]]]);
    for (const value of await slots()) expect(value).toBe(0);
  });

  it("runs maths of the user's own", async () => {
    const signless = defineOptimizer<"count">(
      "mine",
      { learningRate: 0.5 },
      {
        slots: (variable) => ({ count: { shape: variable.shape, initial: 1 } }),
        begin: ({ learningRate }) => ({
          rule: (w, g, { count }) => ({ w: sub(w, mul(mul(learningRate, g), count)), slots: { count: mul(count, 2) } }),
        }),
      },
    );
    const w = weight("w", [0]);
    expect(await step(signless, [[w, [1]]])).toEqual([[-0.5]]);
    expect(await step(signless, [[w, [1]]])).toEqual([[-1.5]]);
  });

  it("muon knows embeddings by their role, not by a name", () => {
    const slotsOf = (variable: Variable, options = {}) => {
      const optimizer = muon(options);
      optimizer.build([variable]);
      return optimizer.variables.filter(({ shape }) => shape.length === 2).length;
    };
    const table = new Variable([3, 2], { initial: 0, name: "words", role: "embeddings" });
    const matrix = new Variable([3, 2], { initial: 0, name: "embeddings/of/something/else" });
    // AdamW has two slots, muon one.
    expect([slotsOf(table), slotsOf(matrix), slotsOf(table, { excludeEmbeddings: false })]).toEqual([2, 1, 1]);
  });

  it("has a configuration that says what it is", () => {
    expect(adam({ learningRate: 0.1, clipNorm: 1 }).getConfig()).toMatchObject({
      kind: "adam",
      learningRate: 0.1,
      clipNorm: 1,
    });
  });
});
