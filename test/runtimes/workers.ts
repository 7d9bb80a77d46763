import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { workerd } from "./miniflare.ts";
import { examples } from "./program/train.mjs";
import { median, type Row, type Times, type Trained } from "./report.ts";

/** How a Workers project is bundled: wrangler has these conditions, and leaves `.wasm` to the runtime. */
const workerdConditions = ["workerd", "worker", "browser"];
/** How often a first step is timed, each time in a new runtime. */
const repeats = 5;

/** Starts a worker of one of the programs and gives its address to `use`. */
export async function withWorker<T>(
  scratch: string,
  program: string,
  use: (url: URL) => Promise<T>,
  conditions = workerdConditions,
): Promise<T> {
  const outdir = join(scratch, `bundled-${program}-${conditions.length}`);
  await build({
    entryPoints: [join(scratch, `${program}.mjs`)],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    conditions: [...conditions],
    loader: { ".wasm": "copy" },
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  const worker = workerd(outdir, `${program}.mjs`, "**/*.mjs");
  try {
    return await use(await worker.ready);
  } finally {
    await worker.dispose();
  }
}

const post = async (url: URL) =>
  (await (await fetch(url, { method: "POST", body: examples() })).json()) as Trained & { error?: string };

/** Trains in a handler, on the request's body. */
export async function inWorkerd(scratch: string): Promise<Row[]> {
  const manifest = JSON.parse(readFileSync(new URL("node_modules/workerd/package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const [runtime, version] = ["workerd", manifest.version];
  const times = await firstSteps(scratch);
  const rows: Row[] = [{ runtime, version, asked: 1, ...(await withWorker(scratch, "worker", post)), times }];
  rows.push({
    runtime: "workerd, module handed in",
    version,
    asked: 1,
    ...(await withWorker(scratch, "worker-with-module", post, [])),
  });
  return rows;
}

/** What a handler says that has no module: the default entry, which would have to compile. */
export async function withoutModule(scratch: string): Promise<string | undefined> {
  return (await withWorker(scratch, "worker", post, [])).error;
}

/**
 * Clocks stand still in handlers, so a step is timed from outside: what its request takes more than one for nothing.
 */
async function firstSteps(scratch: string): Promise<Times> {
  const samples: number[] = [];
  for (let i = 0; i < repeats; i++) {
    samples.push(
      await withWorker(scratch, "worker-first-step", async (url) => {
        const timed = async (path: string) => {
          const begun = performance.now();
          await (await fetch(new URL(path, url))).json();
          return performance.now() - begun;
        };
        // The first request also opens the connection.
        await timed("/nothing");
        const nothing = await timed("/nothing");
        return (await timed("/first-step")) - nothing;
      }),
    );
  }
  return { firstStep: median(samples) };
}
