import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import * as aretejs from "../../src/index.ts";
import { tensorBoard } from "../../src/io/tensorboard/index.ts";
import * as plot from "../../src/plot/index.ts";
import { textsOf } from "../package/code-blocks.ts";

const page = readFileSync(new URL("../../docs/plots.md", import.meta.url), "utf8");
const pictures = new URL("../../docs/plots/", import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "aretejs-docs-"));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

it("docs/plots.md runs as it stands, and its pictures are those that it draws", async () => {
  process.chdir(directory);
  const samples = textsOf("docs/plots.md", page, "js", "comment");
  expect(samples).toHaveLength(10);
  const code = samples.join("\n").replaceAll(/^import .*$/gm, "");
  const known: Record<string, unknown> = { ...aretejs, ...plot, tensorBoard };
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await new Function(...Object.keys(known), `return (async () => {${code}})();`)(...Object.values(known));
  expect(String(log.mock.calls[0]?.[0])).toContain("<svg");
  log.mockRestore();
  expect(readdirSync(".").sort()).toEqual(
    ["confusion", "curves", "filters", "images", "model", "range", "runs", "schedules", "weights"]
      .map((name) => `${name}.svg`)
      .concat(["logs", "run.html"])
      .sort(),
  );
  for (const name of readdirSync(pictures)) {
    // To draw them anew: UPDATE_PICTURES=1 npx vitest run test/unit/docs-plots.test.ts
    if (process.env.UPDATE_PICTURES) copyFileSync(name, new URL(name, pictures));
    expect(readFileSync(name, "utf8")).toBe(readFileSync(new URL(name, pictures), "utf8"));
  }
});
