import { describe, it } from "vitest";
import type { WebGpuBackend } from "../../../src/backends/webgpu/index.ts";
import { conformance } from "../../../src/testing/conformance.ts";
import { backend, type Controlled, controlled } from "./support.ts";

const controls = new WeakMap<WebGpuBackend, Controlled>();

const cases = conformance<WebGpuBackend>(backend, {
  fresh: async () => {
    const made = await controlled();
    controls.set(made.backend, made);
    return made.backend;
  },
  lose: (lost, reason) => controls.get(lost)?.lose(reason),
  failNextRun: (failing) => controls.get(failing)?.failNextSubmit(),
});

describe("webgpu conforms", () => {
  for (const { name, run } of cases) it(name, run);
});
