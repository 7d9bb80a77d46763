import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { planArena } from "../../src/ir/arena.ts";
import type { Program } from "../../src/ir/program.ts";
import { input } from "../../src/nn/input.ts";
import { type Layer, listOf } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul, square } from "../../src/tensor/ops/elementwise.ts";
import { slice } from "../../src/tensor/ops/joining.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { ones, reshape } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { model, sequential } from "../../src/train/index.ts";

const backend = js();
const read = async (x: Tensor) => Array.from((await evaluate([x], backend))[0] as ArrayLike<number>);
const contextOf = (layer: Layer, training = false, step = 0) =>
  new Recording(layer, { training, key: tensor(randomKey(1, step)) });

/** h' = x + h/2: numbers that can be worked out by hand. */
class Halving extends layers.Cell {
  override readonly stateSizes = [1];

  constructor(options: { name?: string } = {}) {
    super("halving", options);
  }

  override begin(x: Tensor): layers.Step {
    return (time, [h]) => [add(reshape(slice(x, [time, 0, 0], [1, -1, 1]), [-1, 1]), mul(h as Tensor, 0.5))];
  }
}
const halving = (options: layers.SequenceOptions = {}) => layers.rnn(new Halving(), options);
const x = tensor([[[8], [4], [2]]], undefined, { dtype: "float32" });

/** A layer on `x`, its outputs flat. */
async function outputsOf(layer: Layer, inputs: Tensor | Tensor[] = x, mask?: number[]): Promise<number[][]> {
  layer.ensureBuilt(listOf(inputs)[0]?.shape ?? []);
  layer.initialize(1);
  const ctx = contextOf(layer);
  if (mask) ctx.setMask(listOf(inputs)[0] as Tensor, tensor([mask], undefined, { dtype: "float32" }));
  return Promise.all(layer.applyAll(inputs, ctx).map(read));
}

describe("rnn with a cell of one's own", () => {
  it("gives the last output, all outputs, the states", async () => {
    expect(await outputsOf(halving())).toEqual([[6]]);
    expect(await outputsOf(halving({ returnSequences: true, returnState: true }))).toEqual([[8, 8, 6], [6]]);
    expect(
      await outputsOf(halving({ returnSequences: true }), [x, tensor([[16]], undefined, { dtype: "float32" })]),
    ).toEqual([[16, 12, 8]]);
  });

  it("goes backwards", async () => {
    expect(await outputsOf(halving({ returnSequences: true, goBackwards: true }))).toEqual([[2, 5, 10.5]]);
  });

  it("repeats state and output at masked steps, or gives 0", async () => {
    expect(await outputsOf(halving({ returnSequences: true }), x, [1, 0, 1])).toEqual([[8, 8, 6]]);
    expect(
      await outputsOf(halving({ returnSequences: true, zeroOutputForMask: true, returnState: true }), x, [0, 1, 0]),
    ).toEqual([[0, 4, 0], [4]]);
  });

  it("runs cells on one another", async () => {
    const two = layers.rnn([new Halving(), new Halving()], { returnSequences: true, returnState: true });
    expect(await outputsOf(two)).toEqual([[8, 12, 12], [6], [12]]);
  });

  it("is read from both ends by bidirectional", async () => {
    const both = (mergeMode: "concat" | "sum" | null, options: layers.SequenceOptions = { returnSequences: true }) =>
      outputsOf(layers.bidirectional(halving(options), { mergeMode }));
    expect(await both(null)).toEqual([
      [8, 8, 6],
      [10.5, 5, 2],
    ]);
    expect(await both("sum")).toEqual([[18.5, 13, 8]]);
    expect(await both("concat", {})).toEqual([[6, 10.5]]);
  });

  it("can be used by itself", async () => {
    const cell = new Halving();
    expect(
      await outputsOf(cell, [
        tensor([[3]], undefined, { dtype: "float32" }),
        tensor([[4]], undefined, { dtype: "float32" }),
      ]),
    ).toEqual([[5]]);
    const [h, c] = layers.lstmCell(4).applyAll([input([3]), input([4]), input([4])]);
    expect([h?.shape, c?.shape]).toEqual([
      [null, 4],
      [null, 4],
    ]);
  });
});

describe("masks of recurrent layers", () => {
  const maskAfter = async (layer: Layer) => {
    layer.ensureBuilt(x.shape);
    layer.initialize(1);
    const ctx = contextOf(layer);
    ctx.setMask(x, tensor([[1, 1, 0]], undefined, { dtype: "float32" }));
    return Promise.all(
      layer.applyAll(x, ctx).map((output) => (ctx.maskOf(output) ? read(ctx.maskOf(output) as Tensor) : undefined)),
    );
  };

  it("are those of the outputs' steps", async () => {
    expect(await maskAfter(layers.lstm(2, { returnSequences: true, returnState: true }))).toEqual([
      [1, 1, 0],
      undefined,
      undefined,
    ]);
    expect(await maskAfter(layers.gru(2))).toEqual([undefined]);
    expect(await maskAfter(layers.gru(2, { returnSequences: true, goBackwards: true }))).toEqual([[0, 1, 1]]);
    expect(await maskAfter(layers.bidirectional(layers.gru(2, { returnSequences: true })))).toEqual([[1, 1, 0]]);
    expect(await maskAfter(layers.bidirectional(layers.gru(2)))).toEqual([undefined]);
    expect(await maskAfter(layers.timeDistributed(layers.dense(2)))).toEqual([[1, 1, 0]]);
  });

  it("end a sequence early: what is padded changes nothing", async () => {
    const start = input([null], { dtype: "int32" });
    const encoded = layers.bidirectional(layers.lstm(4)).apply(layers.embedding(5, 3, { maskZero: true }).apply(start));
    const net = model({ inputs: start, outputs: encoded, seed: 1 });
    // A length that is not known before has a program of its own.
    const [short, long] = [
      await read(await net.predict([[3, 1, 4]])),
      await read(await net.predict([[3, 1, 4, 0, 0]])),
    ];
    long.forEach((value, index) => {
      expect(value).toBeCloseTo(short[index] as number, 6);
    });
  });
});

describe("stateful layers", () => {
  const make = () => {
    const memory = halving({ stateful: true, returnSequences: true, inputShape: [3, 1] });
    return { memory, net: sequential([memory]) };
  };

  it("go on where the batch before ended, until they are reset", async () => {
    const { memory, net } = make();
    const predict = async () => read(await net.predict([[[8], [4], [2]]]));
    expect(await predict()).toEqual([8, 8, 6]);
    expect(await predict()).toEqual([11, 9.5, 6.75]);
    memory.resetStates();
    expect(await predict()).toEqual([8, 8, 6]);
    expect(net.variables).toEqual([]);
  });

  it("train, and say which batch size they go on with", async () => {
    const memory = layers.lstm(2, { stateful: true, inputShape: [3, 1] });
    const net = sequential([memory, layers.dense(1)], { seed: 1 });
    net.compile({ optimizer: "sgd", loss: "mse", backend });
    const rows = (count: number) => Array.from({ length: count }, (_, i) => [[i], [1], [2]]);
    await net.fit(rows(4), [[1], [2], [3], [4]], { batchSize: 2, epochs: 2, shuffle: false, verbose: 0 });
    expect((await memory.states?.[0]?.read())?.some((value) => value !== 0)).toBe(true);
    memory.resetStates();
    expect(Array.from((await memory.states?.[1]?.read()) ?? [])).toEqual([0, 0, 0, 0]);
    await expect(net.predict(rows(3), { batchSize: 3 })).rejects.toThrow(
      `${memory.label}: a stateful layer goes from batch to batch, which must be of one size. Expected batches of 2, received 3.`,
    );
    const both = layers.bidirectional(layers.gru(2, { stateful: true }));
    expect(() => both.resetStates()).not.toThrow();
  });
});

describe("initial states", () => {
  it("come in as further inputs of a functional model", async () => {
    const [sequence, h, c] = [input([3, 1]), input([2]), input([2])];
    const [output, ...states] = layers.lstm(2, { returnState: true }).applyAll([sequence, h, c]);
    const net = model({
      inputs: [sequence, h, c],
      outputs: [output, ...states].filter((each) => each !== undefined),
      seed: 1,
    });
    expect((await net.predictAll([[[[1], [2], [3]]], [[0.5, 0.5]], [[1, 1]]])).map(({ shape }) => shape)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe("dropout in recurrent layers", () => {
  const identity = (options: object) =>
    layers.simpleRnn(4, {
      activation: "linear",
      kernelInitializer: "identity",
      recurrentInitializer: "zeros",
      returnSequences: true,
      ...options,
    });

  it("drops the same inputs at all steps, others at the next step of training, none in inference", async () => {
    const layer = identity({ dropout: 0.5 });
    const inputs = ones([8, 3, 4]);
    layer.ensureBuilt(inputs.shape);
    layer.initialize(1);
    const at = async (training: boolean, step: number) => read(layer.apply(inputs, contextOf(layer, training, step)));
    const [first, second] = [await at(true, 0), await at(true, 1)];
    expect(new Set(first)).toEqual(new Set([0, 2]));
    first.forEach((value, index) => {
      const sample = Math.floor(index / 12);
      expect(value).toBe(first[sample * 12 + (index % 4)]);
    });
    expect(second).not.toEqual(first);
    expect(new Set(await at(false, 0))).toEqual(new Set([1]));
  });

  it("drops nothing or everything at rates 0 and 1", async () => {
    for (const [dropout, value] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const layer = identity({ dropout });
      layer.ensureBuilt([2, 3, 4]);
      layer.initialize(1);
      expect(new Set(await read(layer.apply(ones([2, 3, 4]), contextOf(layer, true))))).toEqual(new Set([value]));
    }
  });
});

describe("first weights", () => {
  it("begin the forget gate's bias at 1, with any initializer for the rest", async () => {
    const biasOf = async (options: layers.LstmOptions) => {
      const layer = layers.lstm(2, options);
      layer.ensureBuilt([null, 3, 1]);
      layer.initialize(1);
      return Array.from((await layer.variables[2]?.read()) ?? []);
    };
    expect(await biasOf({})).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(await biasOf({ biasInitializer: (shape) => new Float32Array(shape[0] as number).fill(0.5) })).toEqual([
      0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5,
    ]);
    expect(await biasOf({ unitForgetBias: false })).toEqual(new Array(8).fill(0));
    expect((await biasOf({ biasInitializer: "randomNormal" })).slice(2, 4)).toEqual([1, 1]);
  });

  it("bear the layer's name, and differ in the two directions", async () => {
    const both = layers.bidirectional(layers.gru(2, { name: "g", useBias: false }));
    both.ensureBuilt([null, 3, 1]);
    both.initialize(1);
    expect(both.variables.map(({ name }) => name)).toEqual([
      "forward_g/kernel",
      "forward_g/recurrentKernel",
      "backward_g/kernel",
      "backward_g/recurrentKernel",
    ]);
    const [forward, , backward] = await Promise.all(both.variables.map((variable) => variable.read()));
    expect(forward).not.toEqual(backward);
  });
});

describe("programs of recurrent layers", () => {
  /** A step of training over so many steps of time. */
  const programOf = (time: number): Program => {
    const layer = layers.lstm(32, { returnSequences: true });
    layer.ensureBuilt([null, time, 8]);
    const output = layer.apply(placeholder("x", [16, time, 8]), contextOf(layer, true));
    const slopes = gradients(sum(square(output)), layer.variables);
    return compile({ outputs: Object.fromEntries(slopes.map((slope, index) => [String(index), slope])) }).program;
  };

  it("take two instructions a step forwards and five backwards, and one product for each kernel's gradient", () => {
    const [short, long] = [programOf(10), programOf(20)];
    const count = ({ instructions }: Program, kind: string) => instructions.filter((each) => each.kind === kind).length;
    expect(long.instructions.length - short.instructions.length).toBe(10 * 7);
    // A product a step each way, the inputs', and the gradients of the two kernels; the first step has no state to
    // multiply.
    for (const [program, time] of [
      [short, 10],
      [long, 20],
    ] as const) {
      expect(count(program, "matmul")).toBe(2 * (time - 1) + 3);
    }
  });

  it("hold what the way back needs, once", () => {
    const floats = (planArena(programOf(40)).bytes - planArena(programOf(20)).bytes) / 4 / 20;
    // Per step: four gates, carry, its tanh and output for the way back; gates before activation, whose place their
    // gradients take; the input, twice.
    expect(floats).toBeLessThan(16 * (7 * 32 + 4 * 32 + 2 * 8) * 1.1);
  });
});

describe("messages of recurrent layers", () => {
  it("name shapes that do not fit", () => {
    expect(() => layers.lstm(2, { name: "l" }).apply(input([3]))).toThrow(
      'lstm "l": the input is a batch of sequences. Expected [batch, time ≥ 1, features], received [null, 3]. A recurrent layer before it needs returnSequences: true; numbers without features reshape([-1, 1]).',
    );
    const layer = layers.gru(2, { name: "g" });
    layer.ensureBuilt([null, 3, 4]);
    const ctx = contextOf(layer);
    expect(() => layer.apply(ones([1, 3, 5]), ctx)).toThrow(
      "gruCell \"g\": the input's last axis must be the kernel's first. Expected 4, received 5 (input [3, 1, 5] by [time, batch, features], kernel [4, 6]).",
    );
    expect(() => layer.apply([ones([1, 3, 4]), ones([1, 3])], ctx)).toThrow(
      'gru "g": the states must fit the input and the units. Expected [1, 2], received [1, 3] (input [1, 3, 4]). Give [x, ...states].',
    );
    expect(() => layer.apply([ones([1, 3, 4]), ones([1, 2]), ones([1, 2])], ctx)).toThrow(
      "Expected [1, 2], received [1, 2], [1, 2]",
    );
    const masked = ones([2, 3, 4]);
    expect(() => ctx.setMask(masked, ones([2, 4]), layer.label)).toThrow(
      'gru "g": a mask has the first axes of what it masks. Expected [2, 3], received [2, 4] (masked [2, 3, 4]).',
    );
    ctx.setMask(masked, ones([2]));
    expect(() => layer.apply(masked, ctx)).toThrow(
      'gru "g": the mask says for each step whether it counts. Expected [2, 3], received [2] (input [2, 3, 4]).',
    );
    expect(() => layers.timeDistributed(layers.dense(2), { name: "t" }).apply(input([3]))).toThrow(
      'timeDistributed "t": the input is a batch of sequences. Expected [batch, time, …], received [null, 3].',
    );
  });

  it("name options that are not allowed", () => {
    expect(() => layers.lstm(0)).toThrow("units must be a whole number. Expected an integer ≥ 1, received 0");
    for (const rate of [-0.1, 1.1])
      expect(() => layers.gru(2, { dropout: rate })).toThrow("dropout must be a number in [0, 1]");
    expect(() => layers.gru(2, { recurrentDropout: 2 })).toThrow("recurrentDropout must be a number in [0, 1]");
    expect(() => layers.lstm(2, { recurrentActivation: "sigmoidd" as "sigmoid" })).toThrow('Did you mean "sigmoid"');
    expect(() => layers.rnn([])).toThrow(
      "rnn: cell must be a Cell or a list of Cells. Expected a cell such as lstmCell(32), or a list of them, received an empty list.",
    );
    expect(() => layers.rnn(layers.dense(2) as unknown as layers.Cell)).toThrow('received dense "dense');
    expect(() => layers.bidirectional(layers.dense(2) as unknown as layers.Recurrent)).toThrow(
      'Expected a layer such as lstm(32), received dense "dense',
    );
    expect(() => layers.bidirectional(layers.gru(2), { mergeMode: "avg" as "ave" })).toThrow(
      'unknown mergeMode. Expected one of concat, sum, mul, ave, received "avg"',
    );
    expect(() => layers.bidirectional(layers.gru(2), { backwardLayer: layers.gru(2) })).toThrow(
      "both layers must differ in goBackwards. Expected true, received false",
    );
    expect(() =>
      layers.bidirectional(layers.gru(2), { backwardLayer: layers.gru(2, { goBackwards: true, stateful: true }) }),
    ).toThrow("must agree in stateful");
    expect(() => layers.timeDistributed(3 as unknown as Layer)).toThrow("timeDistributed: layer is of the wrong kind");
    expect(() => layers.timeDistributed({} as unknown as Layer)).toThrow("applies a layer to each step");
  });
});
