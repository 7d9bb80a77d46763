import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import {
  addLayer,
  batchNormalization,
  concatenate,
  dense,
  dropout,
  flatten,
  lambda,
} from "../../src/nn/layers/index.ts";
import { Network } from "../../src/nn/network.ts";
import { Recording } from "../../src/nn/recording.ts";
import { summary } from "../../src/nn/summary.ts";
import type { SymbolicTensor } from "../../src/nn/symbolic.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { l2 } from "../../src/regularize/penalties.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Variable } from "../../src/tensor/variable.ts";

const backend = js();
const context = (network: Network, training = false) => new Recording(network, { training, key: tensor(randomKey(1)) });

async function read(variables: readonly Variable[]): Promise<number[][]> {
  return (
    await evaluate(
      variables.map((variable) => variable.tensor),
      backend,
    )
  ).map((data) => Array.from(data));
}

async function run(network: Network, ...inputs: Tensor[]): Promise<number[][]> {
  const outputs = network.call(inputs.length === 1 ? (inputs[0] as Tensor) : inputs, context(network));
  return (await evaluate([outputs].flat() as Tensor[], backend)).map((data) => Array.from(data));
}

/** input(4) → dense 3 → batch normalization → dropout → dense 2. */
function chain(options = {}): Network {
  const start = input([4]);
  let x: SymbolicTensor = dense(3, { name: "hidden", kernelRegularizer: l2(0.1), kernelConstraint: maxNorm(1) }).apply(
    start,
  );
  x = batchNormalization({ name: "norm" }).apply(x);
  x = dropout(0.5, { name: "drop" }).apply(x);
  return new Network([start], [dense(2, { name: "head" }).apply(x)], { name: "net", ...options });
}

describe("Network", () => {
  it("keeps layers in model order and weights in Keras's order (tfjs: moving averages out of place)", () => {
    const network = chain();
    expect(network.layers.map(({ name }) => name)).toEqual(["hidden", "norm", "drop", "head"]);
    expect(network.variables.map(({ name }) => name)).toEqual([
      "hidden/kernel",
      "hidden/bias",
      "norm/gamma",
      "norm/beta",
      "norm/movingMean",
      "norm/movingVariance",
      "head/kernel",
      "head/bias",
    ]);
    expect(network.trainableVariables).toHaveLength(6);
  });

  it("orders branches by depth, as Keras does", () => {
    const [a, b] = [input([4], { name: "a" }), input([4], { name: "b" })];
    const short = dense(3, { name: "short" }).apply(b);
    const long = dense(3, { name: "long2" }).apply(dense(3, { name: "long1" }).apply(a));
    const network = new Network([a, b], [addLayer({ name: "sum" }).apply([short, long])]);
    expect(network.layers.map(({ name }) => name)).toEqual(["long1", "short", "long2", "sum"]);
  });

  it("takes several inputs and gives several outputs", async () => {
    const [a, b] = [input([2]), input([3])];
    const joined = concatenate().apply([a, b]);
    const network = new Network([a, b], [joined, addLayer().apply([joined, joined])]);
    expect(await run(network, tensor([[1, 2]]), tensor([[3, 4, 5]]))).toEqual([
      [1, 2, 3, 4, 5],
      [2, 4, 6, 8, 10],
    ]);
  });

  it("shares the weights of a layer that is used twice, and penalises them once", async () => {
    const start = input([2]);
    const shared = dense(2, { kernelRegularizer: l2(1), kernelInitializer: "identity" });
    const network = new Network([start], [shared.apply(shared.apply(start))]);
    network.initialize(1);
    expect(network.variables).toHaveLength(2);
    expect(network.layers).toEqual([shared]);
    const penalties = network.penalties();
    expect(penalties).toHaveLength(1);
    expect(await evaluate(penalties, backend)).toEqual([Float32Array.of(2)]);
    expect(await run(network, tensor([[1, 2]]))).toEqual([[1, 2]]);
  });

  it("is a layer: nests, with all weights inside", async () => {
    const inner = chain({ name: "inner" });
    const start = input([4]);
    const outer = new Network([start], [dense(1, { name: "top" }).apply(inner.apply(start))]);
    expect(outer.layers).toEqual([inner, outer.getLayer("top")]);
    expect(outer.variables.slice(0, inner.variables.length)).toEqual(inner.variables);
    outer.initialize(1);
    expect((await run(outer, tensor([[1, 2, 3, 4]])))[0]).toHaveLength(1);
  });

  it("gives a name's layer, or the nearest names", () => {
    expect(chain().getLayer("norm").kind).toBe("batchNormalization");
    expect(() => chain().getLayer("hiden")).toThrow(
      'network "net": unknown layer. Expected one of hidden, norm, drop, head, received "hiden". Did you mean "hidden"?',
    );
  });

  it("refuses two layers of one name", () => {
    const start = input([2]);
    const twice = dense(2, { name: "same" }).apply(dense(2, { name: "same" }).apply(start));
    expect(() => new Network([start], [twice], { name: "n" })).toThrow(
      'network "n": layer names must be unique. Expected different names, received "same" twice (dense and dense). Give one of them another name.',
    );
  });

  it("refuses outputs that hang on something else", () => {
    const [a, b] = [input([2], { name: "a" }), input([2], { name: "b" })];
    expect(() => new Network([a], [addLayer().apply([a, b])], { name: "n" })).toThrow(
      'network "n": the outputs must follow from the inputs alone. Expected every input of the graph in inputs (a), received "b", which is not.',
    );
  });

  it("refuses missing, repeated and foreign ends", () => {
    const start = input([2], { name: "start" });
    const end = dense(1).apply(start);
    expect(() => new Network([], [end], { name: "n" })).toThrow("inputs must be a list of symbolic tensors");
    expect(() => new Network([start], [], { name: "n" })).toThrow("outputs must be a list of symbolic tensors");
    expect(() => new Network([start, start], [end], { name: "n" })).toThrow("each input may be listed once");
    expect(() => new Network([tensor([1]) as never], [end], { name: "n" })).toThrow(
      "what input(…) or layer.apply(…) gave",
    );
  });

  it("refuses inputs that do not fit", () => {
    const network = chain();
    expect(() => network.call(tensor([[1, 2, 3]]), context(network))).toThrow(
      /input "input(_\d+)?" has another shape. Expected \[null, 4\], received \[1, 3\]/,
    );
    expect(() => network.call([tensor([[1]]), tensor([[1]])], context(network))).toThrow(
      /one tensor per input. Expected 1 \(input(_\d+)?\), received 2/,
    );
  });

  it("may start in the middle of another graph", async () => {
    const start = input([2]);
    const middle = dense(2, { kernelInitializer: "ones" }).apply(start);
    const tail = new Network([middle], [dense(1, { kernelInitializer: "ones" }).apply(middle)]);
    tail.initialize(1);
    expect(tail.layers).toHaveLength(1);
    expect(await run(tail, tensor([[1, 2]]))).toEqual([[3]]);
  });
});

describe("first values", () => {
  it("are the same for the same seed, whatever the layers' names, and others for another", async () => {
    const values = async (seed: number) => {
      const start = input([4]);
      const network = new Network([start], [dense(3).apply(dense(4).apply(start))]);
      network.initialize(seed);
      return read(network.variables);
    };
    expect(await values(1)).toEqual(await values(1));
    expect(await values(1)).not.toEqual(await values(2));
    const [first, , second] = await values(1);
    expect(first?.slice(0, 12)).not.toEqual(second);
  });

  it("are given once: shared layers and assigned weights keep theirs", async () => {
    const start = input([2]);
    const shared = dense(2);
    const first = new Network([start], [shared.apply(start)]);
    shared.variables[1]?.assign([5, 6]);
    first.initialize(1);
    const before = await read(shared.variables);
    expect(before[1]).toEqual([5, 6]);
    new Network([start], [shared.apply(start)]).initialize(2);
    expect(await read(shared.variables)).toEqual(before);
  });

  it("are NaN before there is a seed, so that a layer outside a model shows", async () => {
    const layer = dense(1);
    layer.ensureBuilt([null, 1]);
    expect((await read(layer.variables)).flat()).toEqual([Number.NaN, Number.NaN]);
  });

  it("of an initializer with a seed of its own do not follow the model's", async () => {
    const { heNormal } = await import("../../src/nn/initializers.ts");
    const values = async (seed: number) => {
      const layer = dense(2, { kernelInitializer: heNormal({ seed: 3 }) });
      layer.ensureBuilt([null, 2]);
      layer.initialize(seed);
      return read(layer.variables);
    };
    expect(await values(1)).toEqual(await values(2));
  });
});

describe("freezing", () => {
  it("reaches all inner layers, empties trainable weights and silences penalties", () => {
    const network = chain();
    expect(network.penalties()).toHaveLength(1);
    network.trainable = false;
    expect(network.layers.every((layer) => !layer.trainable)).toBe(true);
    expect(network.trainableVariables).toEqual([]);
    expect(network.penalties()).toEqual([]);
    expect(network.variables).toHaveLength(8);
    network.trainable = true;
    network.getLayer("hidden").trainable = false;
    expect(network.trainableVariables.map(({ name }) => name)).toEqual([
      "norm/gamma",
      "norm/beta",
      "head/kernel",
      "head/bias",
    ]);
    expect(network.penalties()).toEqual([]);
  });

  it("can be asked for at once", () => {
    expect(chain({ trainable: false }).layers.every((layer) => !layer.trainable)).toBe(true);
  });

  it("leaves constraints to the optimizer, by variable", () => {
    expect([...chain().constraints().keys()].map(({ name }) => name)).toEqual(["hidden/kernel"]);
  });
});

describe("clone", () => {
  it("makes equal layers with fresh weights under the same names, frozen where they were", () => {
    const network = chain();
    network.getLayer("norm").trainable = false;
    const copy = network.clone() as Network;
    expect(copy.layers.map((layer) => [layer.name, layer.trainable])).toEqual(
      network.layers.map((layer) => [layer.name, layer.trainable]),
    );
    expect(copy.variables.map(({ name, shape }) => [name, shape])).toEqual(
      network.variables.map(({ name, shape }) => [name, shape]),
    );
    expect(copy.variables.some((variable) => network.variables.includes(variable))).toBe(false);
    expect(copy.getConfig().layers).toEqual(network.getConfig().layers);
  });

  it("keeps shared layers shared", () => {
    const start = input([2]);
    const shared = dense(2);
    const copy = new Network([start], [shared.apply(shared.apply(start))]).clone() as Network;
    expect(copy.layers).toHaveLength(1);
    expect(copy.variables).toHaveLength(2);
  });
});

describe("getConfig", () => {
  it("is plain data, but for the user's own functions", () => {
    const config = chain().getConfig();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    expect(chain().getLayer("hidden").getConfig()).toEqual({
      name: "hidden",
      trainable: true,
      units: 3,
      kernelRegularizer: { kind: "l2", l2: 0.1 },
      kernelConstraint: { kind: "maxNorm", maxValue: 1, axis: 0 },
    });
    const own = (x: Tensor) => x;
    expect(lambda(own).getConfig().fn).toBe(own);
  });
});

describe("activityRegularizer", () => {
  it("adds a penalty on the output, divided by the batch size", async () => {
    const layer = flatten({ activityRegularizer: l2(0.5) });
    const ctx = new Recording(layer, { training: false, key: tensor(randomKey(1)) });
    layer.apply(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      ctx,
    );
    expect(await evaluate(ctx.losses, backend)).toEqual([Float32Array.of((0.5 * 30) / 2)]);
  });
});

describe("summary", () => {
  it("shows a chain as a table", () => {
    const network = chain();
    network.getLayer("hidden").trainable = false;
    expect(`\n${summary(network)}`).toBe(`
Model: "net"
┌───────────────────────────┬──────────────┬─────────┐
│ Layer (kind)              │ Output shape │ Param # │
├───────────────────────────┼──────────────┼─────────┤
│ hidden (dense)            │ [null, 3]    │      15 │
│ norm (batchNormalization) │ [null, 3]    │      12 │
│ drop (dropout)            │ [null, 3]    │       0 │
│ head (dense)              │ [null, 2]    │       8 │
└───────────────────────────┴──────────────┴─────────┘
 Total params: 35 (140.00 B)
 Trainable params: 14 (56.00 B)
 Non-trainable params: 21 (84.00 B)`);
  });

  it("shows what feeds what where that is not a chain", () => {
    const start = input([784], { name: "image" });
    const wide = dense(300, { name: "wide" }).apply(start);
    const network = new Network([start], [concatenate({ name: "both" }).apply([start, wide])], { name: "wideAndDeep" });
    expect(`\n${summary(network)}`).toBe(`
Model: "wideAndDeep"
┌────────────────────┬──────────────┬─────────┬──────────────┐
│ Layer (kind)       │ Output shape │ Param # │ Connected to │
├────────────────────┼──────────────┼─────────┼──────────────┤
│ wide (dense)       │ [null, 300]  │ 235,500 │ image        │
│ both (concatenate) │ [null, 1084] │       0 │ image, wide  │
└────────────────────┴──────────────┴─────────┴──────────────┘
 Total params: 235,500 (919.92 KB)
 Trainable params: 235,500 (919.92 KB)
 Non-trainable params: 0 (0.00 B)`);
  });
});
