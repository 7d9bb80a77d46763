import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, expect, it, vi } from "vitest";
import * as aretejs from "../../src/index.ts";
import { tensorBoard } from "../../src/io/tensorboard/index.ts";
import * as plot from "../../src/plot/index.ts";

const page = readFileSync(new URL("../../docs/plots.md", import.meta.url), "utf8");
const pictures = new URL("../../docs/plots/", import.meta.url);
const directory = mkdtempSync(join(tmpdir(), "aretejs-docs-"));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

/** Points of three arms of a spiral. */
function spirals(): { x: number[][]; y: Int32Array } {
  const at = (i: number) => ({ arm: i % 3, radius: 0.1 + (0.9 * Math.floor(i / 3)) / 100 });
  const x = Array.from({ length: 300 }, (_, i) => {
    const { arm, radius } = at(i);
    const angle = 4 * radius + (2 * Math.PI * arm) / 3;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { x, y: Int32Array.from({ length: 300 }, (_, i) => at(i).arm) };
}

it("docs/plots.md runs as it stands, and its pictures are those that it draws", async () => {
  process.chdir(directory);
  const hidden = aretejs.dense(8, { inputShape: [2], activation: "relu", name: "hidden" });
  const model = aretejs.sequential([hidden, aretejs.dense(3, { activation: "softmax", name: "class" })], {
    seed: 1,
    name: "spirals",
  });
  model.compile({
    optimizer: aretejs.adam({ learningRate: 0.01 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend: aretejs.js(),
  });
  const samples = Array.from(page.matchAll(/```ts\n([^`]*)```/g), ([, code]) => code as string);
  expect(samples).toHaveLength(9);
  const { outputText } = ts.transpileModule(`async function run() { ${samples.join("\n")} }`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const known: Record<string, unknown> = {
    ...aretejs,
    ...plot,
    tensorBoard,
    model,
    ...spirals(),
    images: { data: new Float32Array(3 * 16), shape: [3, 4, 4] },
    labels: [0, 1, 2],
    predictions: [0, 1, 1],
    filters: { data: new Float32Array(36), shape: [3, 3, 1, 4] },
  };
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await new Function(...Object.keys(known), `${outputText}\nreturn run();`)(...Object.values(known));
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
