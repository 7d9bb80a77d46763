// Trains, or goes on training, and prints a hash of everything that the run ends with. Run by kill-and-resume.ts with
// the name of an optimizer and the path of the checkpoint.
import { createHash } from "node:crypto";
import { batchNormalization, dense, dropout, earlyStopping, getOptimizerState, sequential } from "../../src/index.ts";
import { modelCheckpoint, resume } from "../../src/io/index.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";

const [optimizer = "", target = ""] = process.argv.slice(2);
const x = Array.from({ length: 4000 }, (_, i) => Array.from({ length: 16 }, (_, j) => Math.sin(i * (j + 1))));
const y = x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0));

const layers = [dense(32, { activation: "relu", inputShape: [16] }), batchNormalization(), dropout(0.3)];
const model = sequential([...layers, dense(1, { activation: "sigmoid" })], { seed: 3 });
model.compile({
  optimizer: (await optimizerNames.find(optimizer))(),
  loss: "binaryCrossentropy",
  metrics: ["accuracy"],
});
const callbacks = [
  earlyStopping({ monitor: "loss", patience: 20, restoreBestWeights: true }),
  modelCheckpoint({ target, saveFreq: 25 }),
];
const options = { epochs: 8, batchSize: 32, verbose: 0, callbacks } as const;
process.stdout.write("begun\n");
const { history } = await model.fit(x, y, await resume(model, target, options));
const hash = createHash("sha256");
for (const { data } of await model.getWeights()) hash.update(new Uint8Array(data.buffer));
hash.update(JSON.stringify([history, await getOptimizerState(model)]));
process.stdout.write(`hash ${hash.digest("hex")}\n`);
