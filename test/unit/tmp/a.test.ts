import { expect, it } from "vitest";
import { evaluate } from "../../../src/backends/evaluate.ts";
import { js } from "../../../src/backends/js/index.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { print } from "../../../src/ir/print.ts";
import * as layers from "../../../src/nn/layers/index.ts";
import { Recording } from "../../../src/nn/recording.ts";
import { gradients } from "../../../src/tensor/autodiff.ts";
import { mul, sin } from "../../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../../src/tensor/ops/leaf.ts";
import { randomKey, randomUniform } from "../../../src/tensor/ops/random.ts";
import { sum } from "../../../src/tensor/ops/reduction.ts";

const backend = js({ precision: "float64" });
it.each([[false], [true]])("lstm %s", async (returnSequences) => {
  const results: Float64Array[][] = [];
  for (const unroll of [true, false]) {
    const layer = layers.lstm(3, { unroll, returnSequences });
    layer.ensureBuilt([null, 5, 2]);
    layer.initialize(1);
    const x = randomUniform([2, 5, 2], { seed: 3 });
    const ctx = new Recording(layer, { training: true, key: tensor(randomKey(1)) });
    const y = layer.applyAll(x, ctx)[0]!;
    const loss = sum(sin(mul(y, 1.5)));
    const all = [loss, ...gradients(loss, [x, ...layer.variables])];
    const { program } = compile({ outputs: Object.fromEntries(all.map((t, i) => [String(i), t])) });
    if (!unroll && !returnSequences) console.log(print(program));
    results.push((await evaluate(all, backend)) as Float64Array[]);
  }
  const [a, b] = results as [Float64Array[], Float64Array[]];
  a.forEach((data, i) => expect(Array.from(b[i]!)).toEqual(Array.from(data)));
});
