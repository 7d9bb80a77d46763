import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluate } from "../../../src/backends/evaluate.ts";
import { js } from "../../../src/backends/js/index.ts";
import { wasm } from "../../../src/backends/wasm/index.ts";
import * as layers from "../../../src/nn/layers/index.ts";
import { Recording } from "../../../src/nn/recording.ts";
import { gradients } from "../../../src/tensor/autodiff.ts";
import { add, mul, sin } from "../../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../../src/tensor/ops/leaf.ts";
import { randomKey, randomUniform } from "../../../src/tensor/ops/random.ts";
import { sum } from "../../../src/tensor/ops/reduction.ts";

const kinds = {
  simpleRnn: (o: layers.SequenceOptions) => layers.simpleRnn(3, { recurrentDropout: 0.3, ...o }),
  "gru after": (o: layers.SequenceOptions) => layers.gru(3, { dropout: 0.3, recurrentDropout: 0.2, ...o }),
  "gru plain": (o: layers.SequenceOptions) => layers.gru(3, { ...o }),
  "gru before": (o: layers.SequenceOptions) => layers.gru(3, { resetAfter: false, recurrentDropout: 0.3, ...o }),
  lstm: (o: layers.SequenceOptions) => layers.lstm(3, { dropout: 0.3, ...o }),
  "lstm plain": (o: layers.SequenceOptions) => layers.lstm(3, { ...o }),
  two: (o: layers.SequenceOptions) => layers.rnn([layers.lstmCell(2), layers.gruCell(3)], o),
  both: ({ goBackwards: _, zeroOutputForMask: __, ...o }: layers.SequenceOptions) => layers.bidirectional(layers.gru(2, o), { mergeMode: "mul" }),
};
const f = [false, true];
it("bits", async () => {
  const w = await wasm({ threads: 1 });
  const bad: string[] = []; let n = 0;
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[])
    for (const returnSequences of f) for (const goBackwards of f) for (const masked of f) for (const zeroOutputForMask of f) {
      const time = 5;
      const outs: ArrayLike<number>[][] = [];
      const key = `${kind} seq ${returnSequences} back ${goBackwards} mask ${masked} zero ${zeroOutputForMask}`;
      for (const unroll of f) {
        const layer = kinds[kind]({ unroll, returnSequences, goBackwards, zeroOutputForMask, name: "l" });
        layer.ensureBuilt([null, time, 2]);
        layer.initialize(1);
        const x = randomUniform([2, time, 2], { seed: 3 });
        const ctx = new Recording(layer, { training: true, key: tensor(randomKey(1)) });
        if (masked) ctx.setMask(x, tensor([1, 0, 1, 1, 0, 0, 1, 0, 1, 1], [2, time], { dtype: "float32" }));
        const ys = layer.applyAll(x, ctx);
        const loss = ys.map((y, i) => sum(sin(mul(y, 1.5 + i)))).reduce((a, b) => add(a, b));
        const all = [loss, ...gradients(loss, [x, ...layer.variables])];
        outs.push((await evaluate(all, w)) as Float32Array[]);
      }
      n++;
      const [a, b] = outs as [Float32Array[], Float32Array[]];
      const diffs = a.map((d, i) => d.some((v, j) => !Object.is(v + 0, (b[i]![j] as number) + 0)) ? i : -1).filter((i) => i >= 0);
      const big = a.some((d, i) => d.some((v, j) => Math.abs(v - b[i]![j]!) > 1e-5));
      if (diffs.length) bad.push(`${key}: ${diffs} ${big ? "BIG" : ""}`);
    }
  console.log(n, bad.length, bad.join("\n"));
}, 200000);
