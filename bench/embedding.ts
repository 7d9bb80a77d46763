/**
 * A training step of an embedding with a large table (1e6 × 32, 128 indices), by rows and of the whole table.
 *
 *     npm run build:wasm && npx tsx bench/embedding.ts [--json] [--filter=sgd]
 */
import { bind, placeVariables } from "../src/backends/evaluate.ts";
import { wasm } from "../src/backends/wasm/index.ts";
import { compile } from "../src/compiler/compile.ts";
import { adagrad, adam, gradients, type Optimizer, ops, sgd, Variable } from "../src/index.ts";
import { chosen, median, type Options } from "./options.ts";

const [rows, width, count] = [1e6, 32, 128];

/** A step on a table of its own; `isWhole` has the optimizer see a gradient that is no sum of rows. */
async function stepOf(optimizer: Optimizer, isWhole: boolean): Promise<{ run: () => void; dispose: () => void }> {
  const backend = await wasm({ threads: 1 });
  const table = new Variable([rows, width], { initial: 0 });
  const taken = ops.gather(table, ops.placeholder("indices", [count], "int32"));
  const [gradient] = gradients(ops.mean(ops.square(ops.sub(taken, 1))), [table]);
  const pair = [table, isWhole ? ops.add(gradient as never, 0) : gradient] as never;
  const graph = compile({ outputs: {}, updates: optimizer.apply([pair], optimizer.scalars()) }, backend.limits);
  await placeVariables(graph.variables, backend);
  const executable = await bind(graph, backend);
  const indices = Int32Array.from({ length: count }, (_, i) => (i * 7919 * 131) % rows);
  const numbers: Record<string, number> = { learningRate: 1e-3, step: 1 };
  const scalars = Object.keys(graph.program.inputs).filter((name) => name in numbers);
  let step = 0;
  return {
    run: () => {
      step++;
      executable.input("indices").write(indices.map((index) => (index + 977 * step) % rows));
      for (const name of scalars) executable.input(name).write([numbers[name] as number]);
      executable.run();
    },
    dispose: () => backend.dispose(),
  };
}

/** All rows of this suite. */
export async function benchEmbedding({ json, filter }: Options): Promise<void> {
  const optimizers = { sgd: () => sgd(), adagrad: () => adagrad(), "lazy adam": () => adam({ lazy: true }) };
  for (const [name, make] of Object.entries(optimizers)) {
    if (!filter.test(name)) continue;
    const [byRows, whole] = [await stepOf(make(), false), await stepOf(make(), true)];
    const times: number[][] = [[], []];
    for (let sample = 0; sample < 30; sample++) {
      for (const [kind, { run }] of [byRows, whole].entries()) {
        const start = performance.now();
        run();
        times[kind]?.push(performance.now() - start);
      }
    }
    const [ours, peer] = times.map((each) => median(each)) as [number, number];
    const least = Math.min(...(times[0] as number[]));
    if (json) {
      const row = { suite: "embedding", case: `${name} 1e6 × 32`, ours, peer, peerName: "whole table", unit: "ms" };
      console.log(JSON.stringify({ ...row, ratio: peer / ours }));
    } else
      console.log(
        `${name.padEnd(10)} ${ours.toFixed(3)} ms (best ${least.toFixed(3)}), whole table ${peer.toFixed(1)} ms, ratio ${(peer / ours).toFixed(0)}`,
      );
    byRows.dispose();
    whole.dispose();
  }
}

if (/embedding\.[jt]s$/.test(process.argv[1] ?? "")) await benchEmbedding(chosen());
