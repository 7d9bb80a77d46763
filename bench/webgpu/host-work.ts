// What a step costs the host before the GPU can begin, and what the first step costs: calls, and milliseconds.
import type { Executable } from "../../src/backends/backend.ts";
import { webgpu } from "../../src/backends/webgpu/index.ts";
import { wasm } from "../../src/index.ts";
import { countCalls } from "../../test/webgpu/host/counting.ts";
import type { Result } from "../peers/contest.ts";
import { isSoftware } from "./limits.ts";
import { type Workload, workloads } from "./workloads.ts";

interface Row {
  readonly result: Result;
  /** The row as text. */
  readonly note: string;
}

/** Most milliseconds that record, encode and submit may take of a step of the CNN, in Node. */
const goal = 0.5;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const short = (value: number) => Number(value.toPrecision(4));

async function measure(workload: Workload): Promise<Row[]> {
  const { name, batch, on, x, y } = workload;
  const backend = await webgpu();
  // Milliseconds within each `run`, of whichever program.
  const times = new Map<Executable, number[]>();
  const load = backend.load.bind(backend);
  backend.load = async (program, storages) => {
    const executable = await load(program, storages);
    const run = executable.run.bind(executable);
    times.set(executable, []);
    executable.run = () => {
      const begun = performance.now();
      run();
      times.get(executable)?.push(performance.now() - begun);
    };
    return executable;
  };
  const first = { x: rowsOf(x, batch), y: rowsOf(y, batch) };
  const firstStep = async (on_: typeof backend | Awaited<ReturnType<typeof wasm>>) => {
    const model = on(on_);
    const begun = performance.now();
    await model.trainOnBatch(first.x, first.y);
    return { model, milliseconds: performance.now() - begun };
  };

  let [cold, again] = [Number.NaN, Number.NaN];
  const { counts: compiling } = await countCalls(async () => {
    cold = (await firstStep(backend)).milliseconds;
  });
  const { model, milliseconds } = await firstStep(backend);
  again = milliseconds;
  const wasmFirst = (await firstStep(await wasm())).milliseconds;

  const epoch = () => model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
  await epoch();
  for (const list of times.values()) list.length = 0;
  for (let i = 0; i < 3; i++) await epoch();
  // The program that ran most often is the training step.
  const samples = [...times.values()].reduce((a, b) => (b.length > a.length ? b : a));
  const host = median(samples);
  const steps = (x.shape[0] as number) / batch;
  const calls = await countCalls(epoch);
  const each = Object.entries(calls.counts)
    .map(([method, count]) => [method, count / steps] as const)
    .filter(([, count]) => count > 0.01)
    .map(([method, count]) => `${method} ${short(count)}`);
  backend.dispose();
  const caseName = `${name}, batch ${batch}`;
  const row = (what: string, ours: number, peer: number, peerName: string): Result => ({
    suite: "host",
    case: `${caseName}: ${what}`,
    ours: short(ours),
    peer: short(peer),
    peerName,
    unit: "ms",
    ratio: short(peer / ours),
  });
  return [
    {
      result: row("record, encode and submit of a step", host, goal, "goal"),
      note: `host         ${caseName}: ${host.toFixed(3)} ms to record, encode and submit a step (goal ${goal}), ${samples.length} steps; calls of a step: ${each.join(", ")}`,
    },
    {
      result: row("first step", cold, wasmFirst, "wasm"),
      note: `first step   ${caseName}: ${cold.toFixed(0)} ms with ${compiling.createShaderModule} shaders, ${again.toFixed(0)} ms for a second model; wasm ${wasmFirst.toFixed(0)} ms`,
    },
  ];
}

function rowsOf<Data extends Float32Array | Int32Array>(
  { data, shape }: { data: Data; shape: number[] },
  rows: number,
) {
  const size = data.length / (shape[0] as number);
  return { data: data.subarray(0, rows * size) as Data, shape: [rows, ...shape.slice(1)] };
}

export const hostWork = workloads(isSoftware).map((workload) => ({
  name: `host ${workload.name}, batch ${workload.batch}`,
  measure: () => measure(workload),
}));
