import { defineConfig } from "vitest/config";

/** `npm run test:interop`: files go to the programs that own their formats, and come from them. Needs Python. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    testTimeout: 600_000,
    maxWorkers: "100%",
  },
});
