import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as testing from "../../src/testing/index.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const docs = read("docs/testing.md");

/** As a user's compiler wants it. */
const asUser = (code: string) => code.replace('"./highway.ts"', '"./highway.js"');

describe("docs/testing.md", () => {
  it.each(["highway.ts", "highway.test.ts"])("has %s as it runs in examples/testing", (file) => {
    expect(docs).toContain(`\`\`\`ts file=${file}\n${asUser(read(`examples/testing/${file}`))}\`\`\``);
  });

  it("speaks of what there is", () => {
    for (const name of ["checkGradients", "toBeAllClose", "compareClose", "arbitraries", "conformance"]) {
      expect(docs).toContain(`${name}(`);
      expect(testing).toHaveProperty(name);
    }
  });
});
