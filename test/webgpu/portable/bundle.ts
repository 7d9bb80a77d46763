// Bundles suites with the portable runner in vitest's place.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One file of ECMAScript, for pages and for Deno: suites by name, and `runAll` and what is exported beside. */
export async function bundle(suites: readonly string[], outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: [
        ...suites.map((suite) => `import "../suites/${suite}.test.ts";`),
        'export { runAll } from "./vitest.ts";',
      ].join("\n"),
      resolveDir: here("."),
      loader: "ts",
    },
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["browser", "import"],
    alias: { vitest: here("vitest.ts") },
    external: ["node:*"],
    logLevel: "error",
  });
}
