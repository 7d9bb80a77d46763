import { describe, expect, it } from "vitest";
import { Highway, swish } from "../../examples/testing/highway.ts";
import { evaluate } from "../../src/backends/evaluate.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { type BatchShape, Layer, type LayerOptions } from "../../src/nn/layer.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { embedding } from "../../src/nn/layers/embedding.ts";
import { addLayer } from "../../src/nn/layers/merge.ts";
import { l2 } from "../../src/regularize/penalties.ts";
import { add, matmul, mul, sigmoid, square, stopGradient, sub, sum, tanh, tensor } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Variable } from "../../src/tensor/variable.ts";
import { checkGradients } from "../../src/testing/gradients.ts";
import { sequential } from "../../src/train/sequential.ts";

const x = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.75],
];

/** As {@link swish}, but the gate was taken out of the gradient, as one does to save work, and gets wrong slopes. */
const detachedSwish = (t: Tensor, beta: Tensor): Tensor => mul(t, stopGradient(sigmoid(mul(t, beta))));

/** As `Highway`, with a gate that never learns. */
class ForgetfulHighway extends Layer {
  private kernel?: Variable;
  private gateKernel?: Variable;

  constructor(options: LayerOptions = {}) {
    super("highway", { name: "planted", ...options });
  }

  override build(inputShape: BatchShape): void {
    const width = this.knownExtent(inputShape);
    this.kernel = this.addVariable("kernel", [width, width]);
    this.gateKernel = this.addVariable("gateKernel", [width, width]);
  }

  override call(t: Tensor): Tensor {
    const gate = sigmoid(matmul(t, stopGradient((this.gateKernel as Variable).tensor)));
    return add(mul(gate, tanh(matmul(t, (this.kernel as Variable).tensor))), mul(sub(1, gate), t));
  }
}

describe("a planted wrong gradient", () => {
  it("in an op of one's own is found, at the input and the element where it is worst", async () => {
    await checkGradients(swish, [x, 0.7]);
    await expect(checkGradients(detachedSwish, [x, 0.7])).rejects.toThrow(
      /^checkGradients: a recorded gradient must equal the central difference\. Expected 1\.\d+, received 0 \(input 1 \[\], element \[\], relative error/,
    );
    await expect(checkGradients((t) => detachedSwish(t, tensor(0.7)), [x])).rejects.toThrow(
      /Expected 1\.2661572\d+, received 0\.9915538\d+ \(input 0 \[2, 3\], element \[0, 2\], relative error/,
    );
  });

  it("in a layer of one's own is found, at the variable", async () => {
    await checkGradients(new Highway(), [x]);
    await expect(checkGradients(new ForgetfulHighway(), [x])).rejects.toThrow(
      /received 0 \(variable "planted\/gateKernel" \[3, 3\], element \[\d, \d\], relative error .*Check the op's gradient/,
    );
  });
});

describe("checkGradients of layers", () => {
  it("checks inputs, weights and what the layer adds to the loss", async () => {
    const layer = dense(2, { kernelRegularizer: l2(0.1), activityRegularizer: l2(0.1), activation: "tanh" });
    expect((await checkGradients(layer, [x])).checked).toBe(6 + 6 + 2);
  });

  it("passes whole numbers on, takes several inputs and models, and noise that stays the same", async () => {
    expect((await checkGradients(embedding(4, 2), [tensor(Int32Array.of(0, 3, 1, 1), [2, 2])])).checked).toBe(8);
    expect((await checkGradients(addLayer(), [x, x])).checked).toBe(12);
    const model = sequential([dense(3, { inputShape: [3], activation: "tanh" }), dropout(0.5), dense(1)], { seed: 3 });
    expect((await checkGradients(model, [x])).checked).toBe(6 + 12 + 4);
    expect((await checkGradients(model, [x], { training: false })).checked).toBe(6 + 12 + 4);
  });

  it("leaves weights where they are, as they are", async () => {
    const backend = await wasm();
    const model = sequential([dense(2, { inputShape: [3] })], { seed: 3 });
    const [kernel] = model.variables as [Variable];
    await evaluate([kernel.tensor], backend);
    const { placement } = kernel;
    const before = await kernel.read();
    await checkGradients(model, [x]);
    expect(kernel.placement).toBe(placement);
    expect(await kernel.read()).toEqual(before);
    await expect(
      checkGradients((t) => square(matmul(t, new Variable([3, 1], { initial: Number.NaN, name: "w" }).tensor)), [x]),
    ).rejects.toThrow(
      'variable "w": a variable must have values. Expected a layer that was initialized, received none. Call layer.initialize(seed), or give',
    );
  });

  it("checks the variables that a function reads, or those that are asked for", async () => {
    const [w, frozen] = [
      new Variable([3, 2], { initial: 0.3, name: "w" }),
      new Variable([2], { initial: 2, name: "s", trainable: false }),
    ];
    const f = (t: Tensor) => sum(mul(tanh(matmul(t, w.tensor)), frozen.tensor));
    expect((await checkGradients(f, [x])).checked).toBe(6 + 6);
    expect((await checkGradients(f, [x], { variables: [frozen] })).checked).toBe(6 + 2);
    expect((await checkGradients(f, [x], { variables: [] })).checked).toBe(6);
  });
});
