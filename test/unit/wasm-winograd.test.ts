import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { isWinograd } from "../../src/backends/wasm/winograd-record.ts";
import { compile } from "../../src/compiler/compile.ts";
import { HostRandom } from "../../src/data/rng.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { type ConvOptions, conv } from "../../src/tensor/ops/conv.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { divided } from "./threads-support.ts";

interface Image {
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  readonly options?: ConvOptions;
  /** Whether the image is a volume of one plane, with windows of one plane. */
  readonly volume?: boolean;
}

/** A convolution of 3×3 windows, and its gradients in the image and in the kernel; `make` makes what goes in. */
function convolution(
  { batch, size, channels, filters, options = { padding: "same" }, volume = false }: Image,
  make: (name: string, shape: Shape) => Tensor,
): Record<"y" | "dx" | "dkernel", Tensor> {
  const planes = volume ? [1] : [];
  const x = make("x", [batch, ...planes, size, size, channels]);
  const kernel = make("kernel", [...planes, 3, 3, channels, filters]);
  const y = conv(x, kernel, options);
  const [dx, dkernel] = gradients(sum(mul(y, make("dy", y.shape))), [x, kernel]) as [Tensor, Tensor];
  return { y, dx, dkernel };
}

/** On random numbers between −1 and 1. */
const results = (image: Image): Tensor[] =>
  Object.values(
    convolution(image, (name, shape) => {
      const random = new HostRandom(1, name.length, 0);
      return tensor(
        Float32Array.from({ length: sizeOf(shape) }, () => random.below(2 ** 20) / 2 ** 19 - 1),
        shape,
      );
    }),
  );

/** Which of the three are computed by Winograd's algorithm. */
function chosen(image: Image): boolean[] {
  const { instructions } = compile({ outputs: convolution(image, placeholder) }).program;
  return ["conv", "convInputGrad", "convFilterGrad"].map((kind) =>
    instructions.some((instruction) => instruction.kind === kind && isWinograd(instruction)),
  );
}

/** The norm of the difference over that of the second, and the largest difference over its root mean square. */
function errorsOf(actual: ArrayLike<number>, expected: ArrayLike<number>): [norm: number, most: number] {
  let [apart, size, most] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = (actual[i] as number) - (expected[i] as number);
    apart += difference ** 2;
    size += (expected[i] as number) ** 2;
    most = Math.max(most, Math.abs(difference));
  }
  return [Math.sqrt(apart / size), most / Math.sqrt(size / expected.length)];
}

const usual: Image = { batch: 3, size: 12, channels: 24, filters: 32 };

/** One element before and one behind, on each of three axes. */
const allAround: ConvOptions["padding"] = [
  [1, 1],
  [1, 1],
  [1, 1],
];

describe("Winograd's algorithm", () => {
  it("is used for 3×3 windows one element apart with enough channels, filters and outputs", () => {
    expect(chosen(usual)).toEqual([true, true, true]);
    expect(chosen({ ...usual, options: { padding: "valid" } })).toEqual([true, true, true]);
    const refused: Partial<Image>[] = [
      { channels: 3 },
      { filters: 12 },
      { channels: 384, filters: 384, size: 4, batch: 8 },
      { batch: 1, size: 11 },
      { options: { padding: "same", strides: 2 } },
      { options: { padding: "same", dilations: 2 } },
      // One plane that is padded to three.
      { volume: true, options: { padding: allAround } },
      // One output of each image: no whole tile.
      { batch: 200, size: 3, options: { padding: "valid" } },
    ];
    for (const other of refused) expect(chosen({ ...usual, ...other })).toEqual([false, false, false]);
  });

  it.each([
    ["whole tiles", usual],
    ["half tiles at the edges", { ...usual, size: 11 }],
    ["a volume of one plane", { ...usual, volume: true }],
    ["a plane with padding before and behind it", { ...usual, volume: true, options: { padding: allAround } }],
    ["several blocks", { ...usual, batch: 9, size: 13, channels: 16, filters: 16 }],
  ])("is as precise as float32 sums: %s", async (_, image) => {
    const all = results(image);
    const [expected, actual] = [await evaluate(all, js()), await evaluate(all, await wasm({ threads: 1 }))];
    for (const [index, values] of expected.entries()) {
      const [norm, most] = errorsOf(actual[index] as Float32Array, values as Float32Array);
      expect(norm).toBeLessThan(1e-6);
      expect(most).toBeLessThan(1e-5);
    }
  });

  it("gives the same bits whatever the number of threads", async () => {
    const all = results({ ...usual, size: 11 });
    expect(await evaluate(all, await divided(3))).toEqual(await evaluate(all, await wasm({ threads: 1 })));
  });
});
