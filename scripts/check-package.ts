/**
 * Installs the packed package into an empty project, as a user does, compiles the README's code there and runs it:
 * finds files that were not packed, exports that do not resolve, types that do not compile, and a README that is not
 * true. Run `npm run build` first.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installPacked, run } from "./pack.ts";

const root = new URL("..", import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), "aretejs-package-"));
// What a command prints is shown where it fails: tsc complains on its standard output.
process.on("uncaughtException", (error: Error & { stdout?: string }) => {
  console.error(error.stdout ?? "", error.message);
  process.exit(1);
});

/**
 * What the README's code takes as given: blank and dark images in small numbers, so that a few epochs tell them apart.
 */
const given = `
import * as testing from "aretejs/testing";
const y = Int32Array.from({ length: 2000 }, (_, i) => i % 2);
const x = { data: Float32Array.from({ length: 2000 * 784 }, (_, i) => (Math.floor(i / 784) % 2) * 0.5 + (i % 7) / 20), shape: [2000, 28, 28] };
const [xTrain, yTrain, xTest, yTest] = [x, y, x, y];
const bytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 8, 9);
const text = "width,height,label\\n1,2,0\\n";
const rows = [{ values: [1, 2], label: 0 }];
`;

/** What must come out. */
const expected = `
if (!(Number(accuracy) > 0.95)) throw new Error("accuracy " + accuracy);
if (String(await (await again.predict(xTest)).data()) !== String(await (await model.predict(xTest)).data())) throw new Error("digits.keras");
if (history.history["loss"]?.length !== 10 || !Number.isFinite(loss)) throw new Error("losses " + JSON.stringify(history.history));
if (String([images.shape, table.shape]) !== "2,1,2") throw new Error("shapes " + images.shape + " " + table.shape);
for await (const { y } of stream.batch(2)) if (y.data[0] !== 0) throw new Error("labels " + y.data);
console.log("README: accuracy " + accuracy + " on two kinds of images; " + Object.keys(testing).length + " exports for tests");
`;

/** What the exports of package.json give away, and what that imports in turn. */
const reached = (() => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const open = Object.values(exports)
    .flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
    .map((target) => target.slice(2));
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const specifiers = [
      ...readFileSync(join(root, file), "utf8").matchAll(/(?:\bfrom|\bimport|\bimport\() ?['"](\.[^'"]+)['"]/g),
    ].map(([, specifier]) => specifier as string);
    for (const specifier of specifiers)
      open.push(join(dirname(file), file.endsWith(".d.ts") ? specifier.replace(/\.(js|ts)$/, ".d.ts") : specifier));
  }
  return seen;
})();

const readme = readFileSync(join(root, "README.md"), "utf8");
const program = [given, ...[...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code), expected].join("\n");

try {
  const { path, size, files } = installPacked(project);
  console.log(`${path.split("/").at(-1)}: ${files.length} files, ${(size / 1000).toFixed(0)} kB`);
  const wanted = new Set([...reached, "README.md", "CHANGELOG.md", "LICENSE"]);
  // tsc declares every source file, also those whose types no entry shows.
  const strays = files.filter((file) => !wanted.has(file) && !file.endsWith(".d.ts"));
  const missing = [...wanted].filter((file) => !files.includes(file));
  if (strays.length > 0 || missing.length > 0)
    throw new Error(
      `packed without need: ${strays.join(", ") || "nothing"}; missing: ${missing.join(", ") || "nothing"}`,
    );

  writeFileSync(join(project, "train.ts"), program);
  // As applications compile: Node's own resolution, strict, no Node types, and the package's declarations checked too.
  const compilerOptions = { module: "NodeNext", target: "ES2022", lib: ["ES2022", "DOM"], strict: true, types: [] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["train.ts"] }));
  run(project, process.execPath, join(root, "node_modules/typescript/bin/tsc"));
  console.log(run(project, process.execPath, "train.js").trim());
} finally {
  rmSync(project, { recursive: true });
}
