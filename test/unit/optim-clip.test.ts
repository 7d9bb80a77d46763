import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { type ClipOptions, clipping } from "../../src/optim/clip.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";

const backend = js({ precision: "float64" });

const clip = async (options: ClipOptions, ...gradients: number[][]): Promise<number[][]> =>
  (await evaluate(clipping("sgd", options)(gradients.map((g) => tensor(g))), backend)).map((data) => Array.from(data));

const length = (values: readonly number[]) => Math.hypot(...values);

describe("clipNorm", () => {
  it("keeps the direction: [0.9, 100] becomes [0.009, 0.99996]", async () => {
    const [clipped] = await clip({ clipNorm: 1 }, [0.9, 100]);
    expect(clipped?.[0]).toBeCloseTo(0.00899964, 8);
    expect(clipped?.[1]).toBeCloseTo(0.9999595, 7);
  });

  it("leaves short gradients as they are", async () => {
    expect(await clip({ clipNorm: 5 }, [3, 4], [0, 0])).toEqual([
      [3, 4],
      [0, 0],
    ]);
  });

  it("never turns a gradient and never makes it longer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        async (gradient, bound) => {
          const [clipped = []] = await clip({ clipNorm: bound }, gradient);
          expect(length(clipped)).toBeLessThanOrEqual(Math.min(length(gradient), bound) * (1 + 1e-12) + 1e-300);
          const scale = length(gradient) > bound ? bound / length(gradient) : 1;
          clipped.forEach((value, index) => {
            expect(value).toBeCloseTo((gradient[index] as number) * scale, 6);
          });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("clipValue", () => {
  it("keeps each element within bounds, which may turn the gradient", async () => {
    expect(await clip({ clipValue: 1 }, [0.9, 100, -3])).toEqual([[0.9, 1, -1]]);
  });
});

describe("globalClipNorm", () => {
  it("shortens all gradients as one vector", async () => {
    expect(await clip({ globalClipNorm: 5 }, [6], [8])).toEqual([[3], [4]]);
    expect(await clip({ globalClipNorm: 20 }, [6], [8])).toEqual([[6], [8]]);
    expect(await clip({ globalClipNorm: 1 }, [0], [0])).toEqual([[0], [0]]);
  });

  it("makes all NaN when one is not finite, rather than hide it", async () => {
    expect(await clip({ globalClipNorm: 1 }, [Number.POSITIVE_INFINITY], [1])).toEqual([[Number.NaN], [Number.NaN]]);
  });
});
