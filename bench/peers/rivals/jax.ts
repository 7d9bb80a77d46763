// `init` reads navigator, which Node 20 does not have. One core: this is a race on one thread (and Node has no Web
// Workers for it to use).
import { device } from "./device.ts";

const host = globalThis as { navigator?: unknown };
host.navigator ??= { userAgent: "node", hardwareConcurrency: 1 };

export const jax = await import("@jax-js/jax");
await jax.init(device);
jax.defaultDevice(device);

export const np = jax.numpy;
export type JaxArray = import("@jax-js/jax").Array;

/** An array that jax-js holds. */
export function jaxArray(data: Float32Array | Int32Array, shape: readonly number[]): JaxArray {
  return np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });
}
