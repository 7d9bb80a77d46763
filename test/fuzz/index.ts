/**
 * `npm run fuzz:io`: reads mutated files of all formats. Ends with 1 on an error that is none of this library's, on a
 * file that takes more than 20 seconds, and where memory grows by more than 300 MB.
 *
 * npm run fuzz:io -- [files, default 120000] [first seed, default by the date] [part of a format's name]
 */
import { allFormats } from "./all.ts";
import { fuzz } from "./run.ts";

const count = Number(process.argv[2] ?? 120_000);
const first = Number(process.argv[3] ?? Math.floor(Date.now() / 1000) % 1e9);
const wanted = process.argv[4] ?? "";
const all = (await allFormats()).filter(({ name }) => name.includes(wanted));
const share = Math.ceil(count / all.length);
const before = process.memoryUsage.rss();
let grown = 0;
let failed = false;
for (const format of all) {
  const { tried, read, refused, foreign, peak, slowest } = await fuzz(format, first, share);
  console.log(
    `${format.name.padEnd(12)} seeds ${first} to ${first + share - 1}: ${tried} tried, ${read} read, ${refused} refused, ` +
      `${foreign.length} foreign errors, slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})`,
  );
  // Each place in the code once.
  const places = new Map(
    foreign.map((found) => [
      String((found.error as Error).stack)
        .split("\n")
        .slice(0, 3)
        .join("\n"),
      found,
    ]),
  );
  for (const [place, { seed }] of places) console.error(`seed ${seed}: ${place}`);
  grown = Math.max(grown, (peak - before) / 1e6);
  failed ||= foreign.length > 0 || slowest.ms > 20_000;
}
console.log(`memory grew by ${grown.toFixed(0)} MB at most`);
if (failed || grown > 300) process.exit(1);
