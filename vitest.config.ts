import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/**
 * Three layers, so that each can be run alone (`npx vitest run --project unit`): hand-computed values and messages;
 * properties on random cases, which need time; numbers that real Keras made.
 */
export default defineConfig({
  // Examples import the package by its name.
  resolve: {
    alias: [
      { find: /^aretejs$/, replacement: source("index.ts") },
      { find: /^aretejs\/data$/, replacement: source("data-entry.ts") },
      { find: /^aretejs\/io$/, replacement: source("io/index.ts") },
      { find: /^aretejs\/optimizers$/, replacement: source("optimizers.ts") },
      { find: /^aretejs\/plot$/, replacement: source("plot/index.ts") },
      { find: /^aretejs\/testing$/, replacement: source("testing/index.ts") },
    ],
  },
  test: {
    // All cores: files run in processes of their own, one by one in each.
    maxWorkers: "100%",
    // Generous, for slow and shared machines: a test that hangs is found all the same.
    testTimeout: 60_000,
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
