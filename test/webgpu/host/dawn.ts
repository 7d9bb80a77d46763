// WebGPU in Node by Dawn: makes `navigator.gpu` of a process. Imported for its effect, before anything uses WebGPU.
import { create, globals } from "webgpu";

const host = globalThis as { dawn?: GPU; navigator?: { gpu?: GPU } };

// Dawn crashes when what `create` gave is collected while a device lives, so it stays in a global.
if (!host.dawn) {
  const adapter = process.env.WEBGPU_ADAPTER;
  Object.assign(globalThis, globals);
  host.dawn = create(adapter ? [`adapter=${adapter}`] : []);
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: host.dawn, userAgent: "node", hardwareConcurrency: 2 },
    configurable: true,
  });
}
