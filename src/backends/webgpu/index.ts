// The WebGPU backend.
import { checkOptions } from "../../options.ts";
import { WebGpuBackend } from "./backend.ts";
import { gpuOf, requestDevice } from "./device.ts";

/** Options of {@link webgpu}. */
export interface WebGpuOptions {
  device?: GPUDevice;
  adapter?: GPUAdapter;
  powerPreference?: GPUPowerPreference;
}

/** Makes a backend on a GPU. */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const checked = checkOptions("webgpu", options, { device: "object", adapter: "object", powerPreference: "string" });
  return new WebGpuBackend(await requestDevice(checked));
}

/** Whether this runtime has WebGPU and an adapter. */
export async function isWebGpuSupported(): Promise<boolean> {
  const adapter = await gpuOf()
    ?.requestAdapter()
    .catch(() => null);
  return Boolean(adapter);
}
