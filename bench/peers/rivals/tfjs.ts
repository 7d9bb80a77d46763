import { createRequire } from "node:module";
import { device } from "./device.ts";

// The packages' CommonJS builds: they share one engine, and their ES builds do not load in Node.
const require = createRequire(import.meta.url);

export const tf = require("@tensorflow/tfjs-core") as typeof import("@tensorflow/tfjs-core");
export const tfl = require("@tensorflow/tfjs-layers") as typeof import("@tensorflow/tfjs-layers");
require("@tensorflow/tfjs-backend-cpu");
require("@tensorflow/tfjs-backend-wasm");
if (device === "webgpu") require("@tensorflow/tfjs-backend-webgpu");

/** Makes one of tfjs's backends current; its WASM one has SIMD and, in Node, one thread. */
export async function useTfjs(backend: "wasm" | "webgpu" | "cpu"): Promise<void> {
  await tf.setBackend(backend);
  await tf.ready();
  if (tf.getBackend() !== backend) throw new Error(`bench/peers: tfjs did not take its backend ${backend}.`);
}
