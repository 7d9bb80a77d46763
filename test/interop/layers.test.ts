// Each kind of layer in a model of its own, written here: real Keras opens the file, and computes the same, penalties
// on outputs included.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { saveModel } from "../../src/io/index.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { layerFromConfig } from "../../src/nn/registry.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { model } from "../../src/train/sequential.ts";
import { cases } from "../property/layer-cases.ts";
import { runPython } from "./python.ts";

/** Extents that the cases leave open. */
const extents: Readonly<Record<string, number>> = { t: 6, v: 5, u: 4, c: 4, h: 7, w: 8, d: 7 };

/**
 * What Keras does not have, what differs on purpose (docs/decisions/0031-keras-files.md), and what has a case that
 * Keras refuses: queries and values of different sizes.
 */
const left = ["lambda", "randomCrop", "spectralNormalization", "groupQueryAttention"];

/** Kinds that take no penalty on their output in Keras. */
const withoutPenalty = [
  "discretization",
  "gruCell",
  "lstmCell",
  "multiHeadAttention",
  "simpleRnn",
  "simpleRnnCell",
  "spatialDropout1d",
  "spatialDropout2d",
  "spatialDropout3d",
];

/** Saves a model of a layer, and gives data with what comes out, and the loss. */
async function save(layer: Layer, shapes: readonly (readonly number[])[], file: string) {
  const starts = shapes.map((shape) => input([...shape], { dtype: layer.inputDType }));
  const ends = layer.applyAll(starts.length === 1 ? (starts[0] as (typeof starts)[0]) : starts);
  const net = model({ inputs: starts, outputs: ends });
  const isWhole = layer.inputDType === "int32" || layer.kind === "categoryEncoding";
  const x = shapes.map((shape, at) => {
    const size = 2 * shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, (_, i) => (isWhole ? i % 4 : Math.sin(i * (at + 1)) + 0.5));
    const data = layer.inputDType === "int32" ? Int32Array.from(values) : values;
    return { data, shape: [2, ...shape] };
  });
  net.compile({ optimizer: "sgd", loss: ends.map(() => "mse" as const) });
  const outputs: readonly Tensor[] = await net.predictAll(x);
  const y = outputs.map(({ shape }) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape }));
  const { loss } = await net.evaluate(x, y);
  await saveModel(net, file);
  const plain = async (output: Tensor) => ({ data: [...(await output.data())], shape: output.shape });
  return {
    loss,
    x: x.map(({ data, shape }) => ({ data: [...data], shape, dtype: layer.inputDType })),
    y: await Promise.all(outputs.map(plain)),
  };
}

it("layers of all kinds are the same in Keras", { timeout: 1_800_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "aretejs-layers-"));
  try {
    const made: object[] = [];
    const refused = new Set<string>();
    for (const [kind, all] of Object.entries(cases)) {
      if (left.includes(kind)) continue;
      for (const [at, { make, inputs }] of all.entries()) {
        const shapes = inputs.map((shape) => shape.map((extent) => extents[extent] ?? Number(extent)));
        const config = make().getConfig();
        for (const [what, options] of Object.entries({ plain: {}, penalty: { activityRegularizer: "l2" } })) {
          const name = `${kind}-${at}-${what}`;
          const layer = layerFromConfig(kind, { ...config, ...options });
          try {
            made.push({ name, ...(await save(layer, shapes, join(folder, `${name}.keras`))) });
          } catch (error) {
            if (what === "plain" || !/no activityRegularizer/.test((error as Error).message)) throw error;
            refused.add(kind);
          }
        }
      }
    }
    expect([...refused].sort()).toEqual(withoutPenalty);
    writeFileSync(join(folder, "cases.json"), JSON.stringify(made));
    expect(runPython("keras/layers.py", folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
