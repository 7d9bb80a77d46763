import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import * as a from "../../src/index.ts";

const model = a.sequential(
  [
    a.dense(4, { inputShape: [2], name: "hidden", activation: "relu", kernelRegularizer: a.l2(0.01) }),
    a.dropout(0.5, { name: "drop" }),
    a.dense(1, { name: "out" }),
  ],
  { seed: 1, name: "net" },
);
model.compile({ optimizer: a.adam({ learningRate: 0.01 }), loss: "mse", backend: a.js() });
const rate = a.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.9 });
const matrix = a.tensor([
  [1, 2],
  [3, 4],
]);

/** Objects with the line that stands for them. */
const lines: [string, object, string][] = [
  ["a tensor", matrix, "Tensor float32 [2, 2] [[1, 2], [3, 4]]"],
  ["a scalar", a.tensor(0.1), "Tensor float32 [] 0.1"],
  ["a recorded number", a.ops.add(1, 2).inputs[0] as a.Tensor, "Tensor float32 [] 1"],
  ["an int32 tensor", a.tensor(Int32Array.of(7, -1)), "Tensor int32 [2] [7, -1]"],
  [
    "float32 numbers",
    a.tensor(Float32Array.of(0.1, 1 / 3, 1e-9, Number.NaN, Number.NEGATIVE_INFINITY)),
    "Tensor float32 [5] [0.1, 0.333333, 1e-9, NaN, -Infinity]",
  ],
  ["a long tensor", a.tensor(new Float32Array(60_000).fill(2)), "Tensor float32 [60000] [2, 2, 2, 2, 2, …]"],
  [
    "a large tensor",
    a.tensor(new Float32Array(6000), [10, 20, 30]),
    "Tensor float32 [10, 20, 30] [[[0, 0, 0, 0, 0, …], [0, 0, 0, 0, 0, …], …], [[0, 0, 0, 0, 0, …], [0, 0, 0, 0, 0, …], …], …]",
  ],
  ["an empty tensor", a.tensor(new Float32Array(0), [0, 3]), "Tensor float32 [0, 3] []"],
  ["a product", a.ops.matmul(matrix, matrix), "Tensor float32 [2, 2] (matmul)"],
  ["an elementwise function", a.ops.tanh(matrix), "Tensor float32 [2, 2] (tanh)"],
  ["a placeholder", a.placeholder("x", [8, 2]), "Tensor float32 [8, 2] (input x)"],
  ["a variable's value", (model.variables[0] as a.Variable).tensor, "Tensor float32 [2, 4] (variable hidden/kernel)"],
  [
    "a variable",
    model.variables[0] as a.Variable,
    'Variable "hidden/kernel" { dtype: "float32", shape: [2, 4], trainable: true }',
  ],
  [
    "a variable that is not trained",
    new a.Variable([3], { initial: 0, name: "mean", trainable: false }),
    'Variable "mean" { dtype: "float32", shape: [3], trainable: false }',
  ],
  [
    "a symbolic tensor",
    model.outputs[0] as a.SymbolicTensor,
    'SymbolicTensor "out" { dtype: "float32", shape: [null, 1] }',
  ],
  [
    "an input",
    a.input([28, null], { name: "pixels" }),
    'SymbolicTensor "pixels" { dtype: "float32", shape: [null, 28, null] }',
  ],
  [
    "a layer",
    model.layers[0] as a.Layer,
    'dense "hidden" { inputShape: [2], activation: "relu", kernelRegularizer: { kind: "l2", l2: 0.01 }, units: 4, trainable: true }',
  ],
  ["a frozen layer", a.flatten({ name: "flat", trainable: false }), 'flatten "flat" { trainable: false }'],
  ["a model", model, 'sequential "net": [null, 2] → [null, 1], 3 layers, 17 parameters'],
  ["an optimizer", model.optimizer, "adam { learningRate: 0.01 }"],
  ["a loss", a.losses.huber(), 'loss "huber" { reduction: "sumOverBatchSize" }'],
  ["a metric", a.metrics.auc(), 'metric "auc" { direction: "max" }'],
  ["a schedule", rate, "exponentialDecay { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.9 }"],
  ["a penalty", a.l2(0.1), "l2 { l2: 0.1 }"],
  ["a constraint", a.maxNorm(3), "maxNorm { maxValue: 3, axis: 0 }"],
  ["an initializer", a.initializers.heNormal({ seed: 3 }), "heNormal { seed: 3 }"],
  ["a dataset", a.dataset({ x: [1, 2, 3] }).batch(2), "Dataset { size: 2, batchSize: 2 }"],
  ["a stream", a.datasetFrom(() => [1]), "Dataset { size: undefined, batchSize: undefined }"],
  ["the js backend", a.js(), 'backend "js" {}'],
];

describe("a line stands for", () => {
  it.each(lines)("%s", (_, object, line) => {
    expect(String(object)).toBe(line);
    expect(`${object}`).toBe(line);
    expect(inspect(object)).toBe(line);
    // What Deno asks for.
    expect((object as Record<symbol, () => string>)[Symbol.for("Deno.customInspect")]?.()).toBe(line);
    // Loops over properties do not see how it is done.
    expect(Object.keys(object).filter((key) => key === "toString" || key === "toJSON")).toEqual([]);
  });

  it("the wasm backend", async () => {
    const backend = await a.wasm({ threads: 1 });
    expect(inspect(backend)).toBe(`backend "wasm" { build: "${backend.build}", threadLimit: 1 }`);
  });

  it("a history: what the first and the last epoch reported", async () => {
    const history = await model.fit([[1, 2]], [1], { epochs: 3, verbose: 0 });
    expect(inspect(history)).toMatch(/^History of 3 epochs, the last \{ loss: [\d.e-]+ \}$/);
    expect(JSON.parse(JSON.stringify(history))).toEqual({ epoch: history.epoch, history: history.history, seed: 1 });
  });

  it("what is inside another object, also deep inside", () => {
    expect(inspect({ model, optimizer: model.optimizer, deep: { deeper: [matrix] } })).toBe(
      [
        "{",
        '  model: sequential "net": [null, 2] → [null, 1], 3 layers, 17 parameters,',
        "  optimizer: adam { learningRate: 0.01 },",
        "  deep: { deeper: [ Tensor float32 [2, 2] [[1, 2], [3, 4]] ] }",
        "}",
      ].join("\n"),
    );
    expect(inspect([model.variables[0]])).toContain(
      'Variable "hidden/kernel" { dtype: "float32", shape: [2, 4], trainable: true }\n',
    );
  });

  it("layers with much inside: the line is cut", () => {
    for (const layer of [
      a.bidirectional(a.lstm(2)),
      a.multiHeadAttention(2, 4),
      a.lambda((x) => x),
      a.timeDistributed(a.dense(2)),
      a.conv2d(2, 3),
    ]) {
      expect(inspect(layer).split("\n")).toHaveLength(1);
      expect(inspect(layer).length).toBeLessThan(250);
    }
  });
});

describe("JSON.stringify", () => {
  it.each(lines)("of %s gives something short and without a cycle", (_, object) => {
    const text = JSON.stringify(object);
    expect(JSON.parse(text)).toBeDefined();
  });

  it("gives what things are", () => {
    const plain = (object: object) => JSON.parse(JSON.stringify(object));
    expect(plain(matrix)).toEqual({ dtype: "float64", shape: [2, 2], data: [1, 2, 3, 4] });
    expect(plain(a.ops.matmul(matrix, matrix))).toEqual("Tensor float32 [2, 2] (matmul)");
    expect(plain(model.variables[0] as a.Variable)).toEqual({
      kind: "Variable",
      name: "hidden/kernel",
      dtype: "float32",
      shape: [2, 4],
      trainable: true,
    });
    expect(plain(model.outputs[0] as a.SymbolicTensor)).toEqual({
      kind: "SymbolicTensor",
      name: "out",
      dtype: "float32",
      shape: [null, 1],
    });
    expect(plain(rate)).toEqual({ kind: "exponentialDecay", initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.9 });
    expect(plain(model).config).toEqual(plain(model.getConfig()));
    expect(plain(a.dataset([1, 2, 3]).batch(2))).toEqual({ kind: "Dataset", size: 2, batchSize: 2 });
  });
});
