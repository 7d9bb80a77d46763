// `diagnose` on WebGPU: what it finds, and that it changes nothing.
import { expect, it } from "vitest";
import { diagnose } from "../../../src/index.ts";
import { clusters } from "../../diagnosis/data.ts";
import { changedBy, sigmoidStack } from "../../diagnosis/restoring.ts";
import { backend, reference } from "./support.ts";

const { x, y } = clusters(1, { rows: 64 });

it("measures what wasm measures, and finds the same", async () => {
  const found = await Promise.all(
    [backend, reference].map((on) => diagnose(sigmoidStack(on), x, y, { batches: 2, steps: 0 })),
  );
  const [ours, theirs] = found as [(typeof found)[number], (typeof found)[number]];
  expect(ours.findings[0]?.kind).toBe("vanishingGradients");
  expect(ours.findings.map(({ kind, layer }) => [kind, layer])).toEqual(
    theirs.findings.map(({ kind, layer }) => [kind, layer]),
  );
  ours.layers.forEach(({ gradientNorm, activations }, index) => {
    const other = theirs.layers[index];
    expect(gradientNorm / (other?.gradientNorm ?? Number.NaN)).toBeCloseTo(1, 3);
    expect(activations.rms / (other?.activations.rms ?? Number.NaN)).toBeCloseTo(1, 3);
  });
});

it("changes neither weights nor the optimizer nor further training", async () => {
  expect(await changedBy(backend)).toEqual([]);
});
