/**
 * Compiles and runs the code of README.md, of the pages in docs/ and of the examples' READMEs, as their readers would:
 * in a project of its own, against the packed package. `code-blocks.ts` says which words behind a block's language
 * change what is done with it. Run `npm run build` first.
 *
 *     npm run test:pages                  # all
 *     npm run test:pages -- docs/files.md # some
 */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installPacked } from "../../scripts/pack.ts";
import { codeOf, isPrinted, type PageModule, partEnd } from "./code-blocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const asked = process.argv.slice(2);
const pages = [
  "README.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
]
  .filter((page) => page.endsWith(".md") && existsSync(join(root, page)))
  .filter((page) => asked.length === 0 || asked.includes(page));

const project = mkdtempSync(join(tmpdir(), "aretejs-pages-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));
installPacked(project);
// What pages import besides: taken from this checkout, or known by name only.
for (const name of ["vitest", "fast-check", "@types/node", "@webgpu/types"]) {
  mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
  symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
}
const untyped = [
  "@nats-io/nkeys",
  "@nats-io/transport-node",
  "webgpu",
  "onnxruntime-web",
  "@tensorflow/tfjs",
  "*.wasm",
];

interface Task {
  readonly page: string;
  readonly module: PageModule;
  /** Where its code is. */
  readonly file: string;
}

const faults: string[] = [];
const tasks: Task[] = [];
for (const page of pages) {
  const { modules, files } = codeOf(page, readFileSync(join(root, page), "utf8"));
  const folder = page.replaceAll("/", "-").replace(".md", "");
  mkdirSync(join(project, folder), { recursive: true });
  for (const [name, code] of Object.entries(files)) writeFileSync(join(project, folder, name), code);
  for (const [at, module] of modules.entries()) {
    const file = join(folder, `page${at === 0 ? "" : at + 1}.${module.language}`);
    writeFileSync(join(project, file), module.code);
    tasks.push({ page, module, file });
  }
}
writeFileSync(
  join(project, "untyped.d.ts"),
  `${untyped.map((name) => `declare module "${name}";\n`).join("")}
declare module "expect" { interface Matchers<R> {} }
`,
);

/** Compiles what is in TypeScript as strictly as applications do, and holds what is in JavaScript against the types. */
async function compile(language: "ts" | "js"): Promise<void> {
  const compilerOptions = {
    module: "NodeNext",
    target: "ES2022",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    types: ["node", "@webgpu/types"],
    skipLibCheck: true,
    ...(language === "ts" ? { strict: true } : { allowJs: true, checkJs: true, noEmit: true }),
  };
  const config = `tsconfig.${language}.json`;
  writeFileSync(
    join(project, config),
    JSON.stringify({ compilerOptions, include: [`*/*.${language}`, "untyped.d.ts"], exclude: ["node_modules"] }),
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", config], { cwd: project });
  } catch (error) {
    const { stdout = "" } = error as { stdout?: string };
    faults.push(
      stdout.replaceAll(/^(\S+)\((\d+),\d+\)/gm, (whole, file: string, line: string) => {
        const task = tasks.find((task) => task.file === file);
        return task ? `${task.page}:${line}` : whole;
      }),
    );
  }
}

/** Runs a module and compares what it prints. Its lines are those of the page, so a stack names them. */
async function runModule({ page, module, file }: Task): Promise<void> {
  const cwd = join(project, `${file.replaceAll("/", "-")}-files`);
  mkdirSync(cwd);
  const started = performance.now();
  try {
    const script = join(project, file.replace(/\.ts$/, ".js"));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd, timeout: 120_000 });
    const parts = stdout.split(`${partEnd}\n`);
    for (const [at, { line, text }] of module.outputs.entries())
      if (!isPrinted(text, parts[at] ?? ""))
        faults.push(`${page}:${line}: must be what was printed:\n${parts[at]?.trim()}\n`);
    console.log(`ok  ${module.name}: ${module.blocks} blocks, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    const { stderr = "", stdout = "", message } = error as Error & { stderr?: string; stdout?: string };
    faults.push(`${module.name}: ${stderr || message}\n${stdout.slice(-1000)}`);
  }
}

await compile("js");
for (const { file } of tasks) {
  // What a module in TypeScript becomes replaces nothing: pages in JavaScript have names of their own.
  if (file.endsWith(".ts") && existsSync(join(project, file.replace(/\.ts$/, ".js"))))
    throw new Error(`${file} has a neighbour in JavaScript.`);
}
await compile("ts");
if (faults.length === 0) {
  const waiting = tasks.filter(({ module }) => module.run);
  const worker = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await runModule(task);
  };
  await Promise.all([worker(), worker()]);
}
for (const fault of faults) console.error(`FAILED  ${fault}`);
const count = (chosen: readonly Task[]) => chosen.reduce((sum, { module }) => sum + module.blocks, 0);
console.log(
  `${pages.length} pages, ${count(tasks)} blocks in ${tasks.length} modules, ` +
    `${tasks.filter(({ module }) => module.run).length} of them run; ${faults.length} faults`,
);
process.exit(faults.length > 0 ? 1 : 0);
