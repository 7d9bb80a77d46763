// Bundles suites with the portable runner in vitest's place.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Suites tell the runner which file they are. */
const named: Plugin = {
  name: "named suites",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.test\.ts$/ }, ({ path }) => {
      const name = relative(here("../.."), path)
        .replace(/\.test\.ts$/, "")
        .replace("webgpu/suites/", "");
      const call = `import { inFile } from "vitest"; inFile(${JSON.stringify(name)});`;
      return { contents: `${call}${readFileSync(path, "utf8")}`, loader: "ts" };
    });
  },
};

/** One file of ECMAScript that exports `runAll`. @param suites paths from test/ without `.test.ts`. */
export async function bundle(suites: readonly string[], outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: [
        ...suites.map((suite) => `import "../../${suite}.test.ts";`),
        'export { runAll, summary } from "./vitest.ts";',
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
    plugins: [named],
    external: ["node:*"],
    // Tests are imported for their effect, though they lie in a package without side effects.
    ignoreAnnotations: true,
    logLevel: "error",
  });
}
