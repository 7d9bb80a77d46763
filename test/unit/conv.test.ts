import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { lowerConvolutions } from "../../src/backends/wasm/lower-convolutions.ts";
import { compile } from "../../src/compiler/compile.ts";
import { planArena } from "../../src/ir/arena.ts";
import { print } from "../../src/ir/print.ts";
import { relu } from "../../src/nn/activations.ts";
import { input } from "../../src/nn/input.ts";
import { conv1d, conv2d, conv2dTranspose, conv3d, flatten } from "../../src/nn/layers/index.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { conv, convTranspose } from "../../src/tensor/ops/conv.ts";
import { add } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { cloneModel, sequential } from "../../src/train/index.ts";

const image = placeholder("x", [2, 5, 5, 4]);

describe("conv", () => {
  it("slides a window over an image", async () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const kernel = tensor([1, 0, 0, -1], [2, 2, 1, 1]);
    const [valid] = await evaluate([conv(x, kernel)], js());
    expect([...(valid as Float32Array)]).toEqual([-4, -4, -4, -4]);
    const [same] = await evaluate([conv(x, kernel, { padding: "same" })], js());
    expect([...(same as Float32Array)]).toEqual([-4, -4, 3, -4, -4, 6, 7, 8, 9]);
  });

  it("stores no patches: a program of a training step holds image, result and kernels, and one product each", () => {
    const [x, kernel, dy] = [
      placeholder("x", [8, 16, 16, 4]),
      placeholder("kernel", [3, 3, 4, 6]),
      placeholder("dy", [8, 14, 14, 6]),
    ];
    const y = relu(add(conv(x, kernel), placeholder("bias", [6])));
    const [dx, dkernel] = gradients(sum(y), [x, kernel]);
    const { program } = compile({ outputs: { y, dx: dx as typeof x, dkernel: dkernel as typeof x } });
    const text = print(program);
    expect(text.match(/conv /g)).toHaveLength(1);
    expect(text.match(/convFilterGrad/g)).toHaveLength(1);
    expect(text.match(/convInputGrad/g)).toHaveLength(1);
    expect(text).not.toMatch(/copy/);
    // The WASM backend makes no copies of it, either.
    expect(lowerConvolutions(program).instructions).toHaveLength(program.instructions.length);
    // Bias and activation are done on the product's hot rows.
    expect(text).toMatch(/conv .* then .*max\(.* \+ bias, 0\)/);
    const patches = 8 * 14 * 14 * 3 * 3 * 4 * 4;
    expect(planArena(program).bytes).toBeLessThan(patches + 4 * (8 * 16 * 16 * 4 * 2 + 8 * 14 * 14 * 6 * 2));
    expect(Math.max(...program.buffers.map(({ size }) => size))).toBe(
      dy.shape.reduce((a, b) => a * b) > x.shape.reduce((a, b) => a * b) ? 8 * 14 * 14 * 6 : 8 * 16 * 16 * 4,
    );
  });

  it("names what does not fit", () => {
    const kernel = (...shape: number[]) => placeholder("k", shape);
    expect(() => conv(image, kernel(6, 3, 4, 2))).toThrow(
      'conv: a window may not be larger than the padded input. Expected a window within [5, 5], received [6, 3] (input [5, 5], window [6, 3], padding "valid"). Use padding "same" or a smaller window.',
    );
    expect(conv(image, kernel(5, 5, 4, 2)).shape).toEqual([2, 1, 1, 2]);
    expect(() => conv(image, kernel(3, 3, 3, 2))).toThrow(
      "the kernel's last axis but one is the image's channels divided by groups. Expected 4, received 3",
    );
    expect(() => conv(image, kernel(3, 3, 4, 2), { strides: 0 })).toThrow(
      "conv: strides must be whole numbers. Expected an integer ≥ 1, or 2 of them, received 0.",
    );
    expect(() => conv(image, kernel(3, 3, 4, 2), { dilations: 0 })).toThrow("dilations");
    expect(() => conv(image, kernel(3, 3, 2, 3), { groups: 2 })).toThrow(
      "conv: groups must divide channels and filters. Expected a divisor of 4 and 3, received 2",
    );
    expect(() => conv(image, kernel(3, 3, 1, 6), { groups: 3 })).toThrow("groups must divide");
    expect(() => conv(image, kernel(3, 4, 2))).toThrow("received ranks 4 and 3");
    expect(() => conv(placeholder("x", [2, 3]), kernel(3, 3))).toThrow("1 to 3 axes of space");
    expect(() => convTranspose(placeholder("y", [2, 4, 4, 2]), kernel(3, 3, 4, 2), { outputSpace: [5, 5] })).toThrow(
      "convTranspose: the input must be what a convolution of the output gives. Expected [2, 3, 3, 2], received [2, 4, 4, 2] (output [2, 5, 5, 4], kernel [3, 3, 4, 2]).",
    );
  });
});

describe("convolution layers", () => {
  it("have Keras's variables", () => {
    const layer = conv2d(6, [2, 3], { groups: 2 });
    layer.ensureBuilt([null, 8, 8, 4]);
    expect(layer.variables.map((v) => v.shape)).toEqual([[2, 3, 2, 6], [6]]);
    const transposed = conv2dTranspose(6, 3, { useBias: false });
    transposed.ensureBuilt([null, 8, 8, 4]);
    expect(transposed.variables.map((v) => v.shape)).toEqual([[3, 3, 6, 4]]);
  });

  it("tell their output shapes, the batch open", () => {
    const x = input([9, 7, 3]);
    expect(conv2d(5, 3, { strides: 2 }).apply(x).shape).toEqual([null, 4, 3, 5]);
    expect(conv2d(5, 3, { strides: 2, padding: "same" }).apply(x).shape).toEqual([null, 5, 4, 5]);
    expect(conv2dTranspose(5, 3, { strides: 2, padding: "same" }).apply(x).shape).toEqual([null, 18, 14, 5]);
    expect(conv1d(2, 3, { padding: "causal" }).apply(input([9, 7])).shape).toEqual([null, 9, 2]);
    expect(conv3d(2, 2).apply(input([4, 5, 6, 1])).shape).toEqual([null, 3, 4, 5, 2]);
  });

  it("refuse options out of range when they are made", () => {
    expect(() => conv2d(0, 3)).toThrow('conv2d "conv2d');
    expect(() => conv2d(0, 3)).toThrow("filters must be a whole number. Expected an integer ≥ 1, received 0.");
    expect(() => conv2d(4, 0)).toThrow("kernelSize must be whole numbers");
    expect(() => conv2d(4, [3, 3, 3])).toThrow("kernelSize");
    expect(() => conv2d(4, 3, { strides: 1.5 })).toThrow("strides");
    expect(() => conv2d(4, 3, { groups: 3 })).toThrow(
      "groups must divide filters. Expected a divisor of 4, received 3.",
    );
    expect(() => conv2d(4, 3, { strides: 2, dilationRate: 2 })).toThrow(
      "strides and dilationRate may not both be above 1",
    );
    expect(() => conv2d(4, 3, { padding: "causal" })).toThrow(
      'unknown padding. Expected "valid" or "same", received causal',
    );
    expect(() => conv2d(4, 3, { groups: 2 }).ensureBuilt([null, 8, 8, 3])).toThrow(
      "groups must divide the input's channels. Expected a multiple of 2, received 3 (input [null, 8, 8, 3], kernel [3, 3, null, 4]).",
    );
    expect(() => conv2dTranspose(4, 3, { strides: 2, outputPadding: 2 })).toThrow(
      "outputPadding must be below the strides",
    );
    expect(() => conv2dTranspose(4, 3, { strides: 2, outputPadding: -1 })).toThrow("outputPadding");
    expect(() => conv2dTranspose(4, 3, { strides: 2, outputPadding: 1 })).not.toThrow();
  });

  it("refuse images of other rank or channels, and windows larger than the image", () => {
    expect(() => conv2d(4, 3, { name: "c" }).apply(input([28, 28]))).toThrow(
      'conv2d "c": the input must have the axes and channels',
    );
    expect(() => conv2d(4, 3, { name: "c" }).apply(input([28, 28]))).toThrow("reshape([…, 1])");
    expect(() => conv2d(4, 7, { name: "c" }).apply(input([6, 9, 1]))).toThrow(
      'conv2d "c": a window may not be larger than the padded input. Expected a window within [6, 9], received [7, 7]',
    );
    const built = conv2d(4, 3, { name: "c" });
    built.apply(input([6, 9, 1]));
    expect(() => built.apply(input([6, 9, 2]))).toThrow("Expected [batch, height, width, 1], received [");
  });

  it("are cloned with their options", () => {
    const model = sequential([
      conv2d(4, 3, { inputShape: [8, 8, 1], strides: 2, padding: "same", activation: "relu" }),
      conv2dTranspose(2, 2, { strides: 2 }),
      flatten(),
    ]);
    const copy = cloneModel(model);
    expect(copy.outputs.map(({ shape }) => shape)).toEqual(model.outputs.map(({ shape }) => shape));
    expect(copy.layers.map((layer) => layer.getConfig())).toEqual(model.layers.map((layer) => layer.getConfig()));
  });
});
