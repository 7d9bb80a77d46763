/**
 * Whole pieces of training against what the machine can do, in turn: the CNN's step against the bare loop of
 * multiply-adds, Adam against copying memory.
 *
 *     npm run build:wasm && npx tsx bench/limits.ts [--json]
 */

import { Bench } from "tinybench";
import { adam, bind, compile, ops, placeVariables, sgd, Variable, wasm } from "../src/index.ts";
import { cnn } from "./cnn.ts";
import { median } from "./options.ts";
import { rooflineOf } from "./roofline.ts";
import { rooflineFlops } from "./roofline-loop.ts";
import { undisturbed } from "./undisturbed.ts";
import { type Witness, withWitness } from "./witness.ts";

const oneThread: object = { threads: 1 };

/**
 * Multiplications and additions of a sample in the CNN's step: three products per layer, but two in the first, whose
 * input needs no gradient.
 */
const cnnFlops = 2 * (2 * 26 * 26 * 9 * 32 + 3 * (11 * 11 * 9 * 32 * 64 + 1600 * 128 + 128 * 10));

/** What is compared: work of ours and of the limit, each in amounts of one unit per run. */
interface Pair {
  readonly case: string;
  readonly peerName: string;
  readonly unit: string;
  readonly ours: { readonly run: () => void | Promise<void>; readonly amount: number };
  readonly peer: { readonly run: () => void; readonly amount: number };
}

/** The step as `fit` runs it, batches of 32, against the loop of the same build. */
async function cnnAgainstLoop(): Promise<Pair> {
  const [batch, batches] = [32, 2];
  const rows = batch * batches;
  const model = cnn();
  model.compile({
    optimizer: sgd({ learningRate: 0.001, momentum: 0.9 }),
    loss: "sparseCategoricalCrossentropy",
    backend: await wasm(oneThread),
  });
  const x = {
    data: Float32Array.from({ length: rows * 784 }, (_, i) => Math.abs(Math.sin(i))),
    shape: [rows, 28, 28, 1],
  };
  const y = Int32Array.from({ length: rows }, (_, i) => i % 10);
  const loop = await rooflineOf("simd");
  return {
    case: "cnn step batch 32",
    peerName: "madd loop",
    unit: "GFLOP/s",
    ours: {
      run: async () => {
        await model.fit(x, y, { batchSize: batch, verbose: 0 });
      },
      amount: cnnFlops * rows,
    },
    peer: { run: loop, amount: rooflineFlops },
  };
}

/**
 * Adam over a million parameters reads weights, gradients and both moments and writes all but the gradients: 28 MB. A
 * copy of 14 MB moves as much.
 */
async function adamAgainstCopy(): Promise<Pair> {
  const count = 2 ** 20;
  const backend = await wasm(oneThread);
  const [weight, gradient] = ["weight", "gradient"].map(
    (name, stream) => new Variable([count], { name, initial: ops.randomNormal([count], { seed: 1, stream }) }),
  );
  const optimizer = adam();
  const updates = optimizer.apply([[weight as Variable, (gradient as Variable).tensor]], optimizer.scalars());
  await placeVariables(
    updates.map(([variable]) => variable),
    backend,
  );
  const executable = await bind(compile({ outputs: {}, updates }), backend);
  const ports = optimizer.scalarNames.map((name) => [name, executable.input(name)] as const);
  const value = new Float32Array(1);
  const [from, to] = [new Float32Array((7 * count) / 2).fill(1), new Float32Array((7 * count) / 2)];
  return {
    case: "adam over 1 M",
    peerName: "memory copy",
    unit: "GB/s",
    ours: {
      run: () => {
        for (const [name, port] of ports) {
          value[0] = optimizer.scalar(name);
          port.write(value);
        }
        executable.run();
        optimizer.advance();
      },
      amount: 7 * 4 * count,
    },
    peer: { run: () => to.set(from), amount: 2 * from.byteLength },
  };
}

async function measure(
  { case: name, peerName, unit, ours, peer }: Pair,
  json: boolean,
  witness: Witness,
): Promise<void> {
  let isFirst = true;
  const round = async () => {
    const bench = new Bench({ time: 40, iterations: 3, warmup: isFirst });
    isFirst = false;
    bench.add("ours", async () => ours.run(), { async: true }).add("peer", peer.run, { async: false });
    const [mine, limit] = (await bench.run()).map(({ result }) =>
      result.state === "completed" ? result.latency : { min: Number.NaN, p50: Number.NaN },
    );
    if (!mine || !limit) throw new Error("bench/limits: a task did not complete.");
    return { mine, limit };
  };
  const { kept, dropped } = await undisturbed(async () => [await witness.sample(round)] as const, {
    wanted: 15,
    most: 30,
  });
  const rates = (which: "min" | "p50") =>
    kept.map(([{ value }]) => ({
      ours: ours.amount / value.mine[which] / 1e6,
      peer: peer.amount / value.limit[which] / 1e6,
    }));
  const best = {
    ours: Math.max(...rates("min").map((pair) => pair.ours)),
    peer: Math.max(...rates("min").map((pair) => pair.peer)),
  };
  const usual = rates("p50");
  const digits = (rate: number) => Number(rate.toPrecision(4));
  const ratio = best.ours / best.peer;
  if (json)
    console.log(
      JSON.stringify({
        suite: "limits",
        case: name,
        ours: digits(best.ours),
        peer: digits(best.peer),
        peerName,
        unit,
        ratio: digits(ratio),
        dropped,
      }),
    );
  else
    console.log(
      `${name}: ${best.ours.toFixed(1)} of ${best.peer.toFixed(1)} ${unit} (${peerName}), ${ratio.toFixed(2)}; median ${median(usual.map((pair) => pair.ours)).toFixed(1)}, of ratios ${median(usual.map((pair) => pair.ours / pair.peer)).toFixed(2)}; ${dropped} left out`,
    );
}

/**
 * All rows of this suite. As in bench/gemm.ts ratios compare best times of undisturbed rounds.
 */
export function benchLimits(json: boolean): Promise<void> {
  return withWitness(1, async (witness) => {
    for (const pair of [cnnAgainstLoop, adamAgainstCopy]) await measure(await pair(), json, witness);
  });
}

if (process.argv[1]?.endsWith("limits.ts")) await benchLimits(process.argv.includes("--json"));
