/**
 * Trains the same networks in every runtime, from the packed package, and compares their weights bit by bit; then tries
 * what should fail well. Ends with a table. Run `npm run build` first.
 *
 *     npm run test:runtimes [-- PART…]      with parts: only those whose name holds one of these
 *
 * SCREENSHOT=file.png keeps a picture of examples/browser.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { textsOf } from "../package/code-blocks.ts";
import { browserExample } from "./browser-example.ts";
import { inChromium, inFirefox, Pages, rowsOf } from "./browsers.ts";
import { filesEverywhere } from "./files.ts";
import { imagesEverywhere } from "./images.ts";
import { inProcess, lastLine, run, runtimes } from "./processes.ts";
import { faultsOf, type Row, table } from "./report.ts";
import { sameScript } from "./same-script.ts";
import { makeScratch } from "./scratch.ts";
import { transferExample } from "./transfer-example.ts";
import { viteExample } from "./vite-example.ts";
import { inWorkerd, withoutModule, withWorker } from "./workers.ts";
import { workersExample } from "./workers-example.ts";

const wanted = process.argv.slice(2);
const rows: Row[] = [];
const faults: string[] = [];
const notes: string[] = [];

/** Runs one part; where it fails, the others go on. */
async function part(name: string, body: () => Promise<void>): Promise<void> {
  if (wanted.length > 0 && !wanted.some((word) => name.toLowerCase().includes(word.toLowerCase()))) return;
  const begun = performance.now();
  const before = faults.length;
  try {
    await body();
  } catch (error) {
    faults.push(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  console.log(
    `${faults.length > before ? "FAILED" : "ok"}  ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`,
  );
}

const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const expect = (holds: boolean, fault: string) => {
  if (!holds) faults.push(fault);
};

const scratch = makeScratch();
for (const runtime of runtimes)
  await part(runtime.name, async () => void rows.push(...(await inProcess(runtime, scratch))));
await part("workerd", async () => void rows.push(...(await inWorkerd(scratch))));

const pages = new Pages(scratch);
await pages.open();
await part("Chromium", async () => {
  const visits = [
    ["plain", 2],
    ["isolated", 1],
    ["isolated", 2],
  ] as const;
  const { version, posted } = await inChromium(pages, visits);
  expect(posted[0]?.isolated === false, "Chromium: a page without headers should not be isolated");
  rows.push(...rowsOf("Chromium", { version, posted }, [1, 1, 2]));
});
await part("Firefox", async () => {
  rows.push(
    ...rowsOf(
      "Firefox",
      await inFirefox(pages, [
        ["plain", 2],
        ["isolated", 2],
      ]),
      [1, 2],
    ),
  );
});
await part("a policy that forbids WebAssembly", async () => {
  const { posted } = await inChromium(pages, [
    ["forbidden", 1],
    ["allowed", 1],
  ]);
  const [forbidden, allowed] = posted;
  expect(
    /must allow WebAssembly to be compiled\. .*'wasm-unsafe-eval'/.test(forbidden?.error ?? ""),
    `a forbidden page said: ${JSON.stringify(forbidden)}`,
  );
  expect(allowed?.hash === rows[0]?.hash, `a page that allows WebAssembly said: ${JSON.stringify(allowed)}`);
});
await part("examples/browser", async () => {
  const { faults: found, longest, frames, seconds } = await browserExample(scratch, pages, process.env.SCREENSHOT);
  faults.push(...found);
  notes.push(
    `examples/browser: trained in ${seconds.toFixed(1)} s, ${frames} frames painted meanwhile, longest task ${longest.toFixed(0)} ms`,
  );
  // It trains for 25 epochs: a page that is given back between them paints some.
  expect(frames >= 5, `examples/browser: only ${frames} frames painted while training`);
});
await part("examples/transfer", async () => {
  const { faults: found, pageSeconds, workerSeconds, idle, peak } = await transferExample(scratch, pages);
  faults.push(...found);
  notes.push(
    `examples/transfer: learned in a page in ${pageSeconds.toFixed(1)} s, in a Worker in ${workerSeconds.toFixed(1)} s; ` +
      `peak memory of the Worker's runtime ${MB(peak)}, ${MB(idle)} before the first request`,
  );
  // With three at a time it is 100 to 140 MB: how much of it is garbage is up to the local workerd.
  expect(peak - idle <= 128e6, `examples/transfer: requests took ${MB(peak - idle)}, more than a Worker's 128 MB`);
});
await part("examples/vite", async () => {
  const { faults: found, seconds } = await viteExample(scratch, pages);
  faults.push(...found);
  notes.push(`examples/vite: learned a curve in a worker in ${seconds.toFixed(1)} s`);
});
await part("examples/22-any-runtime.js", async () => void faults.push(...(await sameScript(scratch))));
await part("files", async () => void faults.push(...(await filesEverywhere(scratch, pages))));
await part("images", async () => void faults.push(...(await imagesEverywhere(scratch, pages))));
pages.close();

await part("a handler given no module", async () => {
  const error = await withoutModule(scratch);
  expect(
    /must allow WebAssembly to be compiled\. .*"workerd".*wasm\(\{ module, rest \}\)/.test(error ?? ""),
    `a handler without a module said: ${error}`,
  );
});
await part("examples/workers", async () => {
  const { faults: found, peak, peakOfThree, idle, growth, linearMemory } = await workersExample(scratch);
  faults.push(...found);
  notes.push(
    `examples/workers: peak memory of the runtime ${MB(peak)}, ${MB(peakOfThree)} with three requests at a time, ${MB(idle)} before the first request; linear memory of the kernels ${MB(linearMemory)}, growth over 800 more requests ${MB(growth)}`,
  );
  // With three at a time it is 100 to 140 MB: how much of it is garbage is up to the local workerd.
  expect(peak - idle <= 128e6, `examples/workers: requests took ${MB(peak - idle)}, more than the 128 MB of a Worker`);
  // A local workerd, which has no limit, lets its heap grow to some 100 MB before it collects: 30 to 60 MB in these
  // requests, and no more in 3000 others. Models that stay would take 0.3 MB each, 240 MB in all.
  expect(!(growth > 110e6), `examples/workers: memory grew by ${MB(growth)} over 800 requests`);
});
await part("docs/runtimes.md", async () => {
  const text = readFileSync(new URL("../../docs/runtimes.md", import.meta.url), "utf8");
  const [forProcesses = "", forWorkers = ""] = textsOf("docs/runtimes.md", text, "js");
  writeFileSync(join(scratch, "snippet.mjs"), forProcesses);
  for (const { name, command } of runtimes) {
    const sum = Number((await run(scratch, [...command, "snippet.mjs"])).stdout);
    expect(Math.abs(sum - 3) < 0.1, `docs/runtimes.md: the sum in ${name} is ${sum}, not near 3`);
  }
  writeFileSync(join(scratch, "snippet-worker.mjs"), forWorkers);
  const { accuracy } = await withWorker(scratch, "snippet-worker", async (url) => {
    const body = JSON.stringify({
      x: Array.from({ length: 64 }, (_, i) => [i % 2, 1]),
      y: Array.from({ length: 64 }, (_, i) => i % 2),
    });
    return (await (await fetch(url, { method: "POST", body })).json()) as { accuracy: number };
  });
  expect(accuracy > 0.9, `docs/runtimes.md: the accuracy in a Worker is ${accuracy}`);
});
await part("an engine without SIMD", async () => {
  const { stdout, stderr } = await run(scratch, [
    process.execPath,
    "--import",
    "./no-simd.mjs",
    "default-backend-main.mjs",
  ]);
  const { name, loss } = lastLine<{ name: string; loss: number }>(stdout);
  expect(name === "js" && Number.isFinite(loss), `an engine without SIMD took ${name}, loss ${loss}`);
  expect(stderr.trim().split("\n").length === 1 && /no WebAssembly SIMD/.test(stderr), `one warning, not: ${stderr}`);
});

faults.push(...faultsOf(rows));
console.log(`\n${table(rows)}\n`);
for (const note of notes) console.log(note);
for (const fault of faults) console.error(`fault: ${fault}`);
console.log(faults.length === 0 ? `Equal weights in all ${rows.length} runs.` : `${faults.length} faults.`);
process.exit(faults.length > 0 ? 1 : 0);
