import { describe, expect, it, vi } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import { type CallContext, Layer, type LayerOptions } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording, type RecordingOptions } from "../../src/nn/recording.ts";
import { withValue } from "../../src/nn/with-value.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, div, matmul, mul, square, sum, withGradient } from "../../src/tensor/ops/index.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Variable } from "../../src/tensor/variable.ts";
import { model, sequential } from "../../src/train/index.ts";

const record = (layer: Layer, options: Partial<RecordingOptions> = {}) =>
  new Recording(layer, { training: true, key: tensor(randomKey(1)), ...options });

const read = async (tensors: readonly Tensor[]) =>
  (await evaluate(tensors, js({ precision: "float64" }))).map((values) => Array.from(values));

/** x·kernel, which reads its kernel as `ctx.value` or as an operand, and has a loss, an update and a custom gradient. */
class Product extends Layer<LayerOptions & { asOperand: boolean }> {
  declare kernel: Variable;
  declare count: Variable;

  constructor(options: { asOperand: boolean }) {
    super("product", options, { asOperand: "boolean!" });
  }

  override build(): void {
    this.kernel = this.addVariable("kernel", [2, 2], { initializer: "ones", role: "kernel" });
    this.count = this.addVariable("count", [], { initializer: "zeros", trainable: false });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const kernel = this.config.asOperand ? this.kernel.tensor : ctx.value(this.kernel);
    ctx.addLoss(sum(square(kernel)));
    ctx.update(this.count, add(ctx.value(this.count), sum(kernel)));
    const y = matmul(x, kernel);
    ctx.setMask(y, sum(y, -1));
    // d(y·kernel) written out, from tensors that the function holds.
    return withGradient(mul(y, sum(kernel)), [kernel], (dy) => [mul(sum(mul(dy, y)), kernel)]);
  }
}

/** A layer around another one, which gets three times its kernel. */
class Triple extends Layer<LayerOptions & { layer: Product }> {
  constructor(options: { layer: Product }) {
    super("triple", options, { layer: "object!" });
  }

  override get sublayers(): readonly Layer[] {
    return [this.config.layer];
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { layer } = this.config;
    layer.ensureBuilt([null, 2]);
    const kernel = ctx.value(layer.kernel);
    // Recorded before: stays what it is.
    const before = mul(layer.kernel, 10);
    return withValue(ctx, layer.kernel, mul(kernel, 3), (inner) => add(layer.apply(x, inner), sum(before)));
  }
}

describe("a value in a variable's place", () => {
  const x = tensor([[1, 2]]);
  const run = async (asOperand: boolean) => {
    const product = new Product({ asOperand });
    const layer = new Triple({ layer: product });
    layer.apply(input([2]));
    layer.initialize(1);
    const seen: Tensor[] = [];
    const ctx = record(layer, { observe: (each, outputs) => void (each === product && seen.push(...outputs)) });
    const y = layer.apply(x, ctx);
    const [slope] = gradients(sum(y), [product.kernel]) as [Tensor];
    const masks = [ctx.maskOf(seen[0]?.inputs[0]?.inputs[0] as Tensor) as Tensor];
    return read([y, slope, ...ctx.losses, ctx.updates.get(product.count) as Tensor, ...seen, ...masks]);
  };

  it("is what the layer inside reads, its losses, updates, masks and written-out gradients are made of", async () => {
    // kernel' = 3: x·kernel' = [9, 9], times Σ kernel' = 12, plus 10·4.
    const [y, slope, loss, count, seen, mask] = await run(false);
    expect(y).toEqual([148, 148]);
    // Through kernel' = 3·kernel the written-out gradient (Σ y·kernel' = 54 each), and 2·10 by what was recorded before.
    expect(slope).toEqual([182, 182, 182, 182]);
    expect([loss, count, seen, mask]).toEqual([[36], [12], [108, 108], [18]]);
  });

  it("reaches a layer that reads its variable as an operand", async () => {
    expect(await run(true)).toEqual(await run(false));
  });

  it("lasts as long as that part of the recording, also where it throws", () => {
    const layer = new Product({ asOperand: false });
    layer.apply(input([2]));
    const ctx = record(layer);
    const before = { ...layer.kernel };
    expect(() =>
      withValue(
        ctx,
        layer.kernel,
        tensor([
          [1, 1],
          [1, 1],
        ]),
        () => {
          throw new Error("in the middle");
        },
      ),
    ).toThrow("in the middle");
    expect(ctx.value(layer.kernel)).toBe(layer.kernel.tensor);
    expect({ ...layer.kernel }).toEqual(before);
  });

  it("shows updates recorded before, and the innermost of two", async () => {
    const layer = new Product({ asOperand: false });
    layer.apply(input([2]));
    layer.initialize(1);
    const ctx = record(layer);
    ctx.update(layer.count, tensor(5));
    const [a, b] = withValue(ctx, layer.kernel, mul(layer.kernel, 2), (outer) =>
      withValue(outer, layer.kernel, div(outer.value(layer.kernel), 8), (inner) => [
        inner.value(layer.kernel),
        inner.value(layer.count),
      ]),
    ) as [Tensor, Tensor];
    expect(await read([a, b])).toEqual([[0.25, 0.25, 0.25, 0.25], [5]]);
  });
});

describe("a recording", () => {
  it("reports outputs of layers within layers, in their order", () => {
    const net = sequential([layers.dense(2, { inputShape: [4, 3] }), layers.timeDistributed(layers.dense(1))]);
    const seen: string[] = [];
    const ctx = record(net, { observe: (layer, outputs) => seen.push(`${layer.kind} ${outputs[0]?.shape}`) });
    net.call(placeholder("x", [2, 4, 3]), ctx);
    expect(seen).toEqual(["dense 2,4,2", "dense 8,1", "timeDistributed 2,4,1"]);
  });

  it("asks which layers are trainable: batch statistics and penalties follow the answer, not the flag", () => {
    const net = sequential([layers.batchNormalization({ inputShape: [3], gammaRegularizer: "l2" })]);
    for (const isTrainable of [true, false]) {
      const ctx = record(net, { isTrainable: () => isTrainable });
      net.call(placeholder("x", [4, 3]), ctx);
      expect(ctx.updates.size).toBe(isTrainable ? 2 : 0);
      expect(net.penalties(ctx.isTrainable)).toHaveLength(isTrainable ? 1 : 0);
    }
  });
});

describe("a layer of layers", () => {
  class Residual extends Layer {
    inner = [layers.dense(3, { activation: "tanh" }), layers.dense(3)];

    constructor(options = {}) {
      super("residual", options, {});
    }

    override call(x: Tensor, ctx: CallContext): Tensor {
      return add(
        x,
        this.inner.reduce((y, layer) => layer.apply(y, ctx), x),
      );
    }
  }

  it("finds them in its properties, builds them and trains them", async () => {
    const x = input([3]);
    const net = model({ inputs: x, outputs: new Residual().apply(x), seed: 1 });
    expect(net.variables.map(({ name }) => name)).toEqual([
      "dense/kernel",
      "dense/bias",
      "dense_1/kernel",
      "dense_1/bias",
    ]);
    net.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: js() });
    const before = await net.getWeights();
    await net.fit([[1, 2, 3]], [[3, 2, 1]], { epochs: 1, verbose: 0 });
    const after = await net.getWeights();
    expect(after.every((weights, index) => JSON.stringify(weights) !== JSON.stringify(before[index]))).toBe(true);
  });

  it("refuses a method that is named almost like one that layers override, and a class without call", () => {
    class Misspelt extends Residual {
      buld(): void {}
    }
    // As JavaScript allows it.
    const Base = Layer as unknown as new (kind: string) => Residual;
    const silent = new (class Silent extends Base {})("silent");
    expect(() => new Misspelt().apply(input([3]))).toThrow(
      'residual "residual": a method has almost the name of one that layers override. Expected build, received buld. Rename it.',
    );
    expect(() => silent.apply(input([3]))).toThrow(
      'silent "silent": a layer records its maths in call. Expected call(x, ctx), received a class without it.',
    );
  });

  it("warns once that a mask is dropped", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const layer = layers.flatten();
    for (let i = 0; i < 2; i++) {
      const ctx = record(layer);
      const x = tensor([[[1], [2]]]);
      ctx.setMask(x, tensor([[1, 0]]));
      layer.apply(x, ctx);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
