/**
 * Sizes of what users download, gzipped: exits with 1 where a limit is passed. Run `npm run build` first. A limit is
 * where we are, rounded up to half a kB, so that nothing grows unseen; a budget is where design §1 wants us. Lower a
 * limit whenever a change allows it.
 *
 * Each application is bundled and minified from the package, by esbuild with code splitting and by rolldown (which is
 * what vite uses), and run: counted is its entry with all that this imports, and each chunk that the run loads on
 * demand, the WASM among them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rolldown } from "rolldown";

const KB = 1000;
const root = join(import.meta.dirname, "..");

interface Application {
  readonly what: string;
  /** What it imports from the package; `*` for all. */
  readonly names: string;
  /** What it does with these: builds, compiles, fits on arrays with default options, predicts. */
  readonly run: string;
  /** What it imports from other entries, by their paths in dist/; the row is then what these add to `names`. */
  readonly beside?: string;
  /** In bytes, of what esbuild makes. */
  readonly limit: number;
  readonly budget: number;
}

/** Trains a model on zeros and predicts with it. */
const use = (model: string, optimizer: string, shape: string, loss: string, labels: string) => `{
  const model = ${model};
  model.compile({ optimizer: ${optimizer}, loss: "${loss}", metrics: ["accuracy"] });
  const x = { data: new Float32Array(64 * ${shape}.reduce((a, b) => a * b)), shape: [64, ...${shape}] };
  await model.fit(x, ${labels}, { epochs: 2 });
  await (await model.predict(x)).data();
}`;
const classes = "new Int32Array(64)";
const denseRun = use(
  'sequential([dense(16, { activation: "relu", inputShape: [8] }), dense(2, { activation: "softmax" })])',
  "adam()",
  "[8]",
  "sparseCategoricalCrossentropy",
  classes,
);
const cnnRun = use(
  'sequential([conv2d(4, 3, { activation: "relu", inputShape: [8, 8, 1] }), maxPooling2d(2), flatten(), dense(2, { activation: "softmax" })])',
  "sgd()",
  "[8, 8, 1]",
  "sparseCategoricalCrossentropy",
  classes,
);
const recurrentRun = use(
  'sequential([lstm(4, { inputShape: [5, 3] }), dense(2, { activation: "softmax" })])',
  "adam()",
  "[5, 3]",
  "sparseCategoricalCrossentropy",
  classes,
);

/** What functions of aretejs/io add to an application that has all layers, with what they load on demand. */
const io = (what: string, functions: string, limit: number): Application => ({
  what,
  names: "*",
  run: `${denseRun}
{
  const { saveModel, loadModel, sequential, dense } = await import("./application.js");
  const { readFileSync, writeFileSync } = await import("node:fs");
  const store = { read: () => readFileSync("model.keras"), write: (bytes) => writeFileSync("model.keras", bytes) };
  if (saveModel) {
    const model = sequential([dense(2, { inputShape: [3] })]);
    model.compile({ optimizer: "adam", loss: "mse" });
    await saveModel(model, store);
  }
  if (loadModel) await loadModel(store);
}`,
  beside: `export { ${functions} } from "DIST/io/index.js";`,
  limit,
  budget: 20 * KB,
});

/** What pictures of aretejs/plot add to an application that has all layers. */
const plot = (what: string, exported: string, limit: number): Application => ({
  what,
  names: "*",
  run: denseRun,
  beside: `${exported} from "DIST/plot/index.js";`,
  limit: limit * KB,
  budget: 8 * KB,
});

/**
 * What aretejs/distributed adds to an application that has all layers: by itself, and with what a call loads that has
 * no server. Checkpoints, which come with aretejs/io, local steps, the bar and most errors are loaded later.
 */
const distributed = (what: string, call: string, limit: number): Application => ({
  what,
  names: "*",
  run: `${denseRun}
{
  const { distributed } = await import("./application.js");
  if (distributed) await (async () => { ${call} })().catch(() => {});
}`,
  beside: 'export * as distributed from "DIST/distributed/index.js";',
  limit: limit * KB,
  budget: 8 * KB,
});

const applications: readonly Application[] = [
  { what: "dense and adam", names: "{ sequential, dense, adam }", run: denseRun, limit: 78 * KB, budget: 60 * KB },
  {
    what: "small CNN",
    names: "{ sequential, conv2d, maxPooling2d, flatten, dense, sgd }",
    run: cnnRun,
    limit: 99 * KB,
    budget: 75 * KB,
  },
  {
    what: "webgpu beside it",
    names: "{ sequential, dense, adam }",
    run: denseRun,
    beside: 'export { webgpu } from "DIST/backends/webgpu/index.js";',
    limit: 18 * KB,
    budget: 18 * KB,
  },
  { what: "everything", names: "*", run: denseRun + cnnRun + recurrentRun, limit: 178 * KB, budget: 125 * KB },
  io("saving models", "saveModel", 11.5 * KB),
  io("loading models", "loadModel", 15 * KB),
  io("saving, loading", "saveModel, loadModel", 20 * KB),
  // Beside an application that has all layers.
  plot("all of plot", "export * as plot", 12.5),
  plot("curves of plot", "export { plotHistory }", 6),
  {
    // Beside an application that has all layers.
    what: "all of data",
    names: "*",
    run: denseRun,
    beside: 'export * as data from "DIST/data-entry.js";',
    limit: 16 * KB,
    budget: 16 * KB,
  },
  distributed("distributed, unused", "", 2),
  distributed("jobs of distributed", "await distributed.join()", 10.5),
  distributed("search of distributed", "await distributed.search()", 5.5),
  {
    // Beside an application that has all layers.
    what: "augmentation",
    names: "*",
    run: denseRun,
    beside: 'export * as augmentation from "DIST/augmentation-entry.js";',
    limit: 6 * KB,
    budget: 6 * KB,
  },
];

/** A file that a bundler made, and the files that it imports when it is loaded. */
interface Chunk {
  readonly name: string;
  readonly code: string;
  readonly imports: readonly string[];
}

const ENTRY = "application.js";
const bundlers: Readonly<Record<string, (dir: string) => Promise<Chunk[]>>> = {
  esbuild: async (dir) => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(dir, ENTRY)],
      absWorkingDir: dir,
      preserveSymlinks: true,
      bundle: true,
      minify: true,
      splitting: true,
      format: "esm",
      target: "es2022",
      outdir: join(dir, "out"),
      metafile: true,
      write: false,
    });
    return Object.entries(metafile.outputs).map(([path, { imports }], index) => ({
      name: path.replace(/^out\//, ""),
      code: outputFiles[index]?.text ?? "",
      imports: imports.flatMap(({ path, kind }) => (kind === "import-statement" ? [path.replace(/^out\//, "")] : [])),
    }));
  },
  rolldown: async (dir) => {
    const bundle = await rolldown({ input: join(dir, ENTRY), platform: "browser", resolve: { symlinks: false } });
    const { output } = await bundle.generate({ dir: join(dir, "out"), minify: true, entryFileNames: ENTRY });
    return output.flatMap((file) =>
      file.type === "chunk" ? [{ name: file.fileName, code: file.code, imports: file.imports }] : [],
    );
  },
};

/** Marks the chunks, runs the application in Node, and gives the names of the chunks that it loaded. */
function loadedBy(chunks: readonly Chunk[], dir: string, { names, run }: Application): string[] {
  for (const { name, code } of chunks) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), `(globalThis.loaded ??= new Set()).add(${JSON.stringify(name)});${code}`);
  }
  const imported = names === "*" ? "{ sequential, conv2d, maxPooling2d, flatten, dense, lstm, sgd, adam }" : names;
  const program = `console.log = console.info = () => {};
const ${imported} = await import("./${ENTRY}");
${run}
process.stdout.write(JSON.stringify([...globalThis.loaded]));
process.exit();`;
  writeFileSync(join(dir, "run.mjs"), program);
  writeFileSync(join(dir, "model.keras"), model);
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  const printed = execFileSync(process.execPath, ["run.mjs"], { cwd: dir, encoding: "utf8" });
  return JSON.parse(printed.slice(printed.lastIndexOf("[")));
}

/** Bytes of an application's code and WASM, and in how many files; of what is beside it, what it adds. */
async function measure(application: Application, bundler: string) {
  const { beside, ...alone } = application;
  const all = await measureWhole(alone, bundler, beside);
  if (!beside) return all;
  const { code, wasm, files } = await measureWhole(alone, bundler);
  return { code: all.code - code, wasm: all.wasm - wasm, files: all.files - files };
}

async function measureWhole(application: Application, bundler: string, beside = "") {
  const dir = mkdtempSync(join(tmpdir(), "aretejs-size-"));
  try {
    // Names of chunks are hashes of paths, so each path begins in the same folder wherever the repository is.
    symlinkSync(root, join(dir, "aretejs"));
    const others = beside.replaceAll("DIST", "./aretejs/dist");
    writeFileSync(join(dir, ENTRY), `export ${application.names} from "./aretejs/dist/index.js";${others}`);
    const chunks = (await bundlers[bundler]?.(dir)) ?? [];
    const loaded = loadedBy(chunks, join(dir, "out"), application);
    let code = 0;
    let wasm = 0;
    for (const { name, code: text } of chunks) {
      if (!loaded.includes(name)) continue;
      const bytes = gzipSync(text, { level: 9 }).length;
      if (isWasm(text)) wasm += bytes;
      else code += bytes;
    }
    if (code === 0 || wasm === 0) throw new Error(`size: expected code and WASM to be loaded, found ${loaded}`);
    return { code, wasm, files: loaded.length };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** WASM is a long string of base64. */
const isWasm = (text: string) => /["'`][A-Za-z0-9+/=]{4000,}["'`]/.test(text);

if (!existsSync(join(root, "dist/index.js"))) {
  console.error("size: there is no dist/index.js. Run npm run build first.");
  process.exit(1);
}
/** The file that an application loads which saves none. */
const model = await modelFile();
async function modelFile(): Promise<Uint8Array> {
  const { sequential, dense } = await import(join(root, "dist/index.js"));
  const { saveModel } = await import(join(root, "dist/io/index.js"));
  const made = sequential([dense(2, { inputShape: [3] })]);
  made.compile({ optimizer: "adam", loss: "mse" });
  let file = new Uint8Array();
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    file = bytes;
  };
  await saveModel(made, { read: () => file, write });
  return file;
}
const row = (what: string, ...cells: (number | string)[]) =>
  console.log(
    what.padEnd(18) +
      cells.map((cell) => (typeof cell === "number" ? (cell / KB).toFixed(1) : cell).padStart(11)).join(""),
  );
row("gzipped, kB", "esbuild", "code", "WASM", "files", "limit", "budget", "rolldown", "files");
let passed = 0;
for (const application of applications) {
  const { what, limit, budget } = application;
  const { code, wasm, files } = await measure(application, "esbuild");
  const other = await measure(application, "rolldown");
  const isOver = code + wasm > limit;
  if (isOver) passed++;
  row(
    what,
    code + wasm,
    code,
    wasm,
    String(files),
    limit,
    budget,
    other.code + other.wasm,
    `${other.files}${isOver ? "  over the limit" : ""}`,
  );
}
if (passed > 0) {
  console.error(`size: ${passed} over the limit.`);
  process.exit(1);
}
