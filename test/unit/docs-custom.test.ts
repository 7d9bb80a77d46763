import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as aretejs from "../../src/index.ts";

const page = readFileSync(new URL("../../docs/custom.md", import.meta.url), "utf8");
const samples = Array.from(page.matchAll(/```ts\n([^`]*(?:`[^`]+`[^`]*)*?)```/g), ([, code]) => code as string);

describe("docs/custom.md", () => {
  it("has pieces of at most ten lines, but for the training step", () => {
    expect(samples.length).toBe(9);
    expect(
      samples
        .slice(0, -1)
        .map((code) => code.split("\n").length - 1)
        .filter((lines) => lines > 10),
    ).toEqual([]);
  });

  it("runs as it stands", async () => {
    const kept = ["lines", "history", "factor", "head", "product", "outputs", "last", "largest"];
    const code = `${samples.join("\n")}\nreturn { ${kept.join(", ")} };`;
    const { outputText } = ts.transpileModule(`async function run() { ${code} }`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, useDefineForClassFields: false },
    });
    const x = Array.from({ length: 16 }, (_, i) => [0, 1, 2, 3].map((j) => Math.sin(i + 2 * j)));
    const y = x.map(([a = 0, b = 0]) => [a * b]);
    const names = Object.keys(aretejs);
    const run = new Function(...names, "x", "y", `${outputText}\nreturn run();`);
    const found = await run(...names.map((name) => aretejs[name as keyof typeof aretejs]), x, y);
    expect(found.history.loss).toHaveLength(3);
    expect(Object.keys(found.history)).toEqual(["loss", found.largest.name]);
    expect(found.lines[0]).toBe(`1: ${found.history.loss[0].toFixed(3)}`);
    expect(found.factor).toHaveLength(4);
    expect(found.factor).not.toEqual(new Float32Array(4).fill(1));
    expect(Array.from(await found.head.bias.read())).toEqual([1, -1]);
    expect(await found.product.array()).toEqual([
      [5, 11],
      [11, 25],
    ]);
    expect(found.outputs.clean.shape).toEqual([16, 1]);
    expect(await found.outputs.noisy.data()).not.toEqual(await found.outputs.clean.data());
    expect(found.last.loss).toBeLessThan(0.3);
    expect(found.last.worst).toBeGreaterThan(0);
  });
});
