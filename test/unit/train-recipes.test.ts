import { describe, expect, it } from "vitest";
import { selfNormalizing, standard } from "../../src/train/recipes.ts";

/** Two rings around one point: no straight line tells them apart. */
function rings(count: number, center: number) {
  const x = Float32Array.from({ length: count * 2 }, (_, i) => {
    const sample = i >> 1;
    const radius = sample % 2 === 0 ? 1 : 2.5;
    const angle = sample * 2.399963;
    return center + radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  return {
    x: { data: x, shape: [count, 2] },
    y: { data: Int32Array.from({ length: count }, (_, sample) => sample % 2), shape: [count] },
  };
}

const { x, y } = rings(400, 0);
const offCenter = rings(400, 10).x;
const [epochs, batchSize] = [30, 20];
const shared = { inputShape: [2], hidden: [16, 16], classes: 2, steps: epochs * 20, seed: 5 };

async function accuracyOf({ model, callbacks }: ReturnType<typeof standard>, samples = x): Promise<number> {
  await model.fit(samples, y, { epochs, batchSize, validationSplit: 0.2, callbacks, verbose: 0 });
  return (await model.evaluate(samples, y)).accuracy as number;
}

describe("recipes", () => {
  it("standard: He, ELU, 1cycle, early stopping; normalized from four hidden layers on", async () => {
    const { model } = standard({ ...shared, hidden: [8, 8, 8, 8] });
    expect(model.layers.map(({ kind }) => kind).filter((kind) => kind === "batchNormalization")).toHaveLength(4);
    expect(standard(shared).model.layers.map(({ kind }) => kind)).toEqual(["flatten", "dense", "dense", "dense"]);
    expect(await accuracyOf(standard({ ...shared, normalize: true, l2: 1e-5 }))).toBeGreaterThan(0.95);
  });

  it("selfNormalizing: inputs standardized, LeCun, SELU, no normalization layers", async () => {
    const recipe = selfNormalizing({ ...shared, x: offCenter });
    expect(recipe.model.layers.map(({ kind }) => kind)).not.toContain("batchNormalization");
    expect(await accuracyOf(recipe, offCenter)).toBeGreaterThan(0.95);
  });

  it("refuse what cannot be", () => {
    expect(() => standard({ ...shared, classes: 1 })).toThrow(/recipes\.standard: classes must be/);
    expect(() => standard({ ...shared, steps: 0 })).toThrow(/recipes\.standard: steps must be/);
    expect(() => selfNormalizing({ ...shared, inputShape: [3], x })).toThrow(
      /recipes\.selfNormalizing: x holds samples of inputShape\. Expected \[samples, 3\], received \[400, 2\]/,
    );
  });
});
