import { join } from "node:path";
import { defineConfig } from "vitest/config";
import tsconfig from "./tsconfig.json" with { type: "json" };

/** Examples import the package by its name: the files for these names are those of tsconfig.json. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [path = ""]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: join(import.meta.dirname, path),
}));

/**
 * Three layers, so that each can be run alone (`npx vitest run --project unit`): hand-computed values and messages;
 * properties on random cases, which need time; numbers that real Keras made.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    // All cores: files run in processes of their own, one by one in each.
    maxWorkers: "100%",
    // Generous, for slow and shared machines: a test that hangs is found all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "test/unit/**/*.test.ts",
            "test/architecture.test.ts",
            "test/types/**/*.test.ts",
            "examples/testing/*.test.ts",
          ],
        },
      },
      { extends: true, test: { name: "property", include: ["test/property/**/*.test.ts"], testTimeout: 300_000 } },
      { extends: true, test: { name: "golden", include: ["test/golden/**/*.test.ts"] } },
    ],
  },
});
