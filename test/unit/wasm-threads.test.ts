import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { bind } from "../../src/backends/evaluate.ts";
import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import type { WasmExecutable } from "../../src/backends/wasm/executable.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import { Control, type Share, type Spawn, spawnOf } from "../../src/backends/wasm/start-worker.ts";
import { threadsFor } from "../../src/backends/wasm/threads.ts";
import { compile } from "../../src/compiler/compile.ts";
import {
  adam,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePooling1d,
  type Model,
  maxPooling2d,
  sequential,
} from "../../src/index.ts";
import { add, placeholder, randomUniform } from "../../src/tensor/ops/index.ts";
import { threaded } from "./threads-support.ts";

let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** y = x + 1 over so many numbers. */
async function increment(
  backend: WasmBackend,
  size = 10_000,
): Promise<{ run: () => number[]; executable: WasmExecutable }> {
  const executable = (await bind(
    compile({ outputs: { y: add(placeholder("x", [size]), 1) } }),
    backend,
  )) as WasmExecutable;
  const x = Float32Array.from({ length: size }, (_, i) => i);
  return {
    executable,
    run() {
      executable.input("x").write(x);
      executable.run();
      const y = executable.readSync("y");
      return [0, size / 2, size - 1].map((i) => (y[i] as number) - i);
    },
  };
}

/** Sets a word of the control block. */
function setWord(backend: WasmBackend, word: keyof typeof Control, value: number): void {
  backend.heap.ints[((backend.pool?.control as number) + Control[word]) / 4] = value;
}

/** Weights after a few steps, as bits. */
async function trained(make: () => Model, shape: number[], backend: WasmBackend, largest = 1): Promise<Int32Array[]> {
  const model = make();
  const rows = shape[0] as number;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) =>
    largest === 1 ? Math.sin(i * 0.37) : (i * 7) % largest,
  );
  const y = Int32Array.from({ length: rows }, (_, i) => (i * 7) % 10);
  model.compile({ optimizer: adam({ learningRate: 1e-3 }), loss: "sparseCategoricalCrossentropy", backend });
  await model.fit({ data, shape }, y, { epochs: 2, batchSize: 24, verbose: 0 });
  return (await model.getWeights()).map(({ data }) => new Int32Array(data.buffer, data.byteOffset, data.length));
}

describe("threads", () => {
  it("share a map of 2048 numbers, as of the gates of a recurrent step", async () => {
    const backend = new WasmBackend(await moduleOf("core", "simd"), { threads: 2, eager: true });
    backend.execute = (address, count) => {
      backend.exports.execute(address, count, 1, 2, backend.scratchStride, 0);
    };
    const { run } = await increment(backend, 2048);
    // What the other thread has done.
    expect(run()).toEqual([0, 1, 1]);
  });

  it("train to the same bits, however many: dense, convolution, pooling, batch norm, dropout, embedding", async () => {
    const images = () =>
      sequential(
        [
          conv2d(8, 3, { inputShape: [9, 9, 3], activation: "relu" }),
          maxPooling2d(),
          conv2d(20, 2),
          batchNormalization(),
          dropout(0.3),
          flatten(),
          dense(37, { activation: "elu" }),
          dense(10, { activation: "softmax" }),
        ],
        { seed: 1 },
      );
    const words = () =>
      sequential(
        [embedding(50, 20, { inputShape: [7] }), globalAveragePooling1d(), dense(10, { activation: "softmax" })],
        { seed: 1 },
      );
    const results = [];
    for (const threads of [1, 2, 3]) {
      const backend = threads === 1 ? await wasm({ threads }) : await threaded(threads);
      results.push([await trained(images, [60, 9, 9, 3], backend), await trained(words, [60, 7], backend, 50)]);
      expect(backend.threads).toBe(threads);
      backend.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it("see memory that has grown while they slept", async () => {
    const backend = await threaded(2);
    const before = await increment(backend);
    expect(before.run()).toEqual([1, 1, 1]);
    const bytes = backend.heap.bytes;
    const after = await increment(backend, 4_000_000);
    expect(backend.heap.bytes).toBeGreaterThan(bytes);
    for (let i = 0; i < 3; i++) expect(after.run()).toEqual([1, 1, 1]);
    expect(before.run()).toEqual([1, 1, 1]);
    backend.dispose();
  });

  it("start only when programs have done enough work to repay it, and never for small ones", async () => {
    const backend = await wasm({ threads: 2 });
    const small = await increment(backend);
    for (let i = 0; i < 500; i++) small.run();
    expect(backend.threads).toBe(1);
    const large = await increment(backend, 2_000_000);
    large.run();
    expect(backend.threads).toBe(1);
    await vi.waitFor(
      () => {
        large.run();
        expect(backend.threads).toBe(2);
      },
      { timeout: 20_000, interval: 20 },
    );
    backend.dispose();
  });

  it("are as many as there are cores by default, or as many as are asked for", async () => {
    expect(threadsFor("auto")).toBe(Math.min(8, (await import("node:os")).availableParallelism()));
    expect(threadsFor(5)).toBe(5);
    expect(threadsFor(1)).toBe(1);
    for (const threads of [0, 65, 1.5, Number.NaN, "all" as "auto"]) {
      await expect(wasm({ threads })).rejects.toThrow(
        `wasm backend: threads must be a number or "auto". Expected a whole number from 1 to 64, or "auto", received ${threads}.`,
      );
    }
    expect((await wasm({ threads: 64 })).threadLimit).toBe(64);
  });

  it("let the process exit by itself", () => {
    const script = `
      import { wasm } from "./src/backends/wasm/index.ts";
      console.log(await (await wasm({ threads: 3 })).startThreads());`;
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const out = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: root,
      timeout: 30_000,
      encoding: "utf8",
    });
    expect(out.trim()).toBe("3");
  });

  it("are not those of before from the moment when programs may need the rest module", async () => {
    const backend = await threaded(2);
    const { pool } = backend;
    const alive: (number | undefined)[] = [];
    let rest: WasmBackend["rest"];
    Object.defineProperty(backend, "rest", {
      get: () => rest,
      set: (value) => {
        rest = value;
        // Before whatever an await lets go on.
        queueMicrotask(() => alive.push(pool?.alive));
      },
    });
    await backend.loadRest();
    expect([alive, backend.threads]).toEqual([[0], 2]);
    backend.dispose();
  });

  it("end with the backend", async () => {
    const ended: Promise<unknown>[] = [];
    const spawn = spawnOf();
    const watched: Spawn = (share, onEnd) => {
      let done = (_: unknown) => {};
      ended.push(
        new Promise((resolve) => {
          done = resolve;
        }),
      );
      return spawn(share, (error) => {
        done(error);
        onEnd(error);
      });
    };
    const backend = await threaded(3, { spawn: watched });
    backend.dispose();
    expect(backend.threads).toBe(1);
    expect(await Promise.all(ended)).toHaveLength(2);
    await expect(backend.startThreads()).rejects.toThrow("a disposed backend cannot be used");
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("without threads", () => {
  it("a runtime that cannot share memory uses one, and says so where more were asked for", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    expect(threadsFor("auto")).toBe(1);
    expect(warn).not.toHaveBeenCalled();
    expect(threadsFor(2)).toBe(1);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "aretejs: this runtime cannot share memory with workers (the page is not cross-origin isolated); one thread instead of 2.",
    );
    vi.unstubAllGlobals();
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(threadsFor(2)).toBe(1);
    vi.unstubAllGlobals();
  });

  it("workers that cannot be started, at once or later, cost a warning", async () => {
    const refused: Spawn = () => {
      throw new Error("refused");
    };
    const late: Spawn = (_, onEnd) => {
      setTimeout(() => onEnd(new Error("refused")), 5);
      return () => {};
    };
    for (const spawn of [refused, late]) {
      warn.mockClear();
      const backend = await threaded(3, { spawn, start: false });
      const { run } = await increment(backend);
      expect(run()).toEqual([1, 1, 1]);
      expect(await backend.startThreads()).toBe(1);
      expect(run()).toEqual([1, 1, 1]);
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        "aretejs: worker threads cannot be used (refused); one thread from here on.",
      );
    }
  });

  it("a worker that dies between programs is not waited for", async () => {
    const stops: (() => void)[] = [];
    const spawn = spawnOf();
    const backend = await threaded(2, {
      spawn: (share, onEnd) => {
        stops.push(spawn(share, onEnd));
        return stops[0] as () => void;
      },
      eager: false,
    });
    const { run } = await increment(backend, 1_000_000);
    for (let i = 0; i < 3; i++) expect(run()).toEqual([1, 1, 1]);
    for (const stop of stops) stop();
    for (let i = 0; i < 20; i++) expect(run()).toEqual([1, 1, 1]);
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        "aretejs: worker threads cannot be used (a worker ended with code 1); one thread from here on.",
      ),
    );
    expect(backend.threads).toBe(1);
    expect(run()).toEqual([1, 1, 1]);
  });
});

describe("a failure in the middle of a program", () => {
  const broken =
    "wasm backend: every thread must do its share of a program. Expected all of them at the end, received REASON (the run was broken off, so variables " +
    "that it updates may hold anything; later runs use one thread). Restore the weights before going on.";

  /** Where the words of the first record begin. */
  function wordsOf(backend: WasmBackend, executable: WasmExecutable): number {
    let address = 0;
    const { execute } = backend;
    backend.execute = (at) => {
      address = at;
    };
    executable.run();
    backend.execute = execute;
    return address / 4;
  }

  it("of a worker is an error of the run, after which one thread goes on", async () => {
    const backend = await threaded(2);
    const { run } = await increment(backend);
    const executable = (await bind(
      compile({ outputs: { y: randomUniform([1024], { seed: 1 }) } }),
      backend,
    )) as WasmExecutable;
    const output = wordsOf(backend, executable) + 4 + 3;
    // The second half lies beyond the memory.
    backend.heap.ints[output] = backend.heap.bytes - 2048;
    expect(() => executable.run()).toThrow(broken.replace("REASON", "a worker thread that failed"));
    expect(backend.threads).toBe(1);
    expect(run()).toEqual([1, 1, 1]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(warn).not.toHaveBeenCalled();
  });

  it("of the host's own thread lets the workers go", async () => {
    const backend = await threaded(3);
    const { run, executable } = await increment(backend);
    const kernel = wordsOf(backend, executable);
    const place = backend.heap.ints[kernel] as number;
    backend.heap.ints[kernel] = 999;
    expect(() => executable.run()).toThrow(WebAssembly.RuntimeError);
    backend.heap.ints[kernel] = place;
    expect(backend.threads).toBe(1);
    expect(run()).toEqual([1, 1, 1]);
  });

  it("by a worker that vanishes is noticed after a while", async () => {
    // Joins a program as assembly/threads.ts does, and does nothing.
    const code = `const { workerData: { memory, control } } = require("node:worker_threads");
      const words = new Int32Array(memory.buffer, control);
      Atomics.add(words, ${Control.alive / 4}, 1);
      while (Atomics.load(words, ${Control.turn / 4}) === 0);
      Atomics.add(words, 64 / 4, 1);`;
    const vanishing: Spawn = (workerData: Share) => {
      const worker = new Worker(code, { eval: true, workerData });
      return () => void worker.terminate();
    };
    const backend = await threaded(2, { spawn: vanishing });
    setWord(backend, "patience", 3);
    const { run } = await increment(backend);
    expect(run).toThrow(broken.replace("REASON", "a worker thread that gave no sign of life for 0.3 s"));
    expect(run()).toEqual([1, 1, 1]);
  });
});
