import { describe, expect, expectTypeOf, it } from "vitest";
import * as arete from "../../src/index.ts";
import { layerFromConfig } from "../../src/nn/registry.ts";
import { checkOptions, type OptionTable } from "../../src/options.ts";

const {
  adam,
  compile,
  concatenate,
  constant,
  dense,
  earlyStopping,
  evaluate,
  exponentialDecay,
  input,
  js,
  l2,
  lstm,
  sequential,
  sgd,
  tensor,
} = {
  ...arete,
  ...arete.initializers,
};
// biome-ignore lint/suspicious/noExplicitAny: what JavaScript may pass
const any = <T>(value: T): any => value;

const x = [[1], [2]];
const untrained = () => sequential([dense(1, { inputShape: [1] })], { seed: 1 });
function trained(options: Partial<arete.CompileModelOptions> = {}): arete.Model {
  const model = untrained();
  model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: js(), ...options });
  return model;
}
const quiet = { verbose: 0 } as const;

describe("what is refused, and what to write instead", () => {
  const refused: [() => unknown, string][] = [
    [
      () => adam(any({ lr: 0.5 })),
      'adam: unknown option. Expected one of 17 names, received "lr". Did you mean "learningRate"?',
    ],
    [() => adam(any({ decay: 0.5 })), 'Did you mean "weightDecay"'],
    [
      () => dense(3, any({ activaton: "relu" })),
      'dense: unknown option. Expected one of 14 names, received "activaton". Did you mean "activation"?',
    ],
    [() => dense(3, any({ kernel_initializer: "zeros" })), 'Did you mean "kernelInitializer"?'],
    [
      () => dense(3, any({ regularizer: "l2" })),
      'Did you mean "kernelRegularizer" or "biasRegularizer" or "activityRegularizer"?',
    ],
    [() => dense(any({ units: 4 })), "Write dense(4)."],
    [() => dense(any({ units: 4, activation: "relu" })), "Write dense(4, { … })."],
    [() => arete.conv2d(any({ filters: 8, kernelSize: 3 }), any(undefined)), "Write conv2d(8, 3)."],
    [
      () => dense(3, any("relu")),
      'dense: options are given in an object. Expected an object such as { activation: … }, received the string "relu"',
    ],
    [() => dense(3, any({ units: 4 })), "dense: units is given twice. Expected it before the options, dense(units, …)"],
    [() => dense(any(undefined)), "dense: units must be given. Expected number, received nothing."],
    [
      () => dense(1, { kernelRegularizer: any(0.01) }),
      "dense: kernelRegularizer is of the wrong kind. Expected string or function, received 0.01",
    ],
    [() => dense(1, { kernelRegularizer: any({ l2: 0.01 }) }), 'Write "l2" or l2(0.01), for example.'],
    [() => dense(1, { activityRegularizer: any(0.1) }), "dense: activityRegularizer is of the wrong kind."],
    [() => dense(1, { activityRegularizer: any("l3") }), 'Did you mean "l1" or "l2"'],
    [() => dense(1, { kernelConstraint: any(3) }), 'Write "nonNeg" or maxNorm(3), for example.'],
    [() => dense(1, { inputShape: any(3) }), "dense: inputShape is of the wrong kind. Expected list, received 3"],
    [
      () => earlyStopping(any(5)),
      "earlyStopping: options are given in an object. Expected an object such as { patience: … }, received 5",
    ],
    [
      () => arete.modelCheckpoint(any("best.json")),
      'modelCheckpoint: options are given in an object. Expected an object such as { save: … }, received the string "best.json"',
    ],
    [() => arete.earlyStopping(any({ restore_best_weights: true })), 'Did you mean "restoreBestWeights"?'],
    [
      () => untrained().compile(any("adam")),
      'options are given in an object. Expected an object such as { loss: … }, received the string "adam"',
    ],
    [() => untrained().compile(any({ optimiser: "adam", loss: "mse" })), 'Did you mean "optimizer"?'],
    [
      () => untrained().compile({ optimizer: any("adma"), loss: "meanSquaredError" }),
      'received "adma". Did you mean "adam"',
    ],
    [
      () => untrained().call(tensor(x), any(undefined)),
      "call records a part of a program. Expected predict(x), or apply(input) in a model",
    ],
    [
      () => dense(1).apply([input([2]), input([2])]),
      "takes one input. Expected one result of apply or input, received a list of 2.",
    ],
    [() => arete.flatten().apply([input([2]), input([2])]), "takes one input"],
    [
      () => arete.flatten(any(input([2]))),
      "flatten: options are given in an object. Expected an object such as { name: … }, received ",
    ],
  ];
  it.each(refused)("%s", (call, text) => {
    expect(call).toThrow(text);
  });

  const rejected: [() => Promise<unknown>, string][] = [
    [() => trained().fit(x, x, any(5)), "options are given in an object. Expected an object such as { "],
    [() => trained().fit(x, x, any({ epoch: 5 })), 'fit of sequential "sequential'],
    [() => trained().fit(x, x, any({ batch_size: 5 })), 'Did you mean "batchSize"?'],
    [
      () => trained().fit(x, x, { ...quiet, callbacks: [any(null)] }),
      "fit: a callback is an object of hooks. Expected such as { onEpochEnd",
    ],
    [
      () => trained().fit(x, x, { ...quiet, callbacks: [any({ on_epoch_end: () => {} })] }),
      'unknown hook. Expected one of 18 names, received "on_epoch_end". Did you mean "onEpochEnd"',
    ],
    [() => trained().fit(x, x, { ...quiet, callbacks: [any({ onEarlyStop: () => {} })] }), "unknown hook"],
    [() => trained().fit(x, x, { ...quiet, callbacks: [any({ onEpochEnd: 3 })] }), "onEpochEnd must be a function"],
    [
      () => trained().fit(x, x, { ...quiet, validationData: any({ x, labels: x }) }),
      'validationData of sequential "sequential',
    ],
    [
      () => trained({ loss: any(() => 3) }).fit(x, x, quiet),
      "losses and metrics give values per sample. Expected a tensor, received 3",
    ],
    [
      () => trained({ metrics: [any(() => 3)] }).fit(x, x, quiet),
      "losses and metrics give values per sample. Expected a tensor, received 3",
    ],
    [
      () => arete.profile(trained(), x, any({ mode: "train" })),
      'profile: unknown option. Expected one of y, repeats, print, received "mode".',
    ],
  ];
  it.each(rejected)("%s", async (call, text) => {
    await expect(call()).rejects.toThrow(text);
  });
});

describe("what stands for options", () => {
  it("is a number or a schedule: the learning rate of an optimizer", () => {
    for (const make of [
      adam,
      sgd,
      arete.rmsprop,
      arete.adamW,
      arete.lion,
      arete.nadam,
      arete.adagrad,
      arete.adadelta,
      arete.adamax,
      arete.muon,
      arete.ftrl,
    ]) {
      expect(make(0.125).learningRate).toBe(0.125);
      expect(make(exponentialDecay({ initialLearningRate: 0.5, decaySteps: 1, decayRate: 0.5 })).learningRate).toBe(
        0.5,
      );
    }
    expect(() => adam(-1)).toThrow("adam: learningRate must be a finite number ≥ 0 or a schedule");
  });

  it("is a number for a constant, one callback for a list, a record for validation data", async () => {
    expect(constant(0.5)([1], { seed: 0, stream: 0 })).toBe(0.5);
    let epochs = 0;
    const { history } = await trained().fit(x, x, {
      ...quiet,
      epochs: 2,
      callbacks: {
        onEpochEnd: () => {
          epochs++;
        },
      },
      validationData: { x: [[1]], y: [[1]], sampleWeight: [1] },
    });
    expect(epochs).toBe(2);
    expect(history.val_loss).toHaveLength(2);
  });

  it("is nothing: null and undefined count as not given", () => {
    const options = any({ activation: null, kernelRegularizer: null, name: undefined, useBias: null });
    const layer = dense(2, options);
    expect(layer.getConfig()).toEqual({ units: 2, activation: null, trainable: true });
    expect(adam(any({ learningRate: undefined, clipNorm: null })).learningRate).toBe(0.001);
    expect(arete.masking(any({ maskValue: null })).getConfig()).not.toHaveProperty("maskValue");
    // Where null has a meaning of its own, it keeps it.
    expect(arete.bidirectional(lstm(2), { mergeMode: null }).getConfig().mergeMode).toBeNull();
  });

  it("is no activation at all where it is null, also where the default is another", async () => {
    const model = sequential([lstm(2, { activation: null, inputShape: [1, 1], kernelInitializer: "ones" })]);
    expect((await model.predict([[[1]]])).shape).toEqual([1, 2]);
    const [plain, none] = [
      dense(1, { inputShape: [1], kernelInitializer: "ones" }),
      dense(1, { inputShape: [1], kernelInitializer: "ones", activation: null }),
    ];
    for (const layer of [plain, none])
      expect((await evaluate([await sequential([layer]).predict([[-2]])], js()))[0]?.[0]).toBe(-2);
  });
});

describe("penalties and constraints by name", () => {
  const weights = tensor([
    [3, -4],
    [0, 1],
  ]);

  it("are Keras's with their defaults", async () => {
    const penalty = async (name: arete.PenaltyName) => {
      const layer = dense(2, {
        kernelRegularizer: name,
        kernelInitializer: () => Float32Array.of(3, -4, 0, 1),
        inputShape: [2],
      });
      sequential([layer]);
      const [value] = await evaluate(layer.penalties(), js());
      return value?.[0];
    };
    expect(await penalty("l1")).toBeCloseTo(0.08, 6);
    expect(await penalty("l2")).toBeCloseTo(0.26, 6);
    expect(await penalty("l1l2")).toBeCloseTo(0.34, 6);
    const same = async (name: arete.ConstraintName, made: arete.Constraint) => {
      const layer = dense(2, { kernelConstraint: name, inputShape: [2] });
      sequential([layer]);
      const [constraint] = [...layer.constraints().values()] as [arete.Constraint];
      const [a, b] = await evaluate([constraint(weights), made(weights)], js());
      expect(a).toEqual(b);
    };
    await same("nonNeg", arete.nonNeg());
    await same("unitNorm", arete.unitNorm());
    await same("maxNorm", arete.maxNorm());
    await same("minMaxNorm", arete.minMaxNorm());
  });

  it("survive saving", () => {
    const layer = dense(2, {
      kernelRegularizer: "l2",
      biasRegularizer: l2(0.5),
      kernelConstraint: "maxNorm",
      activityRegularizer: "l1",
    });
    const again = layerFromConfig("dense", JSON.parse(JSON.stringify(layer.getConfig())));
    expect(again.getConfig()).toEqual(layer.getConfig());
    expect(again.getConfig()).toMatchObject({
      kernelRegularizer: "l2",
      kernelConstraint: "maxNorm",
      activityRegularizer: "l1",
    });
  });
});

describe("layers of the user's own", () => {
  class Scale extends arete.Layer<arete.LayerOptions & { factor: number; offset?: number }> {
    constructor(
      options: arete.LayerOptions & { factor: number; offset?: number },
      table?: { factor: "number!"; offset: "number" },
    ) {
      super("scale", options, table);
    }
    override call(inputs: arete.Tensor): arete.Tensor {
      return arete.ops.mul(inputs, this.config.factor);
    }
  }

  it("keep options that only they know, unless they give a table of them", () => {
    expect(new Scale(any({ factor: 2, other: 1 })).getConfig()).toMatchObject({ factor: 2, other: 1 });
    expect(() => new Scale(any({ factor: 2, name: 3 }))).toThrow("scale: name is of the wrong kind. Expected string");
    const table = { factor: "number!", offset: "number" } as const;
    expect(() => new Scale(any({ factor: 2, ofset: 1 }), table)).toThrow(
      'scale: unknown option. Expected one of factor, offset, name, trainable, inputShape, inputDType, activityRegularizer, received "ofset". Did you mean "offset"?',
    );
    expect(() => new Scale(any({}), table)).toThrow("scale: factor must be given");
    expect(concatenate().apply([input([1]), input([1])]).shape).toEqual([null, 2]);
  });
});

describe("types", () => {
  it("refuse a table that lacks an option, has another, or gives another kind", () => {
    interface Options {
      size: number;
      name?: string | null;
      act?: ((x: number) => number) | "relu";
      wide?: boolean;
    }
    const table: OptionTable<Options> = {
      size: "number!",
      name: "null or string",
      act: "function or string",
      wide: "boolean",
    };
    expect(checkOptions<Options>("test", { size: 1, name: null }, table)).toEqual({ size: 1, name: null });
    // @ts-expect-error an option is missing
    const short: OptionTable<Options> = { size: "number!", name: "string or null", act: "string or function" };
    // @ts-expect-error one that does not exist
    const long: OptionTable<Options> = { ...table, other: "number" };
    // @ts-expect-error another kind
    const wrong: OptionTable<Options> = { ...table, wide: "number" };
    // @ts-expect-error it must be given
    const optional: OptionTable<Options> = { ...table, size: "number" };
    expect([short, long, wrong, optional]).toHaveLength(4);
  });

  it("refuse wrong options", () => {
    const compiles = () => {
      // @ts-expect-error an unknown option
      adam({ lr: 0.5 });
      // @ts-expect-error an unknown option
      dense(3, { activaton: "relu" });
      // @ts-expect-error an unknown penalty
      dense(3, { kernelRegularizer: "l3" });
      // @ts-expect-error an unknown constraint
      dense(3, { kernelConstraint: "nonneg" });
      // @ts-expect-error options in place of a number
      dense({ units: 3 });
      // @ts-expect-error a number in place of options
      earlyStopping(5);
      // @ts-expect-error an unknown hook
      trained().fit(x, x, { callbacks: [{ onEpochEnds() {} }] });
    };
    expect(compiles).toBeTypeOf("function");
    expectTypeOf<arete.PenaltyName>().toEqualTypeOf<"l1" | "l2" | "l1l2">();
    expectTypeOf<arete.ConstraintName>().toEqualTypeOf<"nonNeg" | "unitNorm" | "maxNorm" | "minMaxNorm">();
    expectTypeOf(adam).parameter(0).extract<number>().toEqualTypeOf<number>();
    expectTypeOf(compile).parameter(0).toHaveProperty("outputs");
  });
});
