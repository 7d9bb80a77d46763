// Finding an adapter and a device, and what kernels have to know of them.
import { stateError, valueError } from "../../errors.ts";
import type { DeviceFacts } from "./shader.ts";

/** A device, and whether it is ours to end. */
export interface Device {
  readonly device: GPUDevice;
  readonly isOwned: boolean;
  readonly facts: DeviceFacts;
  /** Most bytes of a buffer that shaders use. */
  readonly mostBytes: number;
}

/** Asks for a device with all that the adapter can give. */
export async function requestDevice({
  device,
  adapter,
  powerPreference,
}: {
  device?: GPUDevice;
  adapter?: GPUAdapter | null;
  powerPreference?: GPUPowerPreference;
}): Promise<Device> {
  if (device) {
    checkKind("device", device, "createComputePipeline");
    return describe(device, false, device.adapterInfo);
  }
  const found = adapter === undefined ? await requestAdapter(powerPreference) : adapter;
  if (!found) throw noAdapter();
  checkKind("adapter", found, "requestDevice");
  const { limits, features } = found;
  const asked = found.requestDevice({
    label: "aretejs",
    requiredFeatures: features.has("timestamp-query") ? ["timestamp-query"] : [],
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  });
  const made = await asked.catch((error: Error) => {
    throw stateError("webgpu", {
      rule: "the adapter must give a device",
      expected: "a device",
      received: error.message.split("\n")[0],
      advice: "An adapter gives one device; ask for another adapter, or pass the device.",
    });
  });
  return describe(made, true, found.info);
}

function checkKind(what: string, given: object, method: string): void {
  if (typeof (given as Record<string, unknown>)[method] === "function") return;
  throw valueError("webgpu", {
    rule: `${what} is of the wrong kind`,
    expected: `an object with ${method}()`,
    received: given,
  });
}

function describe(device: GPUDevice, isOwned: boolean, info: GPUAdapterInfo | undefined): Device {
  const { limits } = device;
  const text = `${info?.vendor} ${info?.architecture} ${info?.device} ${info?.description}`.toLowerCase();
  const isSoftware = info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software|warp|cpu/.test(text);
  return {
    device,
    isOwned,
    facts: {
      maxGroups: limits.maxComputeWorkgroupsPerDimension,
      maxThreads: limits.maxComputeInvocationsPerWorkgroup,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      isSoftware,
      lanes: isSoftware ? 64 : 16384,
      vendor: info?.vendor ?? "",
      architecture: info?.architecture ?? "",
    },
    mostBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  };
}

async function requestAdapter(powerPreference: GPUPowerPreference = "high-performance"): Promise<GPUAdapter | null> {
  const gpu = gpuOf();
  if (!gpu) {
    throw stateError("webgpu", {
      rule: "this runtime must have WebGPU",
      expected: "navigator.gpu",
      received: "none",
      advice: adviceOnRuntime(),
    });
  }
  return gpu.requestAdapter({ powerPreference });
}

const noAdapter = () =>
  stateError("webgpu", {
    rule: "there must be a GPU that WebGPU can use",
    expected: "an adapter",
    received: "none",
    advice: "Check the driver and the browser's settings, or train with the default backend.",
  });

/** Node has no `navigator.gpu`; programs that load Dawn may put it at `globalThis.gpu`. */
export function gpuOf(): GPU | undefined {
  const scope = globalThis as { navigator?: { gpu?: GPU }; gpu?: GPU };
  return scope.navigator?.gpu ?? scope.gpu;
}

function adviceOnRuntime(): string {
  const scope = globalThis as { Deno?: object; process?: { versions?: { node?: string } }; isSecureContext?: boolean };
  if (scope.Deno) return "Use Deno 2.1 or later, with --unstable-webgpu before 2.5.";
  if (scope.process?.versions?.node)
    return 'In Node install the package "webgpu" and pass webgpu({ adapter }): see docs/webgpu.md.';
  if (scope.isSecureContext === false) return "Browsers have it on https pages and localhost only.";
  return "Use a browser that has it (Chrome 113, Safari 26, Firefox 141), or the wasm backend.";
}
