import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { print } from "../../src/ir/print.ts";
import { input } from "../../src/nn/input.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { globalAveragePooling1d } from "../../src/nn/layers/pooling.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Model } from "../../src/train/model.ts";
import { program } from "../../src/train/program.ts";
import { model as functional } from "../../src/train/sequential.ts";
import { classifier, countingBackend, points, weightsOf } from "./train-support.ts";

/** A model that records which programs it loads. */
function recording(model: Model, options: Parameters<Model["compile"]>[0] = {}) {
  const backend = js();
  const load = backend.load.bind(backend);
  const loaded: string[] = [];
  backend.load = (loading, storages) => {
    loaded.push(print(loading));
    return load(loading, storages);
  };
  model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], ...options, backend });
  return loaded;
}

/** The text with buffers numbered as they come: their numbers say in which order a graph was recorded. */
function renumbered(text: string): string {
  const names = new Map<string, string>();
  return text.replaceAll(/\bt\d+\b/g, (name) => {
    if (!names.has(name)) names.set(name, `t${names.size}`);
    return names.get(name) as string;
  });
}

describe("program", () => {
  it.each(["train", "test", "predict", "accumulate"] as const)(
    "is what a %s step runs, to the letter, before and after the step",
    async (mode) => {
      const model = classifier();
      const optimizer = adam({ ...(mode === "accumulate" && { gradientAccumulationSteps: 2 }) });
      const loaded = recording(model, { optimizer });
      const before = String(await program(model, mode, { batchSize: 8 }));
      const { x, y } = points(8);
      const labels = Int32Array.from(y);
      if (mode === "predict") await model.predictOnBatch(x);
      else if (mode === "test") await model.testOnBatch(x, labels);
      else await model.trainOnBatch(x, labels);
      expect(loaded.map(renumbered)).toContain(renumbered(before));
      expect(renumbered(String(await program(model, mode, { batchSize: 8 })))).toBe(renumbered(before));
    },
  );

  it("leaves the model as it was: weights, optimizer, metrics, and what training does next", async () => {
    const [asked, plain] = [classifier(), classifier()];
    const { x, y } = points(40);
    for (const model of [asked, plain])
      model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend: js() });
    // Labels as one column fit another accuracy: the metric must not keep to them.
    await program(asked, "train", { y: [32, 1] });
    await program(asked, "sample");
    expect(Object.keys(asked.reported)).toEqual(["loss"]);
    expect(await asked.fit(x, y, { verbose: 0 })).toEqual(await plain.fit(x, y, { verbose: 0 }));
    expect(await weightsOf(asked)).toEqual(await weightsOf(plain));
  });

  it("loads nothing to a backend", async () => {
    const { backend, counts } = countingBackend();
    const model = classifier();
    model.compile({ loss: "sparseCategoricalCrossentropy", backend });
    await program(model, "train");
    expect(counts).toEqual({ loads: 0, runs: 0 });
  });

  it("has 32 samples unless told, and shapes as they are given", async () => {
    const model = classifier();
    expect((await program(model, "predict")).outputs.output0?.shape).toEqual([32, 2]);
    expect((await program(model, "predict", { batchSize: 5 })).outputs.output0?.shape).toEqual([5, 2]);
    expect((await program(model, "predict", { x: [7, 4] })).outputs.output0?.shape).toEqual([7, 2]);
    expect((await program(model, "predict", { x: tensor([[1, 2, 3, 4]]) })).outputs.output0?.shape).toEqual([1, 2]);
  });

  it("takes labels as the losses do, for several outputs, and sample weights where they are given", async () => {
    const x = input([null, 3], { name: "x" });
    const pooled = globalAveragePooling1d().apply(x);
    const heads = [dense(4, { name: "class" }), dense(2, { name: "value" }), dense(1, { name: "free" })];
    const model = functional({ inputs: x, outputs: heads.map((head) => head.apply(pooled)) });
    model.compile({ optimizer: sgd(), loss: ["sparseCategoricalCrossentropy", "mse", null], backend: js() });
    const step = await program(model, "train", { x: [6, 5, 3], sampleWeight: [[6], null, null] });
    const inputs = Object.fromEntries(
      Object.entries(step.inputs).map(([name, { shape, dtype }]) => [name, `${dtype} ${shape}`]),
    );
    expect(inputs).toMatchObject({ x0: "float32 6,5,3", y0: "int32 6", y1: "float32 6,2", sampleWeight0: "float32 6" });
    expect(inputs).not.toHaveProperty("y2");
    expect(inputs).not.toHaveProperty("sampleWeight1");
    const given = await program(model, "test", {
      x: [6, 5, 3],
      y: [{ shape: [6, 1], dtype: "float32" }, [6, 2], null],
    });
    expect(given.inputs.y0).toMatchObject({ shape: [6, 1], dtype: "float32" });
    await expect(program(model, "predict")).rejects.toThrow(
      /program of model "model": the model leaves extents of "x" open\. Expected their extents in x, received \[null, null, 3\]\. For example \{ x: \[32, 10, 3\] \}\./,
    );
  });

  it("says what is wrong", async () => {
    const model = classifier();
    await expect(program(model, "train")).rejects.toThrow("program needs a compiled model");
    await expect(program(model, "predict", { y: [32] })).rejects.toThrow('"predict" takes no labels');
    await expect(program(model, "predict", { batchSize: 0 })).rejects.toThrow(/batchSize must be an integer ≥ 1/);
    await expect(program(model, "predict", { x: [32, 5] })).rejects.toThrow(/Expected \[null, 4\], received \[32, 5\]/);
    await expect(
      program(model, "predict", {
        x: [
          [32, 4],
          [32, 4],
        ],
      }),
    ).rejects.toThrow("x needs a shape for each of");
    await expect(program(model, "trian" as never)).rejects.toThrow('Did you mean "train"?');
    await expect(program({} as never, "train")).rejects.toThrow("program: the first argument is a model");
  });

  it("draws nothing anew where dropout is off", async () => {
    const x = input([3]);
    const model = functional({ inputs: x, outputs: dropout(0.5).apply(x) });
    const kinds = async (mode: "predict" | "sample") =>
      (await program(model, mode)).instructions.map(({ kind }) => kind);
    expect(await kinds("predict")).not.toContain("random");
    expect(await kinds("sample")).toContain("random");
  });
});
