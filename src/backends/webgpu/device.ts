// Finding an adapter and a device, and what kernels have to know of them.
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
    await checkKind("device", device, "createComputePipeline");
    return describe(device, false, device.adapterInfo);
  }
  const found = adapter === undefined ? await requestAdapter(powerPreference) : adapter;
  if (!found) throw (await refusals()).noAdapter();
  await checkKind("adapter", found, "requestDevice");
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
  const made = await asked.catch(async (error: Error) => {
    throw (await refusals()).noDevice(error);
  });
  return describe(made, true, found.info);
}

/** Errors of `webgpu()`, loaded where there is one. */
export const refusals = () => import("./refusals.ts");

async function checkKind(what: string, given: object, method: string): Promise<void> {
  if (typeof (given as Record<string, unknown>)[method] !== "function")
    throw (await refusals()).wrongKind(what, given, method);
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
    },
    mostBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  };
}

async function requestAdapter(powerPreference: GPUPowerPreference = "high-performance"): Promise<GPUAdapter | null> {
  const gpu = gpuOf();
  if (!gpu) throw (await refusals()).noWebGpu();
  return gpu.requestAdapter({ powerPreference });
}

/** Node has no `navigator.gpu`; programs that load Dawn may put it at `globalThis.gpu`. */
export function gpuOf(): GPU | undefined {
  const scope = globalThis as { navigator?: { gpu?: GPU }; gpu?: GPU };
  return scope.navigator?.gpu ?? scope.gpu;
}
