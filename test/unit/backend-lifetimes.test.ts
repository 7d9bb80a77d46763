import { afterEach, describe, expect, it, vi } from "vitest";
import type { Backend, Storage } from "../../src/backends/backend.ts";
import { bind, placeVariables, type Reclaimable, registerReclaimable } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import type { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { Heap } from "../../src/backends/wasm/heap.ts";
import { wasm, wasmOf } from "../../src/backends/wasm/index.ts";
import { moduleOf } from "../../src/backends/wasm/module.ts";
import { compile } from "../../src/compiler/compile.ts";
import { OutOfMemoryError, StateError, ValueError } from "../../src/errors.ts";
import { dense, sequential } from "../../src/index.ts";
import { add, matmul, placeholder, randomUniform, tensor } from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const used = ({ heap }: WasmBackend) =>
  (heap as unknown as { used: Record<"variables" | "arena" | "constants", number> }).used;
const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });

/** Modules anew, with no default backend made. */
async function anew() {
  vi.resetModules();
  const { defaultBackend } = await import("../../src/backends/evaluate.ts");
  const api = await import("../../src/index.ts");
  return { ...api, defaultBackend };
}

describe("the default backend", () => {
  it("is tried again after it could not be made, whatever failed", async () => {
    const { defaultBackend, sequential, dense } = await anew();
    const model = sequential([dense(1, { inputShape: [2], kernelInitializer: "ones" })]);
    const predict = async () => [...(await (await model.predict([[1, 2]])).data())];
    for (const name of ["compile", "Memory", "Instance"] as const) {
      const broken = vi.spyOn(WebAssembly, name as "compile").mockImplementation(function fail() {
        throw new RangeError(`no ${name}`);
      });
      await expect(predict()).rejects.toThrow(`no ${name}`);
      await expect(defaultBackend()).rejects.toThrow(`no ${name}`);
      broken.mockRestore();
    }
    expect(await predict()).toEqual([3]);
    expect(await defaultBackend()).toBe(await defaultBackend());
  });

  it("is one for calls that overlap, also after a failure", async () => {
    const { defaultBackend } = await anew();
    const broken = vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new Error("once"));
    const [first, second] = await Promise.allSettled([defaultBackend(), defaultBackend()]);
    expect([first.status, second.status]).toEqual(["rejected", "rejected"]);
    broken.mockRestore();
    const all = await Promise.all([defaultBackend(), defaultBackend(), defaultBackend()]);
    expect(new Set(all).size).toBe(1);
  });

  it("is replaced once it was disposed of: new models run, old ones say that their weights are lost and take new ones", async () => {
    const { defaultBackend, sequential, dense } = await anew();
    const make = () => sequential([dense(1, { inputShape: [2], kernelInitializer: "ones" })]);
    const old = make();
    await old.predict([[1, 2]]);
    const weights = await old.getWeights();
    const first = await defaultBackend();
    first.dispose();
    expect([...(await (await make().predict([[1, 2]])).data())]).toEqual([3]);
    expect(await defaultBackend()).not.toBe(first);
    const message =
      /^variable "dense\S*\/kernel": its values must be on a backend in use\. Expected values, received a backend that was disposed of\. Assign new/;
    await expect(old.getWeights()).rejects.toThrow(message);
    old.setWeights(weights);
    expect((await old.getWeights()).map(({ data }) => [...data])).toEqual([[1, 1], [0]]);
    old.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    expect([...(await (await old.predict([[3, 4]])).data())]).toEqual([7]);
  });
});

describe("a backend that was disposed of", () => {
  for (const [name, make] of Object.entries({ js: async () => js(), wasm: () => wasm({ threads: 1 }) })) {
    it(`has lost the values on it: ${name}`, async () => {
      const backend = await make();
      const variable = new Variable([2], { initial: Float32Array.of(1, 2), name: "w" });
      const executable = await bind(compile({ outputs: {}, updates: [[variable, add(variable, 1)]] }), backend);
      executable.run();
      backend.dispose();
      expect(backend.disposed).toBe(true);
      expect(() => backend.allocate({ size: 1, dtype: "float32" })).toThrow("a disposed backend cannot be used");
      expect(() => executable.run()).toThrow(StateError);
      const other = await make();
      const load = () => bind(compile({ outputs: { y: variable.tensor } }), other);
      for (const use of [
        () => variable.read(),
        () => placeVariables([variable], other),
        () => placeVariables([variable], backend),
        load,
      ]) {
        await expect(use()).rejects.toThrow(
          'variable "w": its values must be on a backend in use. Expected values, received a backend that was disposed of. Assign new',
        );
      }
      variable.assign([5, 6]);
      await expect(placeVariables([variable], backend)).rejects.toThrow("a disposed backend cannot be used");
      await placeVariables([variable], other);
      expect([...(await variable.read())]).toEqual([5, 6]);
    });
  }
});

describe("a module that could not be compiled", () => {
  it("is compiled at the next call", async () => {
    vi.resetModules();
    const { wasm } = await import("../../src/backends/wasm/index.ts");
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new Error("once"));
    await expect(wasm()).rejects.toThrow("once");
    expect((await wasm()).name).toBe("wasm");
  });
});

describe("options of wasm()", () => {
  it("refuse what is no number of bytes at once, and never hang", async () => {
    for (const maximumBytes of [Number.NaN, -1, 0, 65535, Number.NEGATIVE_INFINITY, "abc", "70000", {}] as number[]) {
      const options = { maximumBytes };
      await expect(wasm(options)).rejects.toThrow(ValueError);
      await expect(wasm({ ...options, threads: 1 })).rejects.toThrow(
        /maximumBytes (must be a number of bytes. Expected a number ≥ 65536|is of the wrong kind. Expected number), received/,
      );
      const module = await moduleOf("core", "simd");
      expect(() => wasmOf(module, options)).toThrow(ValueError);
      await expect(wasm({ ...options, module })).rejects.toThrow(ValueError);
    }
    expect((await wasm({ maximumBytes: Number.POSITIVE_INFINITY, threads: 1 })).threads).toBe(1);
    const least = await wasm({ maximumBytes: 65536, threads: 2 });
    expect(() => least.allocate({ size: 70000, dtype: "float32" })).toThrow(OutOfMemoryError);
  });

  it("refuse numbers of threads that mean nothing, also beside a module", async () => {
    const module = await moduleOf("core", "simd");
    for (const threads of [0, 1.5, Number.NaN, -1, 65, "two"] as number[]) {
      await expect(wasm({ threads })).rejects.toThrow('wasm backend: threads must be a number or "auto"');
      await expect(wasm({ threads, module })).rejects.toThrow('wasm backend: threads must be a number or "auto"');
    }
  });

  it("a heap gives an error for sizes that are no numbers", () => {
    const heap = new Heap(2 ** 20);
    heap.open(1024);
    const block = heap.allocate(100, "arena");
    for (const bytes of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => heap.allocate(bytes, "variables")).toThrow(OutOfMemoryError);
      expect(() => heap.enlarge(block, bytes)).toThrow(OutOfMemoryError);
    }
    expect(block).toEqual({ address: 1024, bytes: 128, purpose: "arena" });
  });
});

describe("memory pressure", () => {
  it("frees what dropped models held before it is an error: many models with large kernels in a memory for a dozen", async () => {
    const backend = await wasm({ maximumBytes: 12e6, threads: 1 });
    for (let i = 0; i < 60; i++) {
      const model = sequential([dense(512, { inputShape: [512] })], { seed: i });
      model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend });
      await model.predict(zeros(1, 512));
    }
    // One is a megabyte.
    expect(used(backend).variables).toBeLessThan(12e6);
  });

  it("asks registered caches, once nothing else helps, and goes on with what they free", async () => {
    const backend = await wasm({ maximumBytes: 2 ** 20, threads: 1 });
    const other = js();
    const kept: Storage[] = [
      backend.allocate({ size: 100_000, dtype: "float32" }),
      backend.allocate({ size: 100_000, dtype: "float32" }),
    ];
    const asked: Backend[] = [];
    const cache: Reclaimable = {
      reclaim(of) {
        asked.push(of);
        const storage = kept.pop();
        if (storage) backend.free(storage);
        return storage !== undefined;
      },
    };
    registerReclaimable(cache);
    const variable = new Variable([90_000], { initial: 2 });
    await placeVariables([variable], backend);
    expect([...new Set(await variable.read())]).toEqual([2]);
    expect(asked).toEqual([backend]);
    const larger = new Variable([300_000], { initial: 3 });
    await expect(placeVariables([larger], backend)).rejects.toThrow(OutOfMemoryError);
    expect([larger.placement, larger.initial]).toEqual([undefined, 3]);
    await placeVariables([larger], other);
    expect((await larger.read())[299_999]).toBe(3);
    expect(asked).toEqual([backend, backend]);
    // Registered weakly, so the test has to hold it until here.
    expect(cache.reclaim(other)).toBe(false);
  });

  it("gives back working memory of programs that are gone", async () => {
    const backend = await wasm({ maximumBytes: 2 ** 20, threads: 1 });
    const graph = (size: number) =>
      compile({ outputs: { y: add(add(placeholder("x", [size]), 1), placeholder("z", [size])) } });
    const small = await bind(graph(50), backend);
    const large = await bind(graph(60_000), backend);
    const held = used(backend).arena;
    expect(held).toBeGreaterThanOrEqual(480_000);
    large.dispose();
    const variable = new Variable([150_000], { initial: new Float32Array(150_000).fill(4) });
    await placeVariables([variable], backend);
    expect(used(backend).arena).toBeLessThan(2000);
    small.input("x").write(new Float32Array(50).fill(1));
    small.input("z").write(new Float32Array(50).fill(2));
    small.run();
    expect([...new Set((await small.read(["y"])).y)]).toEqual([4]);
    expect([...new Set(await variable.read())]).toEqual([4]);
  });

  it("programs that nobody holds any more go without being disposed of", async () => {
    const backend = await wasm({ maximumBytes: 2 ** 20, threads: 1 });
    const w = backend.allocate({ size: 1, dtype: "float32" });
    const constant = new Variable([20_000], { initial: 0 });
    const graph = compile({
      outputs: {
        y: add(placeholder("x", [20_000]), tensor(Float32Array.from({ length: 20_000 }, (_, i) => i))),
      },
    });
    // 80 kB of constants each.
    for (let i = 0; i < 40; i++) await bind(graph, backend);
    await placeVariables([constant], backend);
    expect(used(backend).constants).toBeLessThan(9e5);
    expect(backend.readSync(w)[0]).toBe(0);
  });
});

describe("a program whose variables have moved", () => {
  for (const [name, make] of Object.entries({ js: async () => js(), wasm: () => wasm({ threads: 1 }) })) {
    it(`refuses to run on ${name}: their memory may be another's`, async () => {
      const backend = await make();
      const variable = new Variable([4], { initial: randomUniform([4], { seed: 1 }) });
      const executable = await bind(compile({ outputs: {}, updates: [[variable, add(variable, 1)]] }), backend);
      executable.run();
      const moved = await make();
      await placeVariables([variable], moved);
      const values = [...(await variable.read())];
      expect(() => executable.run()).toThrow(
        "a program runs while its variables stay where they are. Expected storages in use, received a freed one.",
      );
      expect([...(await variable.read())]).toEqual(values);
      executable.dispose();
    });
  }
});

describe("the js backend", () => {
  it("gives an OutOfMemoryError where the engine has no room, when loading and in the middle of a run", async () => {
    const backend = js();
    expect(() => backend.allocate({ size: 1e15, dtype: "float32" })).toThrow(OutOfMemoryError);
    const executable = await bind(
      compile({ outputs: { y: matmul(randomUniform([8, 8], { seed: 1 }), randomUniform([8, 8], { seed: 2 })) } }),
      backend,
    );
    vi.stubGlobal(
      "Float64Array",
      class {
        constructor() {
          throw new RangeError("Array buffer allocation failed");
        }
      },
    );
    expect(() => executable.run()).toThrow("the run was broken off, so variables that it updates may hold anything");
    vi.unstubAllGlobals();
    executable.run();
  });
});
