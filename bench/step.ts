/**
 * Whole training steps of the quickstart's network (784-300-100-10, relu, momentum), data written and all, against the
 * same program compiled without fusion and without shared memory; their arithmetic rate, also as a part of that of the
 * bare multiply-add loop. Medians over undisturbed repeats (witness.ts).
 *
 *     npm run build:wasm && npx tsx bench/step.ts [--json]
 */
import { Bench } from "tinybench";
import type { Executable } from "../src/backends/backend.ts";
import { bind, placeVariables } from "../src/backends/evaluate.ts";
import { wasm } from "../src/backends/wasm/index.ts";
import { compile } from "../src/compiler/compile.ts";
import { relu } from "../src/nn/activations.ts";
import { gradients } from "../src/tensor/autodiff.ts";
import {
  add,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  oneHot,
  placeholder,
  randomNormal,
  sub,
  sum,
} from "../src/tensor/ops/index.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { Variable } from "../src/tensor/variable.ts";
import { median } from "./options.ts";
import { rooflineOf } from "./roofline.ts";
import { rooflineFlops } from "./roofline-loop.ts";
import { undisturbed } from "./undisturbed.ts";
import { type Witness, withWitness } from "./witness.ts";

const sizes = [784, 300, 100, 10] as const;

interface Network {
  readonly loss: Tensor;
  readonly updates: (readonly [Variable, Tensor])[];
}

/** A step as `fit` records it, on variables of its own. */
function network(batch: number): Network {
  const layers = sizes.slice(1).map((units, index) => {
    const inputs = sizes[index] as number;
    const kernel = new Variable([inputs, units], {
      initial: randomNormal([inputs, units], { seed: 1, stream: index, stddev: Math.sqrt(2 / inputs) }),
    });
    return { kernel, bias: new Variable([units], { initial: 0 }) };
  });
  const x = placeholder("x", [batch, sizes[0]]);
  const logits = layers.reduce<Tensor>((t, { kernel, bias }, index) => {
    const z = add(matmul(t, kernel), bias);
    return index < layers.length - 1 ? relu(z) : z;
  }, x);
  const loss = neg(mean(sum(mul(oneHot(placeholder("y", [batch], "int32"), 10), logSoftmax(logits)), -1)));
  const variables = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  const slopes = gradients(loss, variables);
  const rate = placeholder("learningRate", []);
  const updates = variables.flatMap((variable, index) => {
    const momentum = new Variable(variable.shape, { initial: 0 });
    const next = sub(mul(momentum, 0.9), mul(rate, slopes[index] as Tensor));
    return [[momentum, next] as const, [variable, add(variable, next)] as const];
  });
  return { loss, updates };
}

/** Multiplications and additions of the eight matrix products. */
function flopsOf(batch: number): number {
  const weights = sizes.slice(1).map((units, index) => units * (sizes[index] as number));
  return 2 * batch * weights.reduce((total, count, index) => total + count * (index === 0 ? 2 : 3), 0);
}

function runner(executable: Executable, batch: number): () => void {
  const x = Float32Array.from({ length: batch * sizes[0] }, (_, i) => Math.abs(Math.sin(i * 0.7)));
  const y = Int32Array.from({ length: batch }, (_, i) => i % 10);
  const rate = Float32Array.of(0.01);
  const ports = ["x", "y", "learningRate"].map((name) => executable.input(name));
  return () => {
    ports[0]?.write(x);
    ports[1]?.write(y);
    ports[2]?.write(rate);
    executable.run();
  };
}

/** Times a step at this batch size both ways, after checking that both lose the same. */
async function measure(batch: number, json: boolean, witness: Witness): Promise<void> {
  // One thread, as the loop has.
  const backend = await wasm({ threads: 1 });
  const variants = await Promise.all(
    [true, false].map(async (optimize) => {
      const { loss, updates } = network(batch);
      await placeVariables(
        updates.map(([variable]) => variable),
        backend,
      );
      const executable = await bind(compile({ outputs: { loss }, updates, fuse: optimize }), backend);
      return { executable, run: runner(executable, batch) };
    }),
  );
  const losses = await Promise.all(
    variants.map(async ({ executable, run }) => {
      for (let step = 0; step < 20; step++) run();
      return (await executable.read(["loss"])).loss[0] as number;
    }),
  );
  if (Math.abs((losses[0] as number) - (losses[1] as number)) > 1e-4)
    throw new Error(`bench/step: the programs disagree: losses ${losses}.`);

  const loop = await rooflineOf("simd");
  let isFirst = true;
  const repeat = async () => {
    const bench = new Bench({ time: 60, iterations: 10, warmup: isFirst });
    isFirst = false;
    for (const [index, { run }] of variants.entries()) bench.add(String(index), run);
    bench.add("loop", loop);
    const [ours = Number.NaN, peer = Number.NaN, limit = Number.NaN] = (await bench.run()).map(({ result }) =>
      result.state === "completed" ? result.latency.p50 : Number.NaN,
    );
    return { ours, peer, limit };
  };
  const { kept, dropped } = await undisturbed(async () => [await witness.sample(repeat)] as const, {
    wanted: 15,
    most: 30,
  });
  const samples = kept.map(([{ value }]) => value);
  const ours = median(samples.map((sample) => sample.ours));
  const peer = median(samples.map((sample) => sample.peer));
  const ratio = median(samples.map((sample) => sample.peer / sample.ours));
  const flops = flopsOf(batch);
  const ofLoop = median(samples.map((sample) => (flops / sample.ours) * (sample.limit / rooflineFlops)));
  if (json) {
    const digits = (value: number) => Number(value.toFixed(3));
    console.log(
      JSON.stringify({
        suite: "step",
        case: `mlp 784-300-100-10 batch ${batch}`,
        ours: digits(ours),
        peer: digits(peer),
        peerName: "unfused",
        unit: "ms",
        ratio: digits(ratio),
        ofLoop: digits(ofLoop),
        dropped,
      }),
    );
  } else {
    console.log(
      `MLP step, batch ${batch}: ${ours.toFixed(2)} ms, ${(flops / ours / 1e6).toFixed(1)} GFLOP/s, ${ofLoop.toFixed(2)} of the loop; unfused ${peer.toFixed(2)} ms, ratio ${ratio.toFixed(2)}; ${dropped} left out`,
    );
  }
}

/** All rows of this suite. */
export function benchStep(json: boolean): Promise<void> {
  return withWitness(1, async (witness) => {
    for (const batch of [32, 128]) await measure(batch, json, witness);
  });
}

if (process.argv[1]?.endsWith("step.ts")) await benchStep(process.argv.includes("--json"));
