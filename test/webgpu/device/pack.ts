/**
 * Packs what a machine with a GPU and nothing else needs: the suites, the golden numbers and a bench in one file each,
 * this Node and Dawn, compressed; 50 MB. `scripts/webgpu-device.sh` uses it.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { bundle } from "../portable/bundle.ts";

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const out = at("build/webgpu-device/");

/** The first ones, in the order of importance: the time may end before the last. */
const first = [
  ...["adapter", "conformance", "products", "training", "steps", "loops", "numbers", "kernels", "faults"],
  ...["kept-rows", "complaints", "use", "diagnose", "gradients", "memory"],
].map((name) => `webgpu/suites/${name}`);

/** All suites of a folder of test/. That of docs/webgpu.md needs the packages that the page imports. */
const suitesIn = (folder: string) =>
  readdirSync(at(`test/${folder}`))
    .filter((file) => file.endsWith(".test.ts") && file !== "docs.test.ts")
    .map((file) => `${folder}/${file.replace(".test.ts", "")}`);
const suites = new Set([...first, ...suitesIn("webgpu/suites"), ...suitesIn("golden")]);

/** Rivals stay behind: what is imported of them is used in their rows alone. */
const withoutRivals: Plugin = {
  name: "without rivals",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /rivals\/(jax|tfjs)\.ts$/ }, ({ path }) => ({ path, namespace: "none" }));
    onLoad({ filter: /.*/, namespace: "none" }, () => ({
      contents: "export const jax = {}, np = {}, jaxArray = {}, tf = {}, tfl = {}, useTfjs = {};",
    }));
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await bundle([...suites], `${out}suites.mjs`);
await build({
  entryPoints: [at("bench/webgpu/main.ts")],
  outfile: `${out}bench.mjs`,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  plugins: [withoutRivals],
  logLevel: "error",
});
cpSync(at("test/golden/data"), `${out}data`, { recursive: true });
cpSync(at("test/webgpu/device/main.mjs"), `${out}main.mjs`);
const dawn = at("test/webgpu/node_modules/webgpu/dist/linux-x64/dawn.node");
for (const [file, name] of [
  [process.execPath, "node"],
  [dawn, "dawn.node"],
] as const)
  writeFileSync(`${out}${name}.gz`, gzipSync(readFileSync(file), { level: 9 }));
const megabytes = ["node.gz", "dawn.node.gz", "suites.mjs", "bench.mjs"].map(
  (name) => `${name} ${(statSync(out + name).size / 2 ** 20).toFixed(1)} MiB`,
);
console.log(`build/webgpu-device: ${megabytes.join(", ")}`);
