import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { activations as activationsByName } from "../../src/nn/activation-names.ts";
import * as activations from "../../src/nn/activations.ts";
import { initializers as initializersByName } from "../../src/nn/initializer-names.ts";
import * as initializers from "../../src/nn/initializers.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { lossNames } from "../../src/nn/losses/names.ts";
import * as losses from "../../src/nn/losses.ts";
import { metricNames, metricOf } from "../../src/nn/metrics/names.ts";
import * as metrics from "../../src/nn/metrics.ts";
import { layerFactories } from "../../src/nn/registry.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";
import * as constraints from "../../src/regularize/constraints.ts";
import * as penalties from "../../src/regularize/penalties.ts";

/** The short names of Keras, and names that stand for several things. */
const aliases = /^(acc|accuracy|swish|hardSwish|[a-z]{3,4}|[A-Z]{3,4})$/;
const exported = (name: string, namespace: object) => name in namespace || aliases.test(name);

describe("one spelling: a factory, its name in strings and its kind in configurations", () => {
  it.each(Object.keys(optimizerNames.known))("optimizer %s", async (name) => {
    const optimizer = (await optimizerNames.find(name))();
    expect([optimizer.kind, optimizer.name, optimizer.getConfig().kind]).toEqual([name, name, name]);
  });

  it("initializers, penalties and constraints", () => {
    for (const [name, make] of Object.entries(initializersByName)) {
      expect(make(), name).toHaveProperty("kind", name);
      expect(initializers).toHaveProperty(name);
    }
    const { l1, l2, l1l2, orthogonalPenalty } = penalties;
    const { maxNorm, minMaxNorm, nonNeg, unitNorm } = constraints;
    for (const [name, make] of Object.entries({
      l1,
      l2,
      l1l2,
      orthogonalPenalty,
      maxNorm,
      minMaxNorm,
      nonNeg,
      unitNorm,
    }))
      expect((make as () => object)(), name).toHaveProperty("kind", name);
  });

  it("losses, metrics, activations and layers that have a name are exported under it", () => {
    const missing = [
      ...Object.keys(lossNames.known).filter((name) => !exported(name, losses)),
      ...Object.keys(metricNames.known).filter((name) => !exported(name, metrics)),
      ...Object.keys(activationsByName).filter((name) => !exported(name, activations)),
      ...Object.keys(layerFactories).filter((name) => name !== "network" && !exported(name, layers)),
    ];
    expect(missing).toEqual([]);
  });

  it("metrics report under their factory's name", async () => {
    for (const name of Object.keys(metricNames.known)) {
      const metric = (await metricOf(name as "recall"))({ yTrue: [2, 1], yPred: [2, 1] });
      const made = (metrics as unknown as Record<string, (options: object) => { name: string }>)[name]?.({});
      expect([metric.name, made?.name]).toEqual([name, name]);
    }
  });

  it("options that one factory takes are called after it", () => {
    const shared = [
      "LayerOptions",
      "LossOptions",
      "MetricOptions",
      "OptimizerOptions",
      "ClipOptions",
      "MetricFunctionOptions",
    ];
    const root = new URL("../../src/", import.meta.url).pathname;
    const files = ["optim", "regularize", "nn/losses", "nn/metrics", "tensor/ops"].flatMap((folder) =>
      readdirSync(join(root, folder)).map((file) => join(folder, file)),
    );
    const takenBy = new Map<string, string[]>();
    for (const file of [...files, "nn/initializers.ts", "nn/activations.ts"]) {
      const text = readFileSync(join(root, file), "utf8");
      // Factories give their options a default, or take a number in their place.
      for (const [, factory, options] of text.matchAll(
        /export function (\w+)\((?:[^()]*, )?\w+: (\w+Options)\b[^()]*\)/g,
      ))
        takenBy.set(options as string, [...(takenBy.get(options as string) ?? []), factory as string]);
    }
    const misnamed = [...takenBy].flatMap(([options, [factory = "", ...others]]) =>
      others.length > 0 || shared.includes(options) || options.toLowerCase() === `${factory}options`.toLowerCase()
        ? []
        : [`${factory} takes ${options}`],
    );
    expect(takenBy.size).toBeGreaterThan(30);
    expect(misnamed).toEqual([]);
  });
});

describe("further positional arguments", () => {
  it.each(Object.keys(optimizerNames.known))("are refused by %s", async (name) => {
    const make = (await optimizerNames.find(name)) as (...args: unknown[]) => unknown;
    expect(() => make(0.1, 0.9)).toThrow(
      `${name}: there is one argument. Expected ${name}(learningRate) or ${name}({ learningRate, … }), received 2 arguments. Name the others in an options object.`,
    );
  });

  it.each(["l1", "l2"] as const)("are refused by %s", (name) => {
    const make = penalties[name] as (...args: unknown[]) => unknown;
    expect(() => make(0.1, 0.9)).toThrow(`${name}: there is one argument. Expected ${name}(factor)`);
  });
});
