// The entry aretejs/webgpu: training on the GPU.
import { checkOptions } from "../../options.ts";
import type { Backend } from "../backend.ts";
import { WebGpuBackend as GpuBackend } from "./backend.ts";
import { gpuOf, refusals, requestDevice } from "./device.ts";

/**
 * `GPUDevice` where the types of WebGPU are known (from @webgpu/types or the DOM library of TypeScript 6); else the
 * part of it that is always there.
 */
export type GpuDevice = typeof globalThis extends { GPUDevice: { readonly prototype: infer D } } ? D : GpuDeviceLike;

/** `GPUAdapter`, as {@link GpuDevice}. */
export type GpuAdapter = typeof globalThis extends { GPUAdapter: { readonly prototype: infer A } } ? A : GpuAdapterLike;

/** What every `GPUDevice` has. */
export interface GpuDeviceLike {
  readonly features: { has(feature: string): boolean };
  readonly limits: object;
  readonly queue: object;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  destroy(): void;
}

/** What every `GPUAdapter` has. */
export interface GpuAdapterLike {
  readonly features: { has(feature: string): boolean };
  readonly limits: object;
  requestDevice(descriptor?: never): Promise<GpuDeviceLike>;
}

/** Options of {@link webgpu}: a device, or how to find one. */
export interface WebGpuOptions {
  /** A device in use elsewhere, for example by a renderer. It stays as it is when the backend is disposed of. */
  device?: GpuDevice;
  /**
   * The adapter to get a device from, as `requestAdapter` gives it; needed in Node, where there is no `navigator.gpu`.
   */
  adapter?: GpuAdapter | null;
  /** Which GPU, where there are several. Default "high-performance". */
  powerPreference?: "high-performance" | "low-power";
}

/** A backend on a GPU. */
export interface WebGpuBackend extends Backend {
  /** The device that it works on. */
  readonly device: GpuDevice;
  readonly lost: Promise<string>;
  settled(): Promise<void>;
}

/**
 * A backend that trains on the GPU, for `model.compile({ backend })`. It is faster than the default backend where the
 * work of a step is large (convolutions, wide layers, large batches), and slower for tiny networks.
 *
 * Results repeat on one device and agree with other backends within about 1e-6; they are not equal bits on all devices.
 *
 * In Node, pass an adapter of the package `webgpu`, and keep what `create` gives for as long as the backend is in use.
 * @throws StateError where there is no WebGPU or no GPU that it can use, with what to do.
 * @example
 * const backend = await webgpu();
 * model.compile({ optimizer: adam(), loss: "mse", backend });
 * @example
 * import { create } from "webgpu";                                  // Node
 * const gpu = (globalThis.gpu = create([]));
 * const backend = await webgpu({ adapter: await gpu.requestAdapter() });
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const checked = checkOptions("webgpu", options, {
    device: "object",
    adapter: "object or null",
    powerPreference: "string",
  });
  const { device, powerPreference } = checked;
  const given = Object.keys(checked);
  if (given.length > 1) throw (await refusals()).ambiguous(given);
  if (powerPreference !== undefined && !["high-performance", "low-power"].includes(powerPreference))
    throw (await refusals()).unknownPreference(powerPreference);
  const found = await requestDevice(checked);
  // One that was lost before says so at once.
  const lost = device && (await Promise.race([device.lost, Promise.resolve(undefined)]));
  if (lost) throw (await refusals()).lostBefore(lost);
  return new GpuBackend(found);
}

/** Whether {@link webgpu} will find a GPU here, when it is called without options. */
export async function isWebGpuSupported(): Promise<boolean> {
  try {
    return Boolean(await gpuOf()?.requestAdapter());
  } catch {
    return false;
  }
}
