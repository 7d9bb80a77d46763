/**
 * The packed package, installed in a user's project: what publint and "are the types wrong" say of it; that it does
 * nothing when it is imported; that esbuild, rollup, vite and webpack leave out what is not used, and what they make
 * trains. Run `npm run build` first.
 *
 *     npm run test:package
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { installPacked, run } from "../../scripts/pack.ts";
import { bundlers, type Written, written } from "./bundlers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "aretejs-bundlers-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));
const installed = join(project, "node_modules/aretejs");
const faults: string[] = [];

/** One check; where it fails, the others go on. */
async function check(name: string, body: () => Promise<string | undefined>): Promise<void> {
  try {
    console.log(`ok  ${name}${((text) => (text ? `: ${text}` : ""))(await body())}`);
  } catch (error) {
    faults.push(name);
    const { message, stdout = "" } = error as Error & { stdout?: string };
    console.error(`FAILED  ${name}: ${message}\n${stdout}`);
  }
}

const expect = (holds: boolean, what: string) => {
  if (!holds) throw new Error(`expected ${what}`);
};

/** What a page of a user may hold: a dense network with Adam that trains, and tells its loss. */
const programs = {
  "dense.mjs": `
import { adam, dense, sequential } from "aretejs";
export async function train() {
  const model = sequential([dense(8, { activation: "relu", inputShape: [4] }), dense(2, { activation: "softmax" })], { seed: 1 });
  model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
  return (await model.trainOnBatch({ data: new Float32Array(32).fill(0.5), shape: [8, 4] }, Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1))).loss;
}`,
  "everything.mjs": `export * from "aretejs";`,
  "unused.mjs": `import { dense, adam, losses } from "aretejs";\nimport * as testing from "aretejs/testing";\nexport const unused = () => 1;`,
};
/** Every subpath that is code. */
const subpaths = [
  "activations",
  "backends/js",
  "backends/wasm",
  "initializers",
  "layers",
  "losses",
  "metrics",
  "ops",
  "optimizers",
  "testing",
  "webgpu",
];
const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
/** What types must allow and refuse; classes with private members are the same type only if they are declared once. */
const types = `
import { type Layer, losses, type Loss, type Optimizer, type Shape, sequential, Tensor, tensor } from "aretejs";
import { relu } from "aretejs/activations";
import { js } from "aretejs/backends/js";
import { wasm, type WasmBackend } from "aretejs/backends/wasm";
import { heNormal } from "aretejs/initializers";
import { dense } from "aretejs/layers";
import { hinge } from "aretejs/losses";
import { auc } from "aretejs/metrics";
import { add } from "aretejs/ops";
import { adam, cosineDecay, muon } from "aretejs/optimizers";
import { conformance } from "aretejs/testing";
import { type WebGpuBackend, type WebGpuOptions, webgpu } from "aretejs/webgpu";
export const sum: Tensor = add(tensor([1]), relu(tensor([2])));
export const shape: Shape = sum.shape;
export const layer: Layer = dense(2, { activation: "relu", kernelInitializer: heNormal(), inputShape: [3] });
export const model = sequential([layer]);
export const optimizers: Optimizer[] = [adam(cosineDecay({ initialLearningRate: 1, decaySteps: 2 })), muon()];
export const loss: Loss[] = [hinge(), losses.hinge()];
model.compile({ optimizer: "scheduleFreeAdamW", loss: "mse", metrics: [auc(), "acc"], backend: js() });
export const backend: Promise<WasmBackend> = wasm();
export { conformance };
// Without the types of WebGPU, a device is what every device has.
declare const options: Required<WebGpuOptions>;
export const onGpu: Promise<WebGpuBackend> = webgpu({ adapter: options.adapter });
options.device.destroy();
// @ts-expect-error no such preference
void webgpu({ powerPreference: "fast" });
// @ts-expect-error no such activation
dense(2, { activation: "rellu" });
// @ts-expect-error no such optimizer
model.compile({ optimizer: "adamm", loss: "mse" });
// @ts-expect-error a layer is no number
export const wrong: number = dense(2);
// @ts-expect-error no such export
export { missing } from "aretejs/ops";
`;
/** What an application with strict settings may write: options that it may not have are passed on as undefined. */
const strict = `
import * as everything from "aretejs";
import * as augmentation from "aretejs/augmentation";
import { imageFolder, readCsv, trainTestSplit } from "aretejs/data";
import * as distributed from "aretejs/distributed";
import { loadModel, saveModel } from "aretejs/io";
import { plotHistory } from "aretejs/plot";
import { tensorBoard } from "aretejs/tensorboard";
import { conformance } from "aretejs/testing";
import { webgpu } from "aretejs/webgpu";
export { augmentation, conformance, distributed, tensorBoard };
interface Settings { activation?: "relu" | "tanh"; seed?: number; clip?: number; patience?: number; title?: string; threads?: number }
export async function run({ activation, seed, clip, patience, title, threads }: Settings): Promise<number> {
  const { adam, dense, earlyStopping, sequential, wasm } = everything;
  const model = sequential([dense(3, { activation, name: title }), dense(1)], { seed });
  model.compile({ optimizer: adam({ clipNorm: clip }), loss: "mse", metrics: ["mae"], backend: await wasm({ threads }) });
  const table = await readCsv("a,b\\n1,2", { schema: undefined });
  const [train] = trainTestSplit(table, { seed });
  const callbacks = [earlyStopping({ patience })];
  const history = await model.fit(train.matrix(), [1], { validationSplit: undefined, callbacks });
  await plotHistory(history, { title }).save("loss.svg");
  await saveModel(model, "m.keras", { onProgress: undefined });
  await (await loadModel("m.keras", { seed })).predict([[1]]);
  const { dataset } = await imageFolder("x", { decode: (data) => ({ data, width: 1, height: 1 }), size: [1, 1], seed });
  await model.fit(dataset, { epochs: undefined });
  await webgpu({ device: undefined });
  const { loss, mae } = await model.evaluate([1], [1]);
  return loss + (mae ?? 0);
}
`;
/** Names that stand as strings in parts that a dense network does not use, and that no bundler may keep. */
const strangers = ["conv3dTranspose", "cosineDecayRestarts", "startFromEpoch", "parseCsv"];
/** The same of subpaths, which are in no bundle that does not import them. */
const elsewhere = ["webgpu backend", "model.weights.h5"];

const { path } = installPacked(project);
for (const [name, text] of Object.entries(programs)) writeFileSync(join(project, name), text);

await check("publint", async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
  expect(
    messages.length === 0,
    `no messages, but: ${messages.map((message) => formatMessage(message, pkg)).join("; ")}`,
  );
  return undefined;
});

await check("are the types wrong", async () => {
  // The .wasm files are no modules with types; ESM only, as the package says.
  run(
    fileURLToPath(new URL(".", import.meta.url)),
    "npx",
    "attw",
    path,
    "--profile",
    "esm-only",
    "--exclude-entrypoints",
    "core.wasm",
    "rest.wasm",
    "core-relaxed.wasm",
    "rest-relaxed.wasm",
  );
  return undefined;
});

await check("types, by each way of resolving modules", async () => {
  writeFileSync(join(project, "types.ts"), types);
  for (const [module, moduleResolution] of [
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const) {
    const options = {
      module,
      moduleResolution,
      target: "es2022",
      lib: ["es2022", "dom"],
      strict: true,
      types: [],
      noEmit: true,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["types.ts"] }));
    run(project, process.execPath, tsc, "-p", project);
  }
  return undefined;
});

await check("types, as strict as TypeScript can be, of all entries", async () => {
  writeFileSync(join(project, "strict.ts"), strict);
  const options = {
    module: "nodenext",
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["strict.ts"] }));
  run(project, process.execPath, tsc, "-p", project);
  return undefined;
});

await check("one identity of each class, whatever entry it comes from", async () => {
  const script = `
const { Tensor, Layer, Optimizer, wasm, dense, losses, ops, sgd, tensor } = await import("aretejs");
const entries = await Promise.all(${JSON.stringify(subpaths)}.map(async (path) => [path, await import("aretejs/" + path)]));
const of = Object.fromEntries(entries);
const same = [
  of.ops.add(tensor([1]), 2) instanceof Tensor,
  of.layers.dense(2) instanceof Layer && of.layers.dense === dense,
  of.optimizers.muon() instanceof Optimizer && of.optimizers.sgd === sgd,
  (await wasm({ threads: 1 })) instanceof of["backends/wasm"].WasmBackend,
  of.losses.hinge === losses.hinge && of.ops.add === ops.add && of.ops === ops,
];
process.stdout.write(JSON.stringify(same));`;
  writeFileSync(join(project, "identity.mjs"), script);
  const same = JSON.parse(run(project, process.execPath, "identity.mjs")) as boolean[];
  expect(same.length === 5 && same.every((one) => one), `one of each, but: ${same}`);
  return `${subpaths.length} subpaths`;
});

await check("entries export what their sources do, and no names of the inside", async () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, { default?: string }>;
  };
  const files = Object.values(exports).flatMap(({ default: file }) => file ?? []);
  for (const file of files) {
    const names = async (path: string) => Object.keys(await import(path)).join();
    const wanted = await names(join(root, file.replace("./dist/", "src/").replace(/js$/, "ts")));
    const found = await names(join(installed, file));
    expect(found === wanted, `of ${file} the names ${wanted}, not ${found}`);
  }
  return `${files.length} entries`;
});

await check("no top-level await", async () => {
  // A script, other than a module, cannot have one: esbuild refuses it.
  await build({
    entryPoints: [join(project, "everything.mjs")],
    bundle: true,
    format: "iife",
    write: false,
    logLevel: "silent",
  });
  return undefined;
});

await check("an import does nothing", async () => {
  writeFileSync(
    join(project, "quiet.mjs"),
    `const calls = [];
const watch = (owner, names) => { for (const name of names) { const real = owner[name]; owner[name] = function (...args) { calls.push(name); return new.target ? new real(...args) : real.apply(this, args); }; } };
watch(WebAssembly, ["compile", "instantiate", "validate", "Module", "Instance", "Memory"]);
watch(globalThis, ["fetch", "atob", "setTimeout", "setInterval", "queueMicrotask", "DecompressionStream"]);
watch(console, ["log", "warn", "error", "info"]);
const before = Object.keys(globalThis).join();
const aretejs = await import("aretejs");
for (const path of ${JSON.stringify(subpaths)}) await import("aretejs/" + path);
if (Object.keys(globalThis).join() !== before) calls.push("a new global");
const imported = [...calls];
await aretejs.wasm();
process.stdout.write(JSON.stringify({ imported, used: [...new Set(calls)] }));`,
  );
  const { imported, used } = JSON.parse(run(project, process.execPath, "quiet.mjs")) as {
    imported: string[];
    used: string[];
  };
  expect(imported.length === 0, `no calls while importing, but: ${imported}`);
  for (const name of ["compile", "validate", "Instance", "atob"])
    expect(used.includes(name), `to see ${name} called once a backend is made: ${used}`);
  return undefined;
});

const reference = Number(
  run(project, process.execPath, "-e", 'import("./dense.mjs").then(async ({ train }) => console.log(await train()))'),
);
for (const [name, bundle] of Object.entries(bundlers)) {
  await check(name, async () => {
    const made: Record<string, Written> = {};
    for (const entry of Object.keys(programs)) {
      const outdir = join(project, `${name.replaceAll(/\W+/g, "-")}-${entry.replace(".mjs", "")}`);
      await bundle(project, entry, outdir);
      made[entry] = written(outdir, entry);
      if (entry !== "dense.mjs") continue;
      const script = `import(${JSON.stringify(join(outdir, entry))}).then(async ({ train }) => console.log(await train()))`;
      const loss = Number(
        run(
          project,
          process.execPath,
          "-e",
          name.includes("worker") ? `globalThis.self = globalThis; ${script}` : script,
        ),
      );
      expect(loss === reference, `a loss of ${reference}, as without bundling, not ${loss}`);
    }
    const {
      "dense.mjs": dense,
      "everything.mjs": everything,
      "unused.mjs": unused,
    } = made as Record<keyof typeof programs, Written>;
    for (const stranger of strangers) {
      expect(everything.all.includes(stranger), `${stranger} in everything`);
      expect(!dense.all.includes(stranger), `no ${stranger} beside a dense network`);
    }
    for (const stranger of elsewhere) {
      expect(!everything.all.includes(stranger), `no ${stranger} in a bundle that does not import its subpath`);
      expect(!dense.all.includes(stranger), `no ${stranger} beside a dense network`);
    }
    // Chunks that nothing imports may be written all the same (esbuild does): nobody loads them.
    expect(
      unused.entry.length < 100 && !unused.entry.includes("import"),
      `nothing left of imports that are not used, but: ${unused.entry.slice(0, 500)}`,
    );
    const kB = ({ all }: Written) => `${(all.length / 1000).toFixed(0)} kB`;
    return `dense and adam ${kB(dense)}, everything ${kB(everything)}, all chunks counted`;
  });
}

console.log(
  faults.length === 0 ? "The package is as it should be." : `${faults.length} checks failed: ${faults.join(", ")}`,
);
process.exit(faults.length > 0 ? 1 : 0);
