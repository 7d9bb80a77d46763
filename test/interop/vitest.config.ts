import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** `npm run test:interop`: files go to the programs that own their formats, and come from them. Needs Python. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^aretejs\/io$/, replacement: join(import.meta.dirname, "../../src/io/index.ts") },
      { find: /^aretejs$/, replacement: join(import.meta.dirname, "../../src/index.ts") },
    ],
  },
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    testTimeout: 600_000,
    maxWorkers: "100%",
  },
});
