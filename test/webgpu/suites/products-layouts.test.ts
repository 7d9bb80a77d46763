import { describe, expect, it } from "vitest";
import { js } from "../../../src/backends/js/index.ts";
import { runInstructions } from "../../../src/testing/programs.ts";
import { backend } from "./support.ts";

const reference = js({ precision: "float64" });
const extents = [1, 3, 4, 6, 12];

/** All layouts of small products: where vectors of four begin and end differs with each. */
describe("products of small extents, in all layouts", () => {
  for (const transposed of ["neither", "a", "b", "both"]) {
    for (const depth of extents) {
      it(`transposed: ${transposed}, depth ${depth}`, async () => {
        for (const rows of extents) {
          for (const columns of extents) {
            const matrix = (count: number, seed: number) =>
              Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 12.9898 * i));
            const arrays = [matrix(rows * depth, 1), matrix(depth * columns, 2), new Float32Array(rows * columns)];
            const view = (buffer: number, height: number, width: number, isTransposed: boolean) => ({
              buffer,
              dtype: "float32" as const,
              offset: 0,
              shape: [height, width],
              strides: isTransposed ? [1, height] : [width, 1],
            });
            const product = {
              kind: "matmul" as const,
              a: view(0, rows, depth, ["a", "both"].includes(transposed)),
              b: view(1, depth, columns, ["b", "both"].includes(transposed)),
              output: view(2, rows, columns, false),
            };
            const [actual, expected] = await Promise.all([
              runInstructions(backend, arrays, [product]),
              runInstructions(reference, arrays, [product]),
            ]);
            const apart = actual[2]?.map((value, i) => Math.abs(value - (expected[2]?.[i] as number)));
            expect(Math.max(...(apart as Float32Array)), `${rows}×${depth}×${columns}`).toBeLessThan(1e-5);
          }
        }
      });
    }
  }
});
