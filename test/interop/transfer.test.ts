// The network that examples/transfer trains on top of somebody else's one: real Keras opens its file.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { choose, imagesOf } from "../../examples/shared.ts";
import { fromGrey } from "../../examples/transfer/network.ts";
import { mnistDigits } from "../../scripts/digits.ts";
import { loadModel } from "../../src/io/index.ts";
import { expectPredictions, predictInKeras } from "./predict.ts";

it("the network that the transfer example saves predicts in Keras as here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aretejs-transfer-"));
  try {
    const file = join(folder, "transfer.keras");
    const { run } = await import("../../examples/transfer/index.ts");
    const options = { short: true, images: await mnistDigits() };
    const figures = await run(options, file);
    for (const { frozen, randomFrozen } of figures) expect(frozen[0]).toBeGreaterThan(randomFrozen[0] as number);
    // Of noise, a network that has seen few pictures is sure: it would say the same of all.
    const { test } = await imagesOf(options);
    const inputs = join(folder, "pictures.bin");
    writeFileSync(inputs, await fromGrey(choose(test, { classes: [0, 1, 2, 3], take: 4 }).x.data).data());
    await expectPredictions(await loadModel(file), predictInKeras(file, inputs));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
