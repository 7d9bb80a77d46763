/** Where all sides compute: WebAssembly, or a GPU where bench/webgpu starts them. */
export const device: "wasm" | "webgpu" = process.env.BENCH_DEVICE === "webgpu" ? "webgpu" : "wasm";
