// Backends, devices and measures that the suites share.
import { wasm } from "../../../src/backends/wasm/index.ts";
import type { WebGpuBackend } from "../../../src/backends/webgpu/index.ts";
import { webgpu } from "../../../src/backends/webgpu/index.ts";
import type { Backend, Model } from "../../../src/index.ts";

/**
 * One backend for all suites of a process: its pipelines are compiled once. Suites that break things make their own.
 */
export const backend: WebGpuBackend = await webgpu();
/** What results are held against. */
export const reference: Backend = await wasm({ threads: 1 });

/** A device that a user made, and a backend on it. The device can be made to fail. */
export interface Controlled {
  readonly device: GPUDevice;
  readonly backend: WebGpuBackend;
  /** Loses the device; `device.lost` tells this reason. */
  lose(reason: string): void;
  /** Makes the next command buffer invalid, so that nothing of it runs: an error that the device reports later. */
  failNextSubmit(): void;
}

/** A device with the adapter's limits on buffers, or lower ones. */
export async function makeDevice(limits: Record<string, number> = {}): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("test:webgpu: no adapter.");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, ...limits } });
}

export async function controlled(limits?: Record<string, number>): Promise<Controlled> {
  const device = await makeDevice(limits);
  let reasonOf: string | undefined;
  const lost = device.lost.then((info) => (reasonOf === undefined ? info : { reason: "unknown", message: reasonOf }));
  Object.defineProperty(device, "lost", { value: lost });
  const own = await webgpu({ device });
  return {
    device,
    backend: own,
    lose: (reason) => {
      reasonOf = reason;
      device.destroy();
    },
    failNextSubmit: () => {
      const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_SRC });
      const original = device.createCommandEncoder;
      device.createCommandEncoder = (descriptor) => {
        device.createCommandEncoder = original;
        const encoder = original.call(device, descriptor);
        // A buffer cannot be copied to itself, and this one cannot be copied to at all.
        encoder.copyBufferToBuffer(buffer, 0, buffer, 0, 16);
        return encoder;
      };
    },
  };
}

/** All weights in one list. */
export async function weightsOf(model: Model): Promise<Float32Array[]> {
  return (await model.getWeights()).map(({ data }) => data as Float32Array);
}

/** Of the bytes of the weights: SHA-256 in hexadecimal. */
export async function hashOf(model: Model): Promise<string> {
  const bytes = await new Blob((await weightsOf(model)) as Float32Array<ArrayBuffer>[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The largest difference of two weights, relative to the largest weight of their variable, or to 0.1 where all are
 * smaller.
 */
export function distance(actual: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): number {
  return Math.max(
    ...expected.map((wanted, index) => {
      const got = actual[index] as ArrayLike<number>;
      let [apart, scale] = [0, 0.1];
      for (let i = 0; i < wanted.length; i++) {
        apart = Math.max(apart, Math.abs((got[i] as number) - (wanted[i] as number)));
        scale = Math.max(scale, Math.abs(wanted[i] as number));
      }
      return got.length === wanted.length ? apart / scale : Number.POSITIVE_INFINITY;
    }),
  );
}

/** Images with a bright square in one of four corners, on noise, and the corner's number. */
export function images(count: number, side = 12) {
  const data = new Float32Array(count * side * side);
  const labels = new Int32Array(count);
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  for (let i = 0; i < count; i++) {
    labels[i] = Math.floor(next() * 4);
    for (let p = 0; p < side * side; p++) {
      const [row, column] = [Math.floor(p / side), p % side];
      const corner = (row < side / 2 ? 0 : 2) + (column < side / 2 ? 0 : 1);
      data[i * side * side + p] = next() + (corner === labels[i] ? 0.4 : 0);
    }
  }
  return { x: { data, shape: [count, side, side, 1] }, labels };
}
