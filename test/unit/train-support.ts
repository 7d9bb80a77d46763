import type { HostBackend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import type { HostArray } from "../../src/data/array.ts";
import { dense } from "../../src/nn/layers/index.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";

/** The reference backend, counting programs and runs. */
export function countingBackend(): { backend: HostBackend; counts: { loads: number; runs: number } } {
  const counts = { loads: 0, runs: 0 };
  const backend = js();
  const load = backend.load.bind(backend);
  backend.load = (program, storages) => {
    counts.loads++;
    const executable = load(program, storages);
    const run = executable.run.bind(executable);
    executable.run = () => {
      counts.runs++;
      run();
    };
    return executable;
  };
  return { backend, counts };
}

/** Two clouds of points, class 0 and 1: numbers in [−1, 1] and whether the first two add up to more than 0. */
export function points(rows: number, features = 4): { x: HostArray; y: Int32Array } {
  const data = Float32Array.from({ length: rows * features }, (_, i) => Math.sin(1 + 12.9898 * i));
  const y = Int32Array.from({ length: rows }, (_, row) => ((data[row * features] as number) + (data[row * features + 1] as number) > 0 ? 1 : 0));
  return { x: { data, shape: [rows, features] }, y };
}

/** A small classifier of {@link points}. */
export function classifier(seed = 1): Model {
  return sequential([dense(8, { activation: "elu", inputShape: [4] }), dense(2, { activation: "softmax" })], { seed });
}

/** All weights as one list. */
export async function weightsOf(model: Model): Promise<number[]> {
  return (await model.getWeights()).flatMap(({ data }) => Array.from(data));
}
