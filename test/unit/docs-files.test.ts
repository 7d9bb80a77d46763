import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, expect, it } from "vitest";
import * as aretejs from "../../src/index.ts";
import * as io from "../../src/io/index.ts";
import { dense } from "../../src/nn/layers/index.ts";

const page = readFileSync(new URL("../../docs/files.md", import.meta.url), "utf8");
const directory = mkdtempSync(join(tmpdir(), "aretejs-docs-"));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

const tfjsModel = {
  modelTopology: {
    class_name: "Sequential",
    config: {
      name: "s",
      layers: [{ class_name: "Dense", config: { name: "d", units: 1, batch_input_shape: [null, 2] } }],
    },
  },
  weightsManifest: [
    {
      paths: ["shard.bin"],
      weights: [
        { name: "d/kernel", shape: [2, 1], dtype: "float32" },
        { name: "d/bias", shape: [1], dtype: "float32" },
      ],
    },
  ],
};

it("docs/files.md runs as it stands", async () => {
  process.chdir(directory);
  const model = aretejs.sequential([dense(2, { inputShape: [3] })], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "mse" });
  await io.saveModel(model, "digits.keras");
  mkdirSync("old");
  writeFileSync("old/model.json", JSON.stringify(tfjsModel));
  writeFileSync("old/shard.bin", new Uint8Array(Float32Array.of(1, 2, 3).buffer));
  const samples = Array.from(page.matchAll(/```ts\n([^`]*)```/g), ([, code]) => code as string);
  expect(samples).toHaveLength(6);
  const code = `${samples.join("\n")}\nreturn { missing, history, bytes, old, again, model };`;
  const { outputText } = ts.transpileModule(`async function run() { ${code} }`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const x = Array.from({ length: 8 }, (_, i) => [Math.sin(i), Math.cos(i), 1]);
  // The name is in both: the page's is that of `aretejs/io`.
  const known: Record<string, unknown> = { ...aretejs, ...io };
  const names = Object.keys(known);
  const run = new Function(...names, "x", "y", `${outputText}\nreturn run();`);
  const found = await run(
    ...names.map((name) => known[name]),
    x,
    x.map(([a = 0, b = 0]) => [a + b, a - b]),
  );
  expect(found.missing).toEqual([]);
  expect(found.history.epoch).toEqual([0, 1, 2]);
  expect(existsSync("digits-2.keras") && existsSync("run.safetensors")).toBe(true);
  expect(readFileSync("digits.onnx")).toHaveLength(found.bytes.length);
  expect(await (await found.old.predict([[1, 1]])).array()).toEqual([[6]]);
  expect((await found.again.getWeights())[0].data).toEqual((await found.model.getWeights())[0].data);
});
