import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { textsOf } from "../package/code-blocks.ts";

const page = readFileSync(new URL("../../docs/custom.md", import.meta.url), "utf8");

it("docs/custom.md has pieces of fewer than ten lines besides imports, but for the training step", () => {
  const pieces = textsOf("docs/custom.md", page, "ts").map((code) =>
    code
      .replace(/^import .*\n\n?/gm, "")
      .trim()
      .split("\n"),
  );
  expect(pieces).toHaveLength(12);
  expect(pieces.slice(0, -1).filter(({ length }) => length >= 10)).toEqual([]);
});
