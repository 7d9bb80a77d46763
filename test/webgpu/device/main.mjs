// On the machine with the GPU: gives the process Dawn's WebGPU, then runs the suites or the bench that lie beside.
//
//     node main.mjs suites|bench SECONDS [ADAPTER [SUITES]]
import { createRequire } from "node:module";

const [what, seconds, adapter, only] = process.argv.slice(2);
const { create, globals } = createRequire(import.meta.url)("./dawn.node");
Object.assign(globalThis, globals);
// Kept: Dawn crashes when it is collected.
globalThis.dawn = create(adapter ? [`adapter=${adapter}`] : []);
Object.defineProperty(globalThis, "navigator", {
  value: { gpu: globalThis.dawn, userAgent: "node", hardwareConcurrency: 2 },
  configurable: true,
});
const found = await globalThis.dawn.requestAdapter({ powerPreference: "high-performance" });
if (!found) {
  console.error("no adapter: is the Vulkan driver of the GPU there?");
  process.exit(1);
}
console.log(`adapter: ${found.info.vendor} ${found.info.architecture} ${found.info.description}`);

if (what === "bench") {
  process.env.BENCH_DEVICE = "webgpu";
  const peers = ["multiply-add loop", "copy", "wasm"];
  process.env.BENCH_OPTIONS = JSON.stringify({ json: false, filter: "", peers, seconds: Number(seconds) });
  // Ends the process.
  await import("./bench.mjs");
} else {
  process.env.GOLDEN_BACKEND = "webgpu";
  const { runAll, summary } = await import("./suites.mjs");
  let last = "0";
  process.on("SIGTERM", () => {
    console.error(`ended after ${last}; the tests after it did not run.`);
    process.exit(124);
  });
  const progress = (line) => {
    last = line;
    console.log(line);
  };
  const outcome = await runAll(progress, Number(seconds), only).catch(({ message }) => {
    console.error(message);
    process.exit(1);
  });
  for (const [file, counts] of Object.entries(outcome.files)) console.log(`${file}: ${summary([counts])}`);
  for (const { name, message } of outcome.failures) console.log(`FAILED ${name}: ${message}`);
  console.log(`${summary(Object.values(outcome.files))}, ${outcome.seconds.toFixed(0)} s`);
  process.exit(outcome.failures.length > 0 ? 1 : 0);
}
