import { describe, expect, it } from "vitest";
import { input } from "../../src/nn/input.ts";
import { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Network } from "../../src/nn/network.ts";
import { layerFactories, layerFromConfig, networkFromConfig } from "../../src/nn/registry.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { layerExamples } from "./layer-examples.ts";

describe("layers from saved options", () => {
  it("are made again, all kinds, by way of JSON", () => {
    for (const layer of layerExamples) {
      const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
      const copy = layerFromConfig(layer.kind, config);
      expect(copy.constructor).toBe(layer.constructor);
      expect(copy.getConfig()).toEqual(layer.getConfig());
      expect(layer.clone().getConfig()).toEqual(layer.getConfig());
    }
  });

  it("cover every factory of the family", () => {
    const kinds = Object.entries(layers).flatMap(([name, value]) =>
      typeof value === "function" && !(value.prototype instanceof Layer) ? [name] : [],
    );
    expect(Object.keys(layerFactories).sort()).toEqual([...kinds, "network"].sort());
    const tried = new Set(layerExamples.map(({ kind }) => kind));
    expect(kinds.filter((kind) => !tried.has(kind))).toEqual(["lambda"]);
  });

  it("make networks, nested and shared layers included", () => {
    const [a, b] = [input([4], { name: "a" }), input([4], { name: "b" })];
    const tower = new Network([a], [layers.dense(3, { name: "inner" }).apply(a)], { name: "tower" });
    const network = new Network([a, b], [layers.addLayer({ name: "sum" }).apply([tower.apply(a), tower.apply(b)])], {
      name: "twins",
    });
    const copy = networkFromConfig(JSON.parse(JSON.stringify(network.getConfig())));
    expect(copy.getConfig()).toEqual(network.getConfig());
    expect(copy.layers).toHaveLength(2);
    expect(copy.variables.map(({ name }) => name)).toEqual(["inner/kernel", "inner/bias"]);
  });

  it("take the user's own kinds, and say what is unknown", () => {
    class Twice extends Layer {
      constructor(options: { name?: string } = {}) {
        super("twice", options);
      }

      override call(x: Tensor): Tensor {
        return x;
      }
    }
    expect(layerFromConfig("twice", { name: "t" }, { twice: (options) => new Twice(options) }).name).toBe("t");
    expect(() => layerFromConfig("dens", {})).toThrow(
      /unknown layer\. Expected one of \d+ names, received "dens"\. Did you mean "dense"/,
    );
    expect(() => layerFromConfig("dense", { units: 2, kernelConstraint: { kind: "maxnorm" } })).toThrow(
      'Did you mean "maxNorm"',
    );
  });
});
