/**
 * Installs the packed package into an empty project, as a user does, and trains there: finds files that were not packed, exports that
 * do not resolve, types that do not compile, and modules that load something twice. Run `npm run build` first.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), "aretejs-package-"));
const run = (cwd: string, command: string, ...args: string[]) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Two clouds of points, told apart by one unit. */
const program = `
import { adam, dense, sequential, tensor } from "aretejs";
import * as testing from "aretejs/testing";

const x = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898) + (i % 4 < 2 ? 2 : -2));
const y = Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : 0));
const model = sequential([dense(1, { activation: "sigmoid", inputShape: [2] })], { seed: 1 });
model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
await model.fit(tensor(x, [200, 2]), tensor(y, [200, 1]), { epochs: 5, verbose: 0 });
const { accuracy } = await model.evaluate(tensor(x, [200, 2]), tensor(y, [200, 1]), { verbose: 0 });
if (!(Number(accuracy) > 0.95)) throw new Error("accuracy " + accuracy);
console.log("installed, typed, trained: accuracy " + accuracy + ", " + Object.keys(testing).length + " exports for tests");
`;

try {
  const [packed] = JSON.parse(run(root, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", project)) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  console.log(`${packed.filename}: ${packed.files.length} files, ${(packed.size / 1000).toFixed(0)} kB`);
  const strays = packed.files.filter(({ path }) => !/^(dist\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(path));
  if (strays.length > 0) throw new Error(`packed without need: ${strays.map(({ path }) => path).join(", ")}`);

  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run(project, "npm", "install", "--no-audit", "--no-fund", join(project, packed.filename));
  writeFileSync(join(project, "train.ts"), program);
  // The types that applications use: Node's own resolution, strict, no Node types, and the declarations themselves checked.
  const options = ["--module", "NodeNext", "--target", "ES2022", "--lib", "ES2022,DOM", "--strict", "--types", ""];
  run(project, process.execPath, join(root, "node_modules/typescript/bin/tsc"), ...options, "train.ts");
  console.log(run(project, process.execPath, "train.js").trim());
} finally {
  rmSync(project, { recursive: true });
}
