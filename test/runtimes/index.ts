/**
 * Trains the same networks in every runtime, from the packed package, and compares their weights bit by bit; then tries what should fail well.
 * Ends with a table. Run `npm run build` first.
 *
 *     npm run test:runtimes [-- PART…]      with parts: only those whose name holds one of these
 */
import { inChromium, inFirefox, Pages, rowsOf } from "./browsers.ts";
import { inProcess, lastLine, run, runtimes } from "./processes.ts";
import { faultsOf, type Row, table } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import { inWorkerd, withoutModule } from "./workers.ts";

const wanted = process.argv.slice(2);
const rows: Row[] = [];
const faults: string[] = [];

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
  console.log(`${faults.length > before ? "FAILED" : "ok"}  ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
}

const expect = (holds: boolean, fault: string) => {
  if (!holds) faults.push(fault);
};

const scratch = makeScratch();
for (const runtime of runtimes) await part(runtime.name, async () => void rows.push(...(await inProcess(runtime, scratch))));
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
  expect(
    posted[0]?.isolated === false && posted[0].threads === 1,
    `Chromium: a page that is not isolated should train with one thread, not ${posted[0]?.threads}`,
  );
  rows.push(...rowsOf("Chromium", { version, posted }));
});
await part("Firefox", async () => {
  rows.push(
    ...rowsOf(
      "Firefox",
      await inFirefox(pages, [
        ["plain", 2],
        ["isolated", 2],
      ]),
    ),
  );
});
await part("a policy that forbids WebAssembly", async () => {
  const { posted } = await inChromium(pages, [
    ["forbidden", 1],
    ["allowed", 1],
  ]);
  const [forbidden, allowed] = posted;
  expect(/must allow WebAssembly to be compiled\. .*'wasm-unsafe-eval'/.test(forbidden?.error ?? ""), `a forbidden page said: ${JSON.stringify(forbidden)}`);
  expect(allowed?.hash === rows[0]?.hash, `a page that allows WebAssembly said: ${JSON.stringify(allowed)}`);
});
pages.close();

await part("a handler given no module", async () => {
  const error = await withoutModule(scratch);
  expect(/must allow WebAssembly to be compiled\. .*"workerd".*wasm\(\{ module \}\)/.test(error ?? ""), `a handler without a module said: ${error}`);
});
await part("an engine without SIMD", async () => {
  const { stdout, stderr } = await run(scratch, [process.execPath, "--import", "./no-simd.mjs", "default-backend-main.mjs"]);
  const { name, loss } = lastLine<{ name: string; loss: number }>(stdout);
  expect(name === "js" && Number.isFinite(loss), `an engine without SIMD took ${name}, loss ${loss}`);
  expect(stderr.trim().split("\n").length === 1 && /no WebAssembly SIMD/.test(stderr), `one warning, not: ${stderr}`);
});

faults.push(...faultsOf(rows));
console.log(`\n${table(rows)}\n`);
for (const fault of faults) console.error(`fault: ${fault}`);
console.log(faults.length === 0 ? `Equal weights in all ${rows.length} runs.` : `${faults.length} faults.`);
process.exit(faults.length > 0 ? 1 : 0);
