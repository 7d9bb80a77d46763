// The network that examples/transfer trains on top of somebody else's one: real Keras opens its file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mnistDigits } from "../../scripts/digits.ts";
import { loadModel } from "../../src/io/index.ts";
import { expectPredictions, predictInKeras } from "./predict.ts";

it("the network that the transfer example saves predicts in Keras as here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aretejs-transfer-"));
  try {
    const file = join(folder, "transfer.keras");
    const { run } = await import("../../examples/transfer/index.ts");
    const figures = await run({ short: true, images: await mnistDigits() }, file);
    for (const { frozen, randomFrozen } of figures) expect(frozen[0]).toBeGreaterThan(randomFrozen[0] as number);
    await expectPredictions(await loadModel(file), predictInKeras(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
