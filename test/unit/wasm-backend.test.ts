import { describe, expect, it } from "vitest";
import { isHostBackend, type Storage } from "../../src/backends/backend.ts";
import { WasmBackend } from "../../src/backends/wasm/backend.ts";
import { wasm, wasmOf } from "../../src/backends/wasm/index.ts";
import { moduleOf, supports } from "../../src/backends/wasm/module.ts";
import { bytesOf } from "../../src/backends/wasm/wasm-binary.inline.ts";
import { OutOfMemoryError } from "../../src/errors.ts";
import type { Program } from "../../src/ir/program.ts";
import type { View } from "../../src/ir/view.ts";

/** y = x + w, then w ← w + c, with x, y of `size` elements in an arena of their own. */
function program(size: number, constant = 1): Program {
  const view = (buffer: number): View => ({ buffer, dtype: "float32", offset: 0, shape: [size], strides: [1] });
  const sum = {
    nodes: [
      { op: "input" as const, index: 0 },
      { op: "input" as const, index: 1 },
      { op: "add" as const, args: [0, 1] },
    ],
    outputs: [2],
  };
  return {
    buffers: [
      { kind: "input", dtype: "float32", size, name: "x" },
      { kind: "temporary", dtype: "float32", size },
      { kind: "variable", dtype: "float32", size, name: "w" },
      { kind: "constant", dtype: "float32", size, data: new Float32Array(size).fill(constant) },
    ],
    instructions: [
      { kind: "map", shape: [size], inputs: [view(0), view(2)], outputs: [view(1)], expression: sum },
      { kind: "map", shape: [size], inputs: [view(2), view(3)], outputs: [view(2)], expression: sum },
    ],
    inputs: { x: view(0) },
    outputs: { y: view(1) },
    variables: [2],
  };
}

describe("wasm backend", () => {
  it("is a host backend that runs a program in one call", async () => {
    const backend = await wasm();
    expect(isHostBackend(backend)).toBe(true);
    const w = backend.allocate({ size: 3, dtype: "float32" });
    expect([...backend.readSync(w)]).toEqual([0, 0, 0]);
    backend.write(w, [10, 20, 30]);
    const executable = backend.loadNow(program(3), [w]);
    executable.input("x").write([1, 2, 3]);
    const calls = backend.calls;
    executable.run();
    expect(backend.calls).toBe(calls + 1);
    expect([...executable.readSync("y")]).toEqual([11, 22, 33]);
    expect([...(await backend.read(w))]).toEqual([11, 21, 31]);
  });

  it("keeps loaded programs, inputs and outputs right when the arena has to move", async () => {
    // The result lies beside the input, so that both can be there at once.
    const backend = new WasmBackend(await moduleOf("core", "simd"), { shareArena: false });
    const w = backend.allocate({ size: 4, dtype: "float32" });
    const small = backend.loadNow(program(4), [w]);
    small.input("x").write([1, 2, 3, 4]);
    small.run();
    small.input("x").write([5, 6, 7, 8]);
    const before = backend.arena.address;
    // Something behind the arena, so that it cannot grow where it is.
    const large = backend.allocate({ size: 100_000, dtype: "float32" });
    const other = backend.loadNow(program(100_000, 5), [large]);
    expect(backend.arena.address).not.toBe(before);
    expect([...small.readSync("y")]).toEqual([1, 2, 3, 4]);
    small.run();
    expect([...small.readSync("y")]).toEqual([6, 7, 8, 9]);
    other.input("x").write(new Float32Array(100_000).fill(2));
    other.run();
    other.input("x").write(new Float32Array(100_000).fill(2));
    other.run();
    expect(other.readSync("y").every((y) => y === 7)).toBe(true);
  });

  it("gives memory back: loading and disposing for ever does not grow it", async () => {
    const backend = await wasm();
    const use = () => {
      const w = backend.allocate({ size: 5000, dtype: "float32" });
      const executable = backend.loadNow(program(5000), [w]);
      executable.run();
      executable.dispose();
      backend.free(w);
    };
    for (let i = 0; i < 5; i++) use();
    const { bytes } = backend.heap;
    for (let i = 0; i < 500; i++) use();
    expect(backend.heap.bytes).toBe(bytes);
  });

  it("writes parts of inputs from parts of arrays and refuses ranges that do not fit", async () => {
    const backend = await wasm();
    const executable = backend.loadNow(program(6, 0), [backend.allocate({ size: 6, dtype: "float32" })]);
    const port = executable.input("x");
    port.write(new Float32Array(6));
    port.write(Uint8Array.of(9, 8, 7, 6), 1, 2, 3);
    executable.run();
    expect([...executable.readSync("y")]).toEqual([0, 0, 0, 8, 7, 0]);
    port.write(Float32Array.of(1, 2, 3, 4), 2, 2, 0);
    port.write([0, 5], 1, 1, 5);
    port.write(new Float32Array(3).fill(6), 0, 3, 2);
    executable.run();
    expect([...executable.readSync("y")]).toEqual([3, 4, 6, 6, 6, 5]);
    expect(() => port.write([1, 2], 0, 3)).toThrow(
      'input "x": the values to write must lie within the source. Expected a range within 2 values, received 3 values from 0.',
    );
    expect(() => port.write([1, 2, 3], 0, 3, 4)).toThrow("the values to write must lie within the target");
    expect(() => executable.input("z")).toThrow('Did you mean "x"?');
  });

  it("writes long parts from arrays of any type", async () => {
    const backend = await wasm();
    const executable = backend.loadNow(program(400, 0), [backend.allocate({ size: 400, dtype: "float32" })]);
    const counted = Array.from({ length: 1000 }, (_, i) => i % 250);
    for (const source of [Float32Array.from(counted), Uint8Array.from(counted), counted]) {
      executable.input("x").write(new Float32Array(400));
      executable.input("x").write(source, 600, 300, 50);
      executable.run();
      expect([...executable.readSync("y")]).toEqual(
        Array.from({ length: 400 }, (_, i) => (i < 50 || i >= 350 ? 0 : (550 + i) % 250)),
      );
    }
  });

  it("names the limit when a program does not fit, and goes on working", async () => {
    const backend = await wasm({ maximumBytes: 2 ** 20 });
    const w = backend.allocate({ size: 100, dtype: "float32" });
    const fits = backend.loadNow(program(100), [w]);
    const { bytes } = backend.heap;
    expect(() => backend.allocate({ size: 300_000, dtype: "float32" })).toThrow(OutOfMemoryError);
    const big = backend.allocate({ size: 100_000, dtype: "float32" });
    expect(() => backend.loadNow(program(100_000), [big])).toThrow(/out of memory for (constants|arena)/);
    expect(backend.heap.bytes).toBeGreaterThanOrEqual(bytes);
    backend.free(big);
    // What the failed load had reserved is free again.
    backend.free(backend.allocate({ size: 150_000, dtype: "float32" }));
    fits.input("x").write(new Float32Array(100).fill(1));
    fits.run();
    expect(fits.readSync("y")[99]).toBe(1);
  });

  it("refuses what is not its own, does not fit, or is gone", async () => {
    const backend = await wasm();
    const other = await wasm();
    const w = backend.allocate({ size: 3, dtype: "float32" });
    expect(() => other.loadNow(program(3), [w])).toThrow("a storage belongs to the backend that allocated it");
    expect(() => backend.loadNow(program(3), [])).toThrow("one storage per variable. Expected 1 storages, received 0.");
    expect(() => backend.loadNow(program(4), [w])).toThrow(
      'a storage must fit its variable. Expected 4 of float32, received 3 of float32 (variable "w").',
    );
    expect(() => backend.write(w, [1])).toThrow("a variable is written as a whole. Expected 3 values, received 1.");
    const executable = backend.loadNow(program(3), [w]);
    executable.dispose();
    executable.dispose();
    expect(() => executable.run()).toThrow("a disposed program cannot be used");
    backend.free(w);
    expect(() => backend.readSync(w)).toThrow("a freed storage cannot be used");
    expect(() => backend.free(w)).toThrow("a freed storage cannot be used");
    backend.dispose();
    expect(() => backend.allocate({ size: 1, dtype: "float32" })).toThrow("a disposed backend cannot be used");
    expect(() => backend.free({} as Storage)).not.toThrow();
  });

  it("starts from a module handed in, at once, and knows which build it is", async () => {
    expect(wasmOf(await moduleOf("core", "simd")).build).toBe("simd");
    expect((await wasm({ module: new WebAssembly.Module(await bytesOf("core", "simd")) })).build).toBe("simd");
  });

  it("is compiled once for all backends", async () => {
    expect(moduleOf("core", "simd")).toBe(moduleOf("core", "simd"));
  });

  it("takes the build with equal bits everywhere unless asked not to", async () => {
    expect((await wasm()).build).toBe("simd");
    const backend = await wasm({ deterministic: false });
    expect(backend.build).toBe(supports("relaxed") ? "relaxed" : "simd");
    const w = backend.allocate({ size: 3, dtype: "float32" });
    const executable = backend.loadNow(program(3), [w]);
    executable.input("x").write([1, 2, 3]);
    executable.run();
    expect([...executable.readSync("y")]).toEqual([1, 2, 3]);
  });

  it("works with zero elements", async () => {
    const backend = await wasm();
    const executable = backend.loadNow(program(0), [backend.allocate({ size: 0, dtype: "float32" })]);
    executable.input("x").write([]);
    executable.run();
    expect(executable.readSync("y").length).toBe(0);
  });
});
