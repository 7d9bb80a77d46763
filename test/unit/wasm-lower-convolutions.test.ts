import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { lowerConvolutions } from "../../src/backends/wasm/lower-convolutions.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { relu } from "../../src/nn/activations.ts";
import { conv, convTranspose } from "../../src/tensor/ops/conv.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const numbers = (...shape: number[]) =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) - 5),
    shape,
  );
/** The gradient of an image of this space, before anything reads it; another for each number of filters. */
const gradient = (space: Shape, filters: number, channels = 5) =>
  convTranspose(numbers(2, ...space, filters), numbers(3, 3, channels, filters), {
    padding: "same",
    outputSpace: space,
  });

/** The kinds of instructions after lowering; what they compute is what the js backend computes, bit by bit. */
async function kindsOf(...results: Tensor[]): Promise<string[]> {
  const [expected, actual] = [await evaluate(results, js()), await evaluate(results, await wasm({ threads: 1 }))];
  actual.forEach((data, index) => {
    expect(Array.from(data)).toEqual(Array.from(expected[index] as Float32Array));
  });
  const { program } = compile({ outputs: Object.fromEntries(results.map((result, index) => [`y${index}`, result])) });
  return lowerConvolutions(program).instructions.map(({ kind }) => kind);
}

describe("lowering of convolutions", () => {
  it("puts a padded image into a larger buffer, and leaves one without padding where it is", async () => {
    const [x, kernel] = [numbers(2, 6, 7, 4), numbers(3, 3, 4, 5)];
    expect(await kindsOf(conv(x, kernel))).toEqual(["conv"]);
    expect(await kindsOf(conv(x, kernel, { padding: "same" }))).toEqual(["fill", "copy", "conv"]);
    // Windows do not reach the padding behind the image.
    const padding = [
      [0, 1],
      [0, 1],
    ] as const;
    expect(await kindsOf(conv(numbers(2, 6, 6, 4), numbers(2, 2, 4, 5), { strides: 2, padding }))).toEqual(["conv"]);
  });

  it("makes gradients of padded images in a larger buffer and copies them from there", async () => {
    expect(await kindsOf(relu(gradient([6, 7], 1)))).toEqual(["convInputGrad", "copy", "map"]);
    expect(await kindsOf(relu(gradient([6, 1], 1, 1)))).toEqual(["convInputGrad", "copy", "map"]);
    expect(await kindsOf(mul(gradient([6, 7], 1), gradient([6, 7], 2)))).toEqual([
      "convInputGrad",
      "copy",
      "convInputGrad",
      "copy",
      "map",
    ]);
  });

  it("leaves those alone that are computed by Winograd's algorithm", async () => {
    const [x, kernel] = [numbers(2, 9, 8, 16), numbers(3, 3, 16, 16)];
    expect(await kindsOf(conv(x, kernel, { padding: "same" }))).toEqual(["conv"]);
  });
});
