/**
 * The WebGPU backend: products and training steps against what the device can do at most, measured in the same run;
 * against the WASM backend; and against tfjs and jax-js on the same adapter. Results are checked to agree before they
 * are timed.
 *
 *     npm run bench:webgpu [-- --json] [--filter TEXT] [--adapter NAME]
 *
 * `--json` prints one object a line: {"suite","case","ours","peer","peerName","unit","ratio"}, where a ratio above 1
 * means that ours is better. `--filter` takes the rows that have the text in suite, case or rival's name. Adapters are
 * as in `npm run test:webgpu`. Packages of test/webgpu and bench/peers are installed on first use.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentFor } from "../../test/webgpu/host/adapter.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    adapter: { type: "string" },
  },
});

for (const [folder, needed] of [
  ["test/webgpu", "webgpu"],
  ["bench/peers", "@tensorflow/tfjs-backend-webgpu"],
] as const) {
  if (existsSync(`${root}${folder}/node_modules/${needed}`)) continue;
  execFileSync("npm", ["ci", "--prefix", root + folder, "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

// Dawn finds its adapter by the environment in which the process starts.
const program = ["--import", "tsx", "--import", `${root}test/webgpu/host/dawn.ts`, `${root}bench/webgpu/main.ts`];
const { status } = spawnSync(process.execPath, program, {
  cwd: root,
  stdio: "inherit",
  env: {
    ...environmentFor(options.adapter),
    BENCH_DEVICE: "webgpu",
    BENCH_OPTIONS: JSON.stringify({ json: options.json, filter: options.filter }),
  },
});
process.exitCode = status ?? 1;
