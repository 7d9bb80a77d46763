import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { conv2d } from "../../src/nn/layers/conv.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { flatten } from "../../src/nn/layers/shape.ts";
import type { Model } from "../../src/train/model.ts";
import { profile } from "../../src/train/profile.ts";
import { sequential } from "../../src/train/sequential.ts";
import { weightsOf } from "./train-support.ts";

function network(): Model {
  return sequential(
    [
      conv2d(4, 3, { activation: "relu", inputShape: [6, 6, 1] }),
      flatten(),
      dense(3, { activation: "softmax", name: "head" }),
    ],
    { seed: 1 },
  );
}

const x = { data: Float32Array.from({ length: 8 * 36 }, (_, i) => Math.sin(i)), shape: [8, 6, 6, 1] };
const y = Int32Array.from({ length: 8 }, (_, i) => i % 3);
const quiet = { repeats: 2, print: false } as const;

describe("profile", () => {
  it.each(["wasm", "js"])(
    "times a train step on %s, instruction by instruction, and leaves no trace in the model",
    async (name) => {
      const backend = name === "js" ? js() : await wasm();
      const [profiled, plain] = [network(), network()];
      for (const model of [profiled, plain]) {
        model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
        await model.trainOnBatch(x, y);
      }
      const { instructions, groups, milliseconds, program } = await profile(profiled, x, { y, ...quiet });
      const countOf = (kind: string) => groups.find((group) => group.kind === kind)?.count;
      // Forward and filter gradient; the head's product, its weights' and its input's gradient; the gradient of the
      // loss.
      const kinds = ["conv", "convFilterGrad", "matmul", "softmaxGrad"];
      expect(kinds.map(countOf)).toEqual([1, 1, 3, 1]);
      expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(instructions.length);
      expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(instructions.filter(({ text }) => text.includes("head/kernel")).length).toBeGreaterThanOrEqual(3);
      expect(milliseconds).toBeGreaterThanOrEqual(0);
      expect(program).toContain(`${instructions.length} instructions, arena `);

      // The same losses, metrics and weights as without, to the bit: state of the optimizer and of the metrics
      // included.
      expect(await profiled.trainOnBatch(x, y)).toEqual(await plain.trainOnBatch(x, y));
      expect(await profiled.getWeights()).toEqual(await plain.getWeights());
      expect(profiled.optimizer.iterations).toBe(plain.optimizer.iterations);
    },
  );

  it("times prediction of a model that was not compiled, and prints a table", async () => {
    const printed: string[] = [];
    const model = network();
    const { groups } = await profile(model, x, { repeats: 1, print: (text) => printed.push(text) });
    expect(groups.map(({ kind }) => kind).sort()).toEqual(["conv", "matmul", "softmax"]);
    expect(printed).toHaveLength(1);
    const lines = (printed[0] as string).split("\n");
    expect(lines[0]).toMatch(
      /^prediction of sequential "sequential": [\d.]+ ms in one go; 3 instructions, arena \d+ B, variables \d+ B, constants 0 B$/,
    );
    expect(lines).toHaveLength(1 + 3 + 1 + 3);
    expect(lines.slice(1, 4).every((line) => /^ {2}(conv|matmul|softmax) +1 +[\d.]+ ms +[\d.]+ %$/.test(line))).toBe(
      true,
    );
    expect(lines.slice(5).some((line) => /^ +[\d.]+ ms +[\d.]+ % {2}matmul .*head\/kernel/.test(line))).toBe(true);
  });

  it("says what it needs", async () => {
    const model = network();
    await expect(profile(model, x, { y, ...quiet })).rejects.toThrow("profile needs a compiled model");
    await expect(profile(model, x, { repeats: 0 })).rejects.toThrow(
      "profile: repeats must be an integer ≥ 1. Expected an integer ≥ 1, received 0.",
    );
  });

  it("takes the times of a backend that has a clock of its own", async () => {
    const backend = js();
    const load = backend.load.bind(backend);
    backend.load = (program, storages) =>
      Object.assign(load(program, storages), { timings: async () => program.instructions.map((_, index) => index) });
    const model = network();
    model.compile({ loss: "sparseCategoricalCrossentropy", backend });
    const { instructions } = await profile(model, x, { y, ...quiet });
    expect(instructions.map(({ milliseconds }) => milliseconds)).toEqual([...instructions.keys()]);
  });

  it("waits for training to end, and leaves it as it would be without", async () => {
    const [alone, profiled] = [network(), network()];
    for (const model of [alone, profiled]) model.compile({ loss: "sparseCategoricalCrossentropy", backend: js() });
    await alone.fit(x, y, { verbose: 0 });
    await Promise.all([profiled.fit(x, y, { verbose: 0 }), profile(profiled, x, { y, ...quiet })]);
    expect(await weightsOf(profiled)).toEqual(await weightsOf(alone));
  });
});
