// Runs the multiply-add loop when it is told to, and says how long it took.
import { parentPort, workerData } from "node:worker_threads";
import { loopOf } from "./roofline-loop.ts";

/** About 2 ms: long enough for the clock, short beside a sample. */
const repeats = 50;
const loop = loopOf(workerData as WebAssembly.Module);

parentPort?.on("message", () => {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) loop();
  parentPort?.postMessage(performance.now() - start);
});
