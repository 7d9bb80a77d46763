import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Suites on the WebGPU backend, in Node with Dawn; `test/webgpu/index.ts` starts them with an adapter. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/webgpu/suites/*.test.ts", "test/golden/*.test.ts"],
    env: { GOLDEN_BACKEND: "webgpu" },
    setupFiles: ["test/webgpu/host/dawn.ts"],
    // One device and its compiled pipelines serve all files of a process. The adapter itself uses all cores.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
