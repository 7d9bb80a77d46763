import { describe, expect, it } from "vitest";
import { cutRows, type MixedBatch, mixRows, type Patch } from "../../src/data/mixing.ts";
import { augmentationFactories } from "../../src/io/keras/augmentation-layers.ts";
import { solarized } from "../../src/nn/layers/augmentation/color.ts";
import { patchOf } from "../../src/nn/layers/augmentation/random-erasing.ts";
import { Recording } from "../../src/nn/recording.ts";
import type { LayerFactory } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

/** As scripts/golden/augmentation.py writes it. */
interface Case {
  layer?: string;
  config?: Record<string, unknown>;
  call?: "solarized" | "patchOf";
  args?: GoldenTensor[];
  mix?: "mixRows" | "cutRows";
  partners?: number[];
  weights?: GoldenTensor;
  patches?: Patch[];
  x: GoldenTensor;
  y?: GoldenTensor;
  mixed?: { x: GoldenTensor; y: GoldenTensor };
  dy?: GoldenTensor;
  /** For each side that an image may be changed to. */
  outputs: GoldenTensor[];
  gradients?: GoldenTensor[];
}

function outputOf({ layer: name, config = {}, call, args = [] }: Case, x: Tensor): Tensor {
  const [a, b, c, d] = args.map((one) => load(one)) as [Tensor, Tensor, Tensor, Tensor];
  if (call) return call === "solarized" ? solarized(x, a, b, [0, 255]) : patchOf(x, [a, b, c, d]);
  const layer = (augmentationFactories[name as string] as LayerFactory)(config);
  return layer.apply(x, new Recording(layer, { training: true, key: tensor(randomKey(1)) }));
}

/** Where each of two images is one of the outputs that Keras gives, in values and gradients: which. */
function expectOneOf(found: readonly (readonly number[])[], wanted: readonly (readonly GoldenTensor[])[]): void {
  const images = wanted[0]?.[0]?.shape[0] ?? 1;
  const size = (found[0] as readonly number[]).length / images;
  for (let image = 0; image < images; image++) {
    const errors = wanted.map((side) =>
      Math.max(
        ...side.map(({ data }, what) => {
          const scale = Math.max(...data.map((value) => Math.abs(Number(value))), 1e-3);
          const difference = (at: number) =>
            Math.abs(Number(data[at]) - ((found[what] as readonly number[])[at] as number));
          return Math.max(...Array.from({ length: size }, (_, i) => difference(image * size + i))) / scale;
        }),
      ),
    );
    expect(Math.min(...errors), `image ${image}`).toBeLessThan(5e-6);
  }
}

const cases = golden<Case>("augmentation");

describe("augmentation agrees with Keras 3, forwards and backwards", () => {
  for (const one of cases.filter(({ mix }) => !mix)) {
    it(titleOf(one.layer ?? one.call ?? "", one.config ?? {}, `x [${one.x.shape}]`), async () => {
      const x = load(one.x);
      const output = outputOf(one, x);
      expect(output.shape).toEqual(one.outputs[0]?.shape);
      const dx = one.dy ? gradients(sum(mul(output, load(one.dy))), [x]) : [];
      const wanted = one.outputs.map((side, at) => [
        side,
        ...(one.gradients ? [one.gradients[at] as GoldenTensor] : []),
      ]);
      expectOneOf((await values(output, ...dx)) as number[][], wanted);
    });
  }

  for (const one of cases.filter(({ mix }) => mix)) {
    it(`${one.mix} mixes images and labels`, () => {
      const array = ({ data, shape }: GoldenTensor) => ({ data: Float32Array.from(data.map(Number)), shape });
      const batch: MixedBatch = { x: array(one.x), y: array(one.y as GoldenTensor) };
      const found =
        one.mix === "mixRows"
          ? mixRows(batch, one.partners as number[], (one.weights as GoldenTensor).data.map(Number))
          : cutRows(batch, one.partners as number[], one.patches as Patch[]);
      for (const part of ["x", "y"] as const) {
        const wanted = one.mixed?.[part] as GoldenTensor;
        expect(found[part].shape).toEqual(wanted.shape);
        wanted.data.forEach((value, at) => {
          expect(found[part].data[at]).toBeCloseTo(Number(value), 6);
        });
      }
    });
  }
});
