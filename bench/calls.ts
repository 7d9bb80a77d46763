/**
 * What a single call costs beyond its program: `predict` and `predictSync` of one sample, `trainOnBatch`, `jit` and
 * `trainStep`, each in turn with the program that it runs, bare: inputs written, one run. Times are of the processor.
 * Network: 20-64-64-4. Bundled, since tsx gives each function a name when it is made, which takes 2 to 4 µs of a call
 * that applications do not pay.
 *
 *     npm run build:wasm
 *     npx esbuild bench/calls.ts --bundle --splitting --format=esm --platform=node --outdir=build/bench/calls
 *     node build/bench/calls/calls.js [--json] [--filter=predict]
 */
import { bind, placeVariables } from "../src/backends/evaluate.ts";
import { wasm } from "../src/backends/wasm/index.ts";
import { compile } from "../src/compiler/compile.ts";
import type { CompileOptions } from "../src/compiler/compile-with.ts";
import { adam, dense, jit, ops, predictSync, sequential, type Tensor, trainStep } from "../src/index.ts";
import { batchSpec } from "../src/train/batch.ts";
import type { Mode } from "../src/train/record-step.ts";
import { sessionOf } from "../src/train/session.ts";
import { chosen, median, type Options } from "./options.ts";

const backend = await wasm({ threads: 1 });
const rows = 32;
/** So small that nothing converges: the numbers, and with them the time of a step, stay what they are. */
const learningRate = 1e-9;
const filled = (size: number) => Float32Array.from({ length: size }, (_, index) => Math.sin(index));

function network() {
  const model = sequential(
    [
      dense(64, { activation: "relu", inputShape: [20] }),
      dense(64, { activation: "relu" }),
      dense(4, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  model.compile({ optimizer: adam(learningRate), loss: "meanSquaredError", backend });
  return model;
}

/** A bare run of a recorded program, its inputs written. */
async function bare({ outputs, updates }: CompileOptions): Promise<() => void> {
  const graph = compile({ outputs, updates: updates ?? [] }, backend.limits);
  await placeVariables(graph.variables, backend);
  const executable = await bind(graph, backend);
  const ports = Object.entries(graph.program.inputs).map(([name, { shape, dtype }]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const scalars: Record<string, number> = { learningRate, step: 1 };
    const data = name in scalars ? Float32Array.of(scalars[name] as number) : filled(size);
    return { port: executable.input(name), data: dtype === "int32" ? new Int32Array(size) : data };
  });
  return () => {
    for (const { port, data } of ports) port.write(data);
    executable.run();
  };
}

/** The bare step of a model like those measured. */
async function bareStep(mode: Mode, count: number): Promise<() => void> {
  const model = network();
  const x = filled(count * 20);
  const y = filled(count * 4);
  await model.testOnBatch({ data: x, shape: [count, 20] }, { data: y, shape: [count, 4] });
  const spec = (width: number) => ({ shape: [count, width], dtype: "float32" as const });
  const compared = mode === "predict" ? [] : [spec(4)];
  return bare(
    sessionOf("bench", model).stepRunner.record(
      mode,
      batchSpec(
        count,
        [spec(20)],
        compared,
        compared.map(() => undefined),
      ),
    ),
  );
}

/** Microseconds of the processor that this program has used: what else runs on the machine counts little. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Row {
  readonly name: string;
  readonly bare: () => void;
  readonly call: () => unknown;
}

async function measure({ name, bare, call }: Row, { json }: Options): Promise<void> {
  const calls = 200;
  const samples: { bare: number; call: number }[] = [];
  for (let sample = 0; sample < 250; sample++) {
    const start = cpuTime();
    for (let i = 0; i < calls; i++) bare();
    const middle = cpuTime();
    for (let i = 0; i < calls; i++) await call();
    samples.push({ bare: (middle - start) / calls, call: (cpuTime() - middle) / calls });
  }
  // The first fifth warms the engine up.
  const kept = samples.slice(samples.length / 5);
  const of = (value: (sample: (typeof samples)[0]) => number) => Number(median(kept.map(value)).toFixed(2));
  /** A tenth of the samples is below: other work on the machine only adds time. */
  const least = (value: (sample: (typeof samples)[0]) => number) =>
    Number((kept.map(value).sort((a, b) => a - b)[kept.length / 10] as number).toFixed(2));
  const result = {
    suite: "calls",
    case: name,
    ours: of((sample) => sample.call),
    peer: of((sample) => sample.bare),
    peerName: "bare program",
    unit: "µs",
    overhead: of((sample) => sample.call - sample.bare),
    least: least((sample) => sample.call - sample.bare),
    ratio: of((sample) => sample.bare / sample.call),
  };
  if (json) console.log(JSON.stringify(result));
  else
    console.log(
      `${name.padEnd(34)} ${result.ours.toFixed(1).padStart(7)} µs, bare ${result.peer.toFixed(1).padStart(6)}, beyond it ${result.overhead.toFixed(1).padStart(6)}, undisturbed ${result.least.toFixed(1).padStart(5)}`,
    );
}

/** All rows of this suite. */
export async function benchCalls(options: Options): Promise<void> {
  const model = network();
  const sample = { data: filled(20), shape: [1, 20] };
  const x = { data: filled(rows * 20), shape: [rows, 20] };
  const y = { data: filled(rows * 4), shape: [rows, 4] };
  const single = { data: filled(4), shape: [1, 4] };
  const net = network();
  const weights = net.variables.map((variable) => variable.tensor);
  const forward = (input: Tensor) => {
    const hidden = ops.maximum(ops.add(ops.matmul(input, weights[0] as Tensor), weights[1] as Tensor), 0);
    const second = ops.maximum(ops.add(ops.matmul(hidden, weights[2] as Tensor), weights[3] as Tensor), 0);
    return ops.softmax(ops.add(ops.matmul(second, weights[4] as Tensor), weights[5] as Tensor));
  };
  await placeVariables(net.variables, backend);
  const recorded = jit(forward, { backend });
  const own = network();
  const step = trainStep({
    variables: own,
    optimizer: adam(learningRate),
    backend,
    loss: (batch: { x: Tensor; y: Tensor }, ctx) =>
      ops.mean(ops.square(ops.sub(batch.y, own.apply(batch.x, ctx) as Tensor))),
  });
  const predict = await bareStep("predict", 1);
  const train = await bareStep("train", rows);
  const trainOne = await bareStep("train", 1);
  const test: Row[] = [
    { name: "predict, 1 sample", bare: predict, call: () => model.predict(sample) },
    { name: "predictSync, 1 sample", bare: predict, call: () => predictSync(model, sample) },
    { name: "jit, 1 sample", bare: predict, call: () => recorded(sample) },
    { name: "trainOnBatch, 1 sample", bare: trainOne, call: () => model.trainOnBatch(sample, single) },
    { name: `trainOnBatch, ${rows} samples`, bare: train, call: () => model.trainOnBatch(x, y) },
    { name: "trainStep, 1 sample", bare: trainOne, call: () => step({ x: sample, y: single }) },
    { name: `trainStep, ${rows} samples`, bare: train, call: () => step({ x, y }) },
  ];
  for (const row of test) if (options.filter.test(row.name)) await measure(row, options);
}

if (/calls\.[jt]s$/.test(process.argv[1] ?? "")) await benchCalls(chosen());
