import { execFileSync } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { activationBytes, cnnStep } from "../../bench/memory.ts";
import type { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { planArena } from "../../src/ir/arena.ts";
import { print } from "../../src/ir/print.ts";
import type { Program } from "../../src/ir/program.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";

let backend: WasmBackend;
const loaded: Program[] = [];

beforeAll(async () => {
  backend = (await wasm()) as WasmBackend;
  const load = backend.load.bind(backend);
  backend.load = (program, storages) => {
    loaded.push(program);
    return load(program, storages);
  };
});

function network(inputs: number, hidden: readonly number[], classes: number): Model {
  const [first, ...others] = hidden.map((units, index) =>
    dense(units, { activation: "relu", name: `hidden${index}`, ...(index === 0 && { inputShape: [inputs] }) }),
  );
  const model = sequential(
    [first as ReturnType<typeof dense>, ...others, dense(classes, { activation: "softmax", name: "output" })],
    { seed: 1 },
  );
  model.compile({
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  return model;
}

function samples(count: number, width: number, classes: number) {
  return {
    x: { data: Float32Array.from({ length: count * width }, (_, i) => Math.sin(i * 0.37)), shape: [count, width] },
    y: { data: Int32Array.from({ length: count }, (_, i) => (i * 7) % classes), shape: [count] },
  };
}

describe("the train program of the quickstart's network", () => {
  it("is what one would write by hand: no instruction that could be fused stands alone", async () => {
    const { x, y } = samples(32, 784, 10);
    loaded.length = 0;
    await network(784, [300, 100], 10).trainOnBatch(x, y);
    const step = loaded.find((program) => program.instructions.some(({ kind }) => kind === "softmaxGrad")) as Program;
    expect(print(step)).toMatchSnapshot();
    // Forward and both gradients of three layers, but the input's: each with its bias, activation or update as an
    // epilogue.
    const products = step.instructions.filter((instruction) => instruction.kind === "matmul");
    expect(products).toHaveLength(8);
    expect(products.every((product) => product.epilogue !== undefined)).toBe(true);
    expect(step.instructions.filter(({ kind }) => kind === "copy" || kind === "fill")).toEqual([]);
  });
});

describe("the train program of a convolutional network", () => {
  it("needs at most one and a half times the memory of the activations that its backward pass reads", async () => {
    const program = await cnnStep(32);
    // The images, both convolutions (after relu), both poolings, the hidden layer; beside them only what has 10 columns
    // or fewer.
    const activations = 4 * 32 * (28 * 28 + 26 * 26 * 32 + 13 * 13 * 32 + 11 * 11 * 64 + 5 * 5 * 64 + 128);
    const kept = activationBytes(program, "loss");
    expect(kept).toBeGreaterThan(activations);
    expect(kept).toBeLessThan(1.001 * activations);
    const { bytes } = planArena(program);
    expect(bytes).toBeLessThan(1.5 * kept);
    expect(print(program)).toContain(`arena ${bytes} B`);
  });
});

describe("a training run", () => {
  it("calls into WASM once per step", async () => {
    const { x, y } = samples(64, 6, 3);
    const model = network(6, [5], 3);
    await model.fit(x, y, { epochs: 1, batchSize: 8, verbose: 0 });
    const before = backend.calls;
    await model.fit(x, y, { epochs: 3, batchSize: 8, verbose: 0 });
    // Three epochs of eight steps, and once an epoch the program that works out the metrics.
    expect(backend.calls - before).toBe(3 * 8 + 3);
  });

  it("of 10 000 steps holds its memory, in WASM and on the heap", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { x, y } = samples(8000, 8, 4);
    const model = network(8, [16], 4);
    await model.fit(x, y, { epochs: 1, batchSize: 8, verbose: 0 });
    collect();
    const before = { wasm: backend.heap.memory.buffer.byteLength, heap: process.memoryUsage().heapUsed };
    await model.fit(x, y, { epochs: 10, batchSize: 8, verbose: 0 });
    expect(backend.heap.memory.buffer.byteLength).toBe(before.wasm);
    await vi.waitFor(() => {
      collect();
      expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(2_000_000);
    });
  });

  it("of 10 000 steps makes so little garbage that it is collected at most five times", () => {
    // In a process of its own, whose collections are the run's alone.
    const line = execFileSync(process.execPath, ["--import", "tsx", "bench/gc.ts", "--json"], { encoding: "utf8" });
    const { ours, case: name } = JSON.parse(line) as { ours: number; case: string };
    expect(name).toBe("10000 training steps");
    expect(ours).toBeLessThanOrEqual(5);
  });
});
