/**
 * Writes logs for check-tensorboard.py into the directory given: of a run with everything, through a store, and of a
 * process that is killed while it trains; with what they must hold in expected.json.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { dense, getNamedWeights, sequential } from "../../src/index.ts";
import { tensorBoard } from "../../src/io/tensorboard/index.ts";

const [folder = "", mode] = process.argv.slice(2);

const x = Float32Array.from({ length: 400 }, (_, index) => Math.sin(index));
const y = Float32Array.from({ length: 200 }, (_, index) => Math.sin(2 * index) + Math.sin(2 * index + 1));
const data = [{ data: x, shape: [200, 2] }, y] as const;

function makeModel() {
  const model = sequential(
    [dense(8, { inputShape: [2], activation: "tanh", name: "hidden" }), dense(1, { name: "out" })],
    {
      seed: 1,
    },
  );
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return model;
}

if (mode === "endless") {
  const callbacks = [tensorBoard({ logDir: join(folder, "killed"), histogramFreq: 1, updateFreq: "batch" })];
  await makeModel().fit(...data, { epochs: 1_000_000, verbose: 0, callbacks });
}

const model = makeModel();
const logDir = join(folder, "run");
const history = await model.fit(...data, {
  epochs: 5,
  verbose: 0,
  batchSize: 32,
  validationSplit: 0.2,
  callbacks: [tensorBoard({ logDir, histogramFreq: 2, updateFreq: 2, writeStepsPerSecond: true })],
});
const weights = await getNamedWeights(model);
const sums = Object.fromEntries(
  Object.entries(weights).map(([name, { data }]) => [name, Array.from(data).reduce((a, b) => a + b, 0)]),
);

// A store that keeps files as they were written last.
const store = {
  read: () => undefined,
  write(bytes: Uint8Array, name: string) {
    const path = join(folder, "store", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  },
};
const stored = await makeModel().fit(...data, {
  epochs: 300,
  verbose: 0,
  batchSize: 100,
  callbacks: [tensorBoard({ logDir: store, histogramFreq: 1, writeGraph: false })],
});

const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, folder, "endless"], {
  stdio: "inherit",
});
const train = join(folder, "killed/train");
// Once it has written something of many batches, however long that takes on this machine.
const written = () =>
  existsSync(train) ? readdirSync(train).reduce((sum, name) => sum + statSync(join(train, name)).size, 0) : 0;
while (written() < 100_000) await setTimeout(20);
child.kill("SIGKILL");
await new Promise((done) => child.once("exit", done));

writeFileSync(
  join(folder, "expected.json"),
  JSON.stringify({ history: history.history, sums, stored: stored.history, iterations: model.optimizer.iterations }),
);
