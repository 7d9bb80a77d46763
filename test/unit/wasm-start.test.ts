import { afterEach, describe, expect, it, vi } from "vitest";

/** Modules anew for each test, because what a runtime can do is asked once. */
async function load() {
  vi.resetModules();
  const { defaultBackend } = await import("../../src/backends/evaluate.ts");
  const { wasm } = await import("../../src/backends/wasm/index.ts");
  return { defaultBackend, wasm };
}

describe("start of the wasm backend", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("gives way to js with one warning where there is no WASM SIMD", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { defaultBackend, wasm } = await load();
    expect((await defaultBackend()).name).toBe("js");
    expect(await defaultBackend()).toBe(await defaultBackend());
    expect(warn.mock.calls).toEqual([
      ["aretejs: this runtime has no WebAssembly SIMD; training runs in plain JavaScript, many times slower."],
    ]);
    await expect(wasm()).rejects.toThrow(
      "wasm backend: the engine must have WASM SIMD. Expected SIMD, received none. Use the js backend.",
    );
  });

  it("says what to do where compiling is forbidden", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(
      new WebAssembly.CompileError("Wasm code generation disallowed by embedder"),
    );
    const { defaultBackend, wasm } = await load();
    const message =
      /^wasm backend: the runtime must allow WebAssembly to be compiled\. Expected a compiled module, received CompileError: Wasm code generation disallowed by embedder\. In a page, add .wasm-unsafe-eval. to script-src .*condition "workerd" .*wasm\(\{ module, rest \}\).*js\(\)/;
    await expect(wasm()).rejects.toThrow(message);
    await expect(defaultBackend()).rejects.toThrow(message);
  });

  it("compiles once, on first need", async () => {
    const compile = vi.spyOn(WebAssembly, "compile");
    const { defaultBackend, wasm } = await load();
    expect(compile).toHaveBeenCalledTimes(0);
    await Promise.all([defaultBackend(), wasm(), wasm()]);
    await wasm();
    expect(compile).toHaveBeenCalledTimes(1);
  });

  it("says what to do where the rest module cannot be compiled, and tries again", async () => {
    const { wasm } = await load();
    const backend = await wasm();
    vi.spyOn(WebAssembly, "compile").mockRejectedValueOnce(new WebAssembly.CompileError("disallowed"));
    await expect(backend.loadRest()).rejects.toThrow(
      /must allow WebAssembly to be compiled\. .*wasm\(\{ module, rest \}\)/,
    );
    expect(backend.rest).toBeUndefined();
    await backend.loadRest();
    expect(backend.rest).toBeDefined();
  });
});
