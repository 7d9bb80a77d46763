// Bundles suites with the portable runner in vitest's place.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One file of ECMAScript that exports `runAll`. @param suites paths from test/ without `.test.ts`. */
export async function bundle(suites: readonly string[], outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: [
        ...suites.map((suite) => `import "../../${suite}.test.ts";`),
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
    // Tests are imported for their effect, though they lie in a package without side effects.
    ignoreAnnotations: true,
    logLevel: "error",
  });
}
