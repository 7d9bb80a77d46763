import { describe, expect, it } from "vitest";
import { withUnknownExtents } from "../../src/ir/shape.ts";
import { input } from "../../src/nn/input.ts";
import { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { add, concat, matmul, mul, reshape, slice, tensor, zeros } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { model, sequential } from "../../src/train/sequential.ts";

const { conv2d, dense, flatten, lambda, lstm } = layers;
const unknown = Number.NaN;
/** The shape of what is recorded with unknown extents. */
const shapeOf = (record: () => Tensor) => withUnknownExtents(() => record().shape);

describe("unknown extents", () => {
  it("no number of units or filters is taken for one", () => {
    expect(dense(7919).apply(input([3])).shape).toEqual([null, 7919]);
    expect(conv2d(4, 3).apply(input([null, null, 3])).shape).toEqual([null, null, null, 4]);
  });

  it("a layer that has to know one says so, without a number of the library's own", () => {
    const features = flatten().apply(conv2d(4, 3).apply(input([null, null, 3])));
    expect(features.shape).toEqual([null, null]);
    expect(() => dense(3, { name: "d" }).apply(features)).toThrow(
      'dense "d": the input\'s last axis must be known. Expected [batch, …, features], received [null, null]. Give inputShape.',
    );
    expect(() => lstm(3, { name: "l" }).apply(input([5, null]))).toThrow('"l": the input\'s last axis must be known');
  });

  it("run with the extents of each batch", async () => {
    const any = sequential([
      conv2d(2, 3, { inputShape: [null, null, 1], kernelInitializer: "ones" }),
      layers.globalMaxPooling2d(),
      dense(1),
    ]);
    const image = (height: number, width: number) => ({
      data: new Float32Array(height * width).fill(1),
      shape: [1, height, width, 1],
    });
    expect((await any.predict(image(4, 5))).shape).toEqual([1, 1]);
    expect((await any.predict(image(9, 3))).shape).toEqual([1, 1]);
    const steps = sequential([lstm(2, { inputShape: [null, 3], returnSequences: true })]);
    expect(steps.outputs[0]?.shape).toEqual([null, null, 2]);
    expect((await steps.predict({ data: new Float32Array(12), shape: [2, 2, 3] })).shape).toEqual([2, 2, 2]);
  });

  it("a custom layer may calculate with them", () => {
    class Halves extends Layer {
      constructor() {
        super("halves");
      }
      override call(x: Tensor): Tensor {
        const [batch, steps, features] = x.shape as [number, number, number];
        const half = Math.floor(steps / 2);
        const first = slice(x, [0, 0, 0], [batch, half, features]);
        return mul(add(first, slice(x, [0, steps - half, 0], [batch, half, features])), 1 / batch);
      }
    }
    expect(new Halves().apply(input([null, 3])).shape).toEqual([null, null, 3]);
    expect(new Halves().apply(input([7, 3])).shape).toEqual([null, 3, 3]);
    const flat = lambda((x) => reshape(x, [x.shape[0] as number, -1])).apply(input([3, 4]));
    expect(dense(2).apply(flat).shape).toEqual([null, 2]);
  });

  it("pass checks as far as they may hold, and fail where they cannot", () => {
    const x = () => zeros([unknown, 3]);
    expect(shapeOf(() => add(x(), zeros([5, 1])))).toEqual([5, 3]);
    expect(shapeOf(() => add(x(), zeros([1, 3])))).toEqual([unknown, 3]);
    expect(shapeOf(() => concat([x(), zeros([4, 3])], 0))).toEqual([unknown, 3]);
    expect(shapeOf(() => concat([x(), zeros([4, 2])], 1))).toEqual([4, 5]);
    expect(shapeOf(() => matmul(zeros([2, unknown]), zeros([7, 3])))).toEqual([2, 3]);
    expect(shapeOf(() => reshape(zeros([unknown, 6]), [unknown, 2, -1]))).toEqual([unknown, 2, 3]);
    expect(shapeOf(() => reshape(zeros([unknown, unknown, 6]), [unknown, -1]))).toEqual([unknown, unknown]);
    expect(() => shapeOf(() => add(x(), zeros([5, 4])))).toThrow(
      "Expected 3 or 1 at axis 1, received 4 ([null, 3] with [5, 4])",
    );
    expect(() => shapeOf(() => matmul(x(), zeros([4, 3])))).toThrow("b [..., 3, n], received [4, 3] (a [null, 3]");
  });

  it("are refused everywhere else", () => {
    expect(() => zeros([unknown])).toThrow("a shape is an array of integers ≥ 0");
    expect(() => reshape(tensor([1, 2]), [unknown])).toThrow("reshape: the number of elements must stay");
  });
});

describe("inputShape", () => {
  it("takes null where an extent varies", () => {
    expect(sequential([dense(2, { inputShape: [null, 3] })]).outputs[0]?.shape).toEqual([null, null, 2]);
  });

  it.each([3, "3", [0], [2.5], {}])("refuses %j", (inputShape) => {
    expect(() => dense(2, { name: "d", inputShape: inputShape as never })).toThrow(
      /^dense.*: inputShape is (the shape of one sample|of the wrong kind)/,
    );
    expect(() => input(inputShape as never)).toThrow("input: shape is the shape of one sample");
  });

  it("of a later layer may repeat what comes in, but not contradict it", () => {
    const stack = (inputShape: readonly (number | null)[]) =>
      sequential([dense(3, { inputShape: [2] }), dense(1, { name: "d", inputShape })]);
    expect(stack([3]).outputs[0]?.shape).toEqual([null, 1]);
    expect(stack([null]).outputs[0]?.shape).toEqual([null, 1]);
    const message =
      'dense "d": inputShape contradicts what comes in. Expected [3], received [7]. Leave it out: only a first layer needs it.';
    expect(() => stack([7])).toThrow(message);
    expect(() => stack([1, 3])).toThrow("inputShape contradicts");
  });

  it("of a layer that was built before does not bind it", () => {
    const base = conv2d(2, 3, { inputShape: [8, 8, 1] });
    sequential([base]);
    const larger = sequential([layers.zeroPadding2d(4, { inputShape: [8, 8, 1] }), base]);
    expect(larger.outputs[0]?.shape).toEqual([null, 14, 14, 2]);
    expect(larger.clone().name).toBe(larger.name);
  });
});

describe("applying", () => {
  const net = sequential([dense(1, { inputShape: [2] })], { name: "net" });

  it.each([
    ["a tensor", tensor([[1, 2]])],
    ["numbers", [[1, 2]]],
    ["nothing", undefined],
    ["null", null],
    ["a list with a hole", [undefined]],
  ])("a layer or model to %s says what to write", (_, x) => {
    for (const layer of [net, dense(2)]) {
      expect(() => layer.apply(x as never)).toThrow(
        "a layer is applied to what input(…) or another layer gave. Expected a symbolic tensor, received",
      );
      expect(() => layer.applyAll(x as never)).toThrow("use model.predict(x)");
    }
  });

  it("keeps no list of the caller's", async () => {
    const x = input([2]);
    const parts = [x, dense(1, { kernelInitializer: "zeros" }).apply(x)];
    const outputs = [layers.concatenate().apply(parts)];
    const joined = model({ inputs: x, outputs });
    parts.length = 0;
    outputs.length = 0;
    expect(await (await joined.predict([[1, 2]])).array()).toEqual([[1, 2, 0]]);
  });

  it("model(inputs, outputs) says what to write", () => {
    const x = input([2]);
    const make = model as (...args: unknown[]) => unknown;
    expect(() => make(x, dense(1).apply(x))).toThrow(
      "model: takes one object with inputs and outputs. Expected model({ inputs: x, outputs: y })",
    );
    expect(() => make()).toThrow("model: takes one object");
    expect(() => make({ inputs: x })).toThrow("received no outputs");
  });
});
