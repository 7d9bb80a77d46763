import { describe, expect, it } from "vitest";
import { input, ops } from "../../src/index.ts";
import { softmaxLayer } from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { values } from "../golden/nn-support.ts";

describe("the softmax layer with a mask", () => {
  const scores = ops.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const run = async (mask: ops.Operand) => {
    const layer = softmaxLayer();
    layer.ensureBuilt([null, 3]);
    const ctx = new Recording(layer, { training: false, key: ops.tensor(randomKey(1)) });
    const [y] = await values(layer.apply([scores, mask as typeof scores], ctx));
    return (y as number[]).map((p) => Math.round(p * 1e4) / 1e4);
  };

  it("leaves out scores whose mask is 0, with a mask that broadcasts", async () => {
    expect(await run(ops.tensor([1, 1, 0], [1, 3]))).toEqual([0.2689, 0.7311, 0, 0.2689, 0.7311, 0]);
    expect(await run(ops.tensor([1, 0, 0, 0, 1, 1], [2, 3]))).toEqual([1, 0, 0, 0, 0.2689, 0.7311]);
  });

  it("refuses a mask that does not broadcast to the scores", async () => {
    await expect(run(ops.tensor([1, 1, 1, 1], [4, 1, 1]))).rejects.toThrow("a mask must broadcast to the scores");
  });

  it("takes scores and mask of a model", () => {
    expect(softmaxLayer().apply([input([3]), input([3])]).shape).toEqual([null, 3]);
  });
});

describe("pad with mirrors", () => {
  it("refuses an unknown fill and an empty axis", () => {
    expect(() => ops.pad(ops.tensor([1, 2]), [[1, 1]], "wrap" as "reflect")).toThrow(
      'pad: unknown fill. Expected a number, "reflect"',
    );
    expect(() => ops.pad(ops.tensor([], [0]), [[1, 0]], "symmetric")).toThrow("an empty axis has no mirror");
  });
});
