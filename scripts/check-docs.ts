/**
 * What can be checked of the documentation without a build: links of all pages, words behind every export and option,
 * and the tables of names.
 *
 *     npm run test:docs
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { namePages } from "../site/names/index.ts";
import { addressOf, linkFaults, linksOf } from "./check-links.ts";
import { documentedOptions } from "./documented-options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  repository: { url: string };
  homepage: string;
  bugs: string;
  exports: Record<string, string | { types: string }>;
};
const repository = addressOf(manifest);
const faults: string[] = [];
for (const [field, address] of Object.entries({ homepage: manifest.homepage, bugs: manifest.bugs }))
  if (!address.startsWith(repository)) faults.push(`package.json: ${field} must be in ${repository}.`);

// What git holds or would hold, without what is generated.
const pages = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && !path.startsWith("test/"));
let links = 0;
for (const path of pages) {
  const text = readFileSync(join(root, path), "utf8");
  links += linksOf(text).length;
  faults.push(...linkFaults(path, text, { root, repository, isAbsolute: path === "README.md" }));
}

const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === "string" ? [] : [target.types.replace("./dist/", "src/").replace(".d.ts", ".ts")],
);
const { exports, options, missing } = documentedOptions(entries);
faults.push(...missing.map((name) => `${name} has no docstring.`));

for (const { path, text, made } of namePages())
  if (made !== text) faults.push(`${path} is stale. Run npx tsx site/names/index.ts --write`);

for (const fault of faults) console.error(`FAILED  ${fault}`);
console.log(
  `${pages.length} pages with ${links} links, ${exports} exports, ${options} options; ${faults.length} faults`,
);
process.exit(faults.length > 0 ? 1 : 0);
