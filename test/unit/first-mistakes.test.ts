import { describe, expect, it } from "vitest";
import { table } from "../../src/data-entry.ts";
import {
  adam,
  type Backend,
  type CallContext,
  concatenate,
  dataset,
  datasetFrom,
  dense,
  earlyStopping,
  embedding,
  flatten,
  getNamedWeights,
  getOptimizerState,
  input,
  Layer,
  lambda,
  losses,
  metric,
  model,
  normalization,
  ops,
  reduceLrOnPlateau,
  sequential,
  setNamedWeights,
  setOptimizerState,
  type Tensor,
  tensor,
  wasm,
} from "../../src/index.ts";

const x = [
  [0, 1],
  [1, 0],
];
const y = [1, 0];
const quiet = { verbose: 0 } as const;

const compiled = (options: object = {}) => {
  const model = sequential([dense(1, { inputShape: [2] })], { seed: 1 });
  model.compile({ optimizer: "sgd", loss: "mse", ...options });
  return model;
};

/** What plain JavaScript allows where TypeScript does not. */
const loose = <T>(value: unknown) => value as T;

describe("operators on tensors", () => {
  it("throw instead of giving NaN or false", () => {
    const t = loose<number>(tensor([1, 2]));
    const wanted =
      "tensor: operators take numbers. Expected a number, received Tensor float32 [2] [1, 2]. Compute with ops, or with await t.array().";
    expect(() => t * 2).toThrow(wanted);
    expect(() => t > 1).toThrow(wanted);
    expect(() => Math.max(t, 0)).toThrow(wanted);
  });

  it("leave templates and text as they were", () => {
    const t = tensor([1, 2]);
    expect(`${t}`).toBe("Tensor float32 [2] [1, 2]");
    expect(`${loose<string>(t)}`).toBe("Tensor float32 [2] [1, 2]");
  });
});

describe("going through a tensor", () => {
  it("gives its rows where the values are there", async () => {
    expect(Array.from(tensor([1, 2]))).toEqual([1, 2]);
    expect([...tensor([[1, 2], [3, 4]])]).toEqual([[1, 2], [3, 4]]); // biome-ignore format: as it looks
    const net = compiled();
    const first = (await (await net.predict(x)).array())[0];
    for (const row of await net.predict(x)) {
      expect(row).toEqual(first);
      break;
    }
  });

  it("is refused where they are not, and on a scalar", () => {
    expect(() => [...ops.add(tensor([1]), 1)]).toThrow(TypeError);
    expect(() => [...tensor(1)]).toThrow(TypeError);
    const held = { sum: ops.add(tensor([1]), 1) };
    expect({ ...held }).toEqual(held);
  });

  it("leaves tensors what they are as data", async () => {
    const net = compiled();
    const { history } = await net.fit(tensor(x), tensor(y), { ...quiet, epochs: 1 });
    expect(history.loss).toHaveLength(1);
    expect((await net.predict(ops.add(tensor(x), 1))).shape).toEqual([2, 1]);
    expect(Number.isFinite((await net.evaluate(ops.add(tensor(x), 0), y)).loss)).toBe(true);
  });
});

describe("functions of a user's own that give no tensor", () => {
  const wanted = /a layer's function gives a tensor\. Expected the result of ops, received (undefined|3)\.$/;
  it("are refused where the layer is applied", () => {
    const nothing = loose<(x: Tensor) => Tensor>(() => undefined);
    expect(() => sequential([lambda(nothing, { inputShape: [2] })])).toThrow(wanted);
    expect(() => sequential([dense(1, { inputShape: [2], activation: nothing })])).toThrow(wanted);
    expect(() =>
      sequential([
        lambda(
          loose<(x: Tensor) => Tensor>(() => 3),
          { inputShape: [2] },
        ),
      ]),
    ).toThrow(wanted);
  });
});

describe("layers of a user's own", () => {
  class Scale extends Layer {
    constructor(private readonly given: unknown) {
      super("scale", {}, {});
    }
    override build(): void {
      this.addVariable("factor", [2], loose(this.given));
    }
    override call(inputs: Tensor): Tensor {
      return inputs;
    }
  }
  it("have the options of their variables checked", () => {
    const make = (given: unknown) => () => sequential([dense(2, { inputShape: [2] }), new Scale(given)]);
    expect(make("ones")).toThrow(
      'options are given in an object. Expected an object such as { initializer: … }, received the string "ones".',
    );
    expect(make({ initialiser: "ones" })).toThrow('Did you mean "initializer"?');
    expect(make({ initializer: "ones" })).not.toThrow();
  });

  it("that make layers with weights in call are told to keep them", async () => {
    const around = (make: () => Layer) =>
      new (class extends Layer {
        constructor() {
          super("around", {}, {});
        }
        override call(inputs: Tensor, ctx: CallContext): Tensor {
          return make().apply(inputs, ctx);
        }
      })();
    for (const make of [() => dense(2), () => embedding(3, 2), () => sequential([dense(2)])])
      await expect(sequential([around(make)]).predict(x)).rejects.toThrow(
        "its weights are in no model. Expected a layer that was made with the one around it, received a new one. Keep layers in properties, and use them with layer.apply(x, ctx).",
      );
    expect((await sequential([around(() => flatten())]).predict(x)).shape).toEqual([2, 2]);
  });

  it("take true and false for trainable only", () => {
    const layer = dense(1);
    expect(() => {
      layer.trainable = loose("false");
    }).toThrow('dense "dense": trainable is of the wrong kind. Expected boolean, received the string "false".');
    expect(layer.trainable).toBe(true);
  });
});

describe("arguments of the wrong kind", () => {
  it("of sequential: layers outside of a list, or what is no layer", () => {
    const form = /^sequential: a model is a list of layers\. Expected sequential\(\[dense\(…\), …\]\), received /;
    for (const given of [dense(1), [null], [dense(1, { inputShape: [2] }), dense], "dense", []])
      expect(() => sequential(loose(given))).toThrow(form);
    expect(() => sequential([loose(null)])).toThrow(/received null\.$/);
    expect(() => sequential([])).toThrow(/received an empty list\.$/);
  });

  it("of dataset: arrays that are not in one object", () => {
    expect(() => loose<(x: unknown, y: unknown) => unknown>(dataset)(x, y)).toThrow(
      "dataset: takes one object. Expected dataset({ x, y }), received 2 arguments.",
    );
  });

  it("of compile: a backend that is not there yet, or is none", () => {
    for (const [backend, received] of [
      [wasm({ threads: 1 }), "a Promise"],
      [{}, "{}"],
    ] as const) {
      expect(() => compiled({ backend: loose<Backend>(backend) })).toThrow(
        `backend is what a factory made. Expected await wasm() or js(), received ${received}.`,
      );
    }
    expect(() => compiled({ backend: "wasm" })).toThrow(/Write await wasm\(\) or js\(\)\.$/);
    expect(() => compiled({ optimizer: adam })).toThrow(/received function adam\. Call it: adam\(\)\.$/);
  });

  it("of compile: a loss that was not called", async () => {
    await expect(compiled({ loss: losses.meanSquaredError }).fit(x, y, quiet)).rejects.toThrow(
      /Call meanSquaredError\(\) first\.$/,
    );
  });

  it("of fit: data and labels in one object, promises, generator functions", async () => {
    const fitted = (data: unknown, labels?: unknown) =>
      compiled().fit(loose<number[]>(data), loose<number[]>(labels), quiet);
    await expect(compiled().fit(loose<number[]>({ x, y }), null)).rejects.toThrow(
      "Expected x and y, received x alone. Call it with (x, y, options).",
    );
    await expect(fitted(Promise.resolve(x), y)).rejects.toThrow(/received a Promise\. Await it\.$/);
    await expect(
      fitted(function* () {
        yield { x, y };
      }, y),
    ).rejects.toThrow(/For a generator write datasetFrom\(f\)\.$/);
    const history = await compiled().fit(
      datasetFrom(function* () {
        yield { x, y };
      }),
      quiet,
    );
    expect(String(history)).toMatch(/^History of 1 epoch, the last/);
  });

  it("of setters of weights and state: promises, and state of another optimizer", async () => {
    const model = compiled();
    expect(() => setNamedWeights(model, loose(getNamedWeights(model)))).toThrow(
      /what await getNamedWeights\(model\) .* received a Promise\.$/,
    );
    expect(() => setOptimizerState(model, loose(getOptimizerState(model)))).toThrow(/received a Promise\.$/);
    expect(() => setNamedWeights(model, {})).toThrow(/received none\./);
    const state = await getOptimizerState(model);
    expect(() => setOptimizerState(compiled({ optimizer: "adam" }), state)).toThrow(
      /Compile with the optimizer that the state is from\.$/,
    );
  });

  it("of adapt: nothing", async () => {
    await expect(normalization().adapt(loose(undefined))).rejects.toThrow(/Expected numbers, received undefined/);
  });
});

describe("data that a model refuses say what to do", () => {
  const rows = table([
    { age: 1, city: "Oslo" },
    { age: 2, city: "Bern" },
  ]);
  const two = () => {
    const [age, size] = [input([1], { name: "age" }), input([1], { name: "size" })];
    const net = model({ inputs: [age, size], outputs: dense(1).apply(concatenate().apply([age, size])) });
    net.compile({ loss: "mse" });
    return net;
  };
  const cases: [string, () => Promise<unknown>, string][] = [
    [
      "a table",
      () => compiled().fit(loose<number[]>(rows), y),
      "Give table.matrix(…), with the names of its columns of numbers.",
    ],
    ["a table of several inputs", () => two().fit(loose<number[]>(rows), y), 'Give table.pick("age", "size").'],
    ["labels in a table", () => compiled().fit(x, loose(rows), quiet), "Give table.numbers(…)"],
    ["rows with names", () => compiled().predict(loose(rows.rows())), "table(rows).matrix(…)"],
    ["rows with names, several inputs", () => two().predict(loose([{ age: 1, size: 2 }])), 'pick("age", "size")'],
    ["columns for one input", () => compiled().fit({ age: [1, 2] }, y, quiet), "table(columns).matrix(…)"],
    [
      "no shape",
      () => compiled().predict(loose({ data: new Float32Array(4) })),
      "Give the shape, too: { data, shape }.",
    ],
    [
      "pairs",
      () => compiled().fit(loose<number[]>(x.map((row, i) => [row, y[i]])), loose(quiet)),
      "Give samples and labels apart",
    ],
    ["no labels", () => compiled().fit(x, loose(undefined)), "Call it with (x, y, options)."],
    ["booleans", () => compiled().fit(x, loose([true, false]), quiet), "Number(value) makes 0 and 1 of booleans."],
    ["words as labels", () => compiled().fit(x, loose(["cat", "dog"]), quiet), "stringLookup({ numOovIndices: 0 })"],
    ["numbers as text", () => compiled().predict(loose([["0", "1.5"]])), "Number(text) reads a number."],
    ["words", () => compiled().predict(loose([["a"], ["b"]])), "stringLookup of words, as first layers"],
    [
      "rows of unequal length",
      () => compiled().predict([[1, 2], [3]]),
      "padSequences of aretejs/data makes rows of one",
    ],
    ["one sample", () => compiled().predict([0, 1]), "One sample is a batch of one: [x]."],
    ["a flat array", () => compiled().predict(new Float32Array(6)), "{ data: x, shape: [3, 2] }."],
    [
      "samples of a list",
      () =>
        compiled().fit(x, y, {
          ...quiet,
          validationData: loose([
            [0, 1],
            [1, 0],
            [1, 1],
            [0, 0],
          ]),
        }),
      "Expected [x, y] or { x, y }, received a list of 4.",
    ],
  ];
  it.each(cases)("%s", async (_, call, advice) => {
    await expect(call()).rejects.toThrow(advice);
  });

  it("and nothing more where the data are right", async () => {
    await expect(compiled().fit(x, [1, Number.NaN], quiet)).rejects.toThrow(/set checkData to false\.$/);
    await expect(compiled().predict([])).rejects.toThrow(/Expected at least one sample, received none\.$/);
    await expect(two().predict([[1], [2], [3]])).rejects.toThrow(/received \[\[1\], \[2\], \[3\]\]\.$/);
  });

  it("an adapt that was not awaited", async () => {
    const scale = normalization();
    const adapting = scale.adapt(x);
    expect(() => sequential([scale, dense(1)]).build([null, 2])).toThrow("Expected await layer.adapt(data)");
    await adapting;
    await expect(sequential([scale, dense(1)]).predict(x)).resolves.toBeDefined();
  });
});

it("a layer without a constructor has the name of its class", async () => {
  class Double extends Layer {
    override call(inputs: Tensor): Tensor {
      return ops.mul(inputs, 2);
    }
  }
  const net = sequential([new Double()]);
  expect(String(await net.predict([[1.5]]))).toContain("[[3]]");
  expect(net.layers[0]?.label).toBe('Double "Double"');
});

describe("names that are near", () => {
  it("know the end lr", () => {
    expect(() => reduceLrOnPlateau(loose({ min_lr: 1 }))).toThrow('Did you mean "minLearningRate"?');
    expect(() => adam(loose({ lr: 1 }))).toThrow('Did you mean "learningRate"?');
  });

  it("of values to monitor have one val_", async () => {
    const fitted = compiled({ metrics: ["mae"] }).fit(x, y, {
      ...quiet,
      validationData: [x, y],
      callbacks: [earlyStopping({ monitor: "val_ma" })],
    });
    await expect(fitted).rejects.toThrow("Expected one of loss, mae, val_loss, val_mae, received");
  });

  it("are not listed twice", () => {
    expect(() => compiled({ run_eagerly: true })).toThrow(/received "run_eagerly"\.$/);
  });
});

it("a metric of a function's own maths shows in the logs", async () => {
  const model = compiled({ metrics: [metric("worst", (a, b) => ops.max(ops.abs(ops.sub(a, b)), -1))] });
  const { worst } = await model.evaluate(x, y);
  expect(worst).toBeGreaterThan(0);
});
