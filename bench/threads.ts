/**
 * Two threads against one, interleaved in one run, results equal to the bit: matrix products, and whole training steps,
 * data written and all.
 *
 * A second thread helps only while a second core is free. Rounds in which the multiply-add loop on both threads was
 * slowed down are left out (witness.ts). On a busy machine the backend finds that out and uses one thread
 * (src/backends/wasm/thread-tuner.ts); `--always` keeps the second.
 *
 *     npm run build:wasm && npx tsx bench/threads.ts [--json] [--always] [--filter=TEXT]
 */

import { bind } from "../src/backends/evaluate.ts";
import type { WasmBackend } from "../src/backends/wasm/backend.ts";
import type { WasmExecutable } from "../src/backends/wasm/executable.ts";
import { wasm } from "../src/backends/wasm/index.ts";
import { ThreadTuner } from "../src/backends/wasm/thread-tuner.ts";
import { compile } from "../src/compiler/compile.ts";
import { dense, type Model, sequential, sgd } from "../src/index.ts";
import type { TypedArray } from "../src/ir/dtype.ts";
import type { Program } from "../src/ir/program.ts";
import { matmul, placeholder } from "../src/tensor/ops/index.ts";
import { cnn } from "./cnn.ts";
import { chosen, median, type Options } from "./options.ts";
import { undisturbed } from "./undisturbed.ts";
import { type Witness, withWitness } from "./witness.ts";

/** Undisturbed repeats of the pair. */
const repeats = 50;

/** Something to time on one backend, and its results so far. */
interface Subject {
  run(): void;
  results(): Promise<readonly TypedArray[]>;
}

type Make = (backend: WasmBackend) => Promise<Subject>;

const waves = (size: number, phase: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7 + phase));

const product =
  (n: number): Make =>
  async (backend) => {
    const executable = (await bind(
      compile({ outputs: { c: matmul(placeholder("a", [n, n]), placeholder("b", [n, n])) } }),
      backend,
    )) as WasmExecutable;
    const [a, b] = [executable.input("a"), executable.input("b")];
    const [x, y] = [waves(n * n, 0), waves(n * n, 1)];
    // Written once: copying from the host is no part of a product, and the other backend has a memory of its own.
    a.write(x);
    b.write(y);
    return { run: () => executable.run(), results: async () => [executable.readSync("c")] };
  };

const mlp = () =>
  sequential(
    [
      dense(300, { activation: "relu", inputShape: [784] }),
      dense(100, { activation: "relu" }),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 1 },
  );

/** A training step with momentum: `fit` records the program, here it runs again and again. */
const step =
  (model: () => Model, sample: readonly number[], batch: number): Make =>
  async (backend) => {
    const programs: { program: Program; executable: WasmExecutable }[] = [];
    const load = backend.loadNow.bind(backend);
    backend.loadNow = (program, storages) => {
      const executable = load(program, storages);
      programs.push({ program, executable });
      return executable;
    };
    const trained = model();
    const data = waves(batch * 784, 0);
    const y = Int32Array.from({ length: batch }, (_, i) => i % 10);
    const shape = [batch, ...sample];
    trained.compile({
      optimizer: sgd({ learningRate: 1e-3, momentum: 0.9 }),
      loss: "sparseCategoricalCrossentropy",
      backend,
    });
    await trained.fit({ data, shape }, y, { epochs: 1, batchSize: batch, verbose: 0 });
    const { program, executable } = programs.reduce((a, b) =>
      b.program.instructions.length > a.program.instructions.length ? b : a,
    );
    const writes = Object.entries(program.inputs).map(
      ([
        name,
        {
          dtype,
          shape: [rows = 0, ...rest],
        },
      ]) => ({
        port: executable.input(name),
        values: rows !== batch ? Float32Array.of(1e-3) : dtype === "int32" || rest.length < shape.length - 1 ? y : data,
      }),
    );
    const run = () => {
      for (const { port, values } of writes) port.write(values);
      executable.run();
    };
    return { run, results: async () => (await trained.getWeights()).map(({ data }) => data as TypedArray) };
  };

interface Row {
  readonly name: string;
  readonly make: Make;
  /** Runs per measurement: some ten milliseconds. */
  readonly runs: number;
}

const rows: Row[] = [
  { name: "gemm 512", make: product(512), runs: 3 },
  { name: "gemm 1024", make: product(1024), runs: 1 },
  { name: "cnn batch 32", make: step(cnn, [28, 28, 1], 32), runs: 1 },
  { name: "mlp 784-300-100-10 batch 128", make: step(mlp, [784], 128), runs: 5 },
  { name: "mlp 784-300-100-10 batch 32", make: step(mlp, [784], 32), runs: 15 },
];

/** Milliseconds of one run. */
function time({ run }: Subject, runs: number): number {
  const start = performance.now();
  for (let i = 0; i < runs; i++) run();
  return (performance.now() - start) / runs;
}

async function measure({ name, make, runs }: Row, json: boolean, witness: Witness): Promise<void> {
  const backends = [await wasm({ threads: 2 }), await wasm({ threads: 1 })] as const;
  if ((await backends[0].startThreads()) !== 2) throw new Error("bench/threads: there is no second thread.");
  const [two, one] = [await make(backends[0]), await make(backends[1])];
  // Until the engine has optimized the kernels.
  for (let repeat = 0; repeat < 10; repeat++) {
    time(two, runs);
    time(one, runs);
  }
  const { kept, dropped } = await undisturbed(
    async () => [await witness.sample(() => time(two, runs)), await witness.sample(() => time(one, runs))] as const,
    { wanted: repeats, most: 3 * repeats },
  );
  const samples = kept.map(([together, alone]) => ({ ours: together.value, peer: alone.value }));
  const [ours, peer] = [await two.results(), await one.results()];
  const same = ours.every((values, i) =>
    new Int32Array(values.buffer).every((bits, j) => bits === new Int32Array(peer[i]?.buffer as ArrayBuffer)[j]),
  );
  if (!same) throw new Error(`bench/threads: ${name} differs.`);
  for (const backend of backends) backend.dispose();

  const of = (pick: (values: number[]) => number) => {
    const both = { ours: pick(samples.map((sample) => sample.ours)), peer: pick(samples.map((sample) => sample.peer)) };
    return { ...both, ratio: both.peer / both.ours };
  };
  const usual = of(median);
  const best = of((values) => Math.min(...values));
  const digits = (value: number) => Number(value.toFixed(3));
  if (json) {
    const line = {
      suite: "threads",
      case: name,
      ours: digits(usual.ours),
      peer: digits(usual.peer),
      peerName: "1 thread",
      unit: "ms",
      ratio: digits(usual.ratio),
      dropped,
    };
    console.log(JSON.stringify(line));
  } else {
    const times = ({ ours, peer, ratio }: typeof usual) =>
      `${ours.toFixed(2).padStart(7)} against ${peer.toFixed(2).padStart(6)} ms  ${ratio.toFixed(2)}`;
    console.log(`${name.padEnd(30)} ${times(usual)}   best ${times(best)}   ${dropped} left out`);
  }
}

/** The rows of this suite whose name, suite included, matches the filter. */
export async function benchThreads({ json, filter }: Options): Promise<void> {
  if (process.argv.includes("--always"))
    Object.defineProperty(ThreadTuner.prototype, "wantsWorkers", { get: () => true });
  await withWitness(2, async (witness) => {
    for (const row of rows) if (filter.test(`threads ${row.name}`)) await measure(row, json, witness);
  });
}

if (process.argv[1]?.endsWith("threads.ts")) await benchThreads(chosen());
