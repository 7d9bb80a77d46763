// Kills training runs with SIGKILL at random moments and resumes them, until they end: the weights must be those of
// runs that were left alone. For every optimizer. Run with tsx; "child" is the program that trains.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchNormalization, dense, dropout, earlyStopping, getOptimizerState, sequential } from "../../src/index.ts";
import { modelCheckpoint, resume } from "../../src/io/index.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";

const [role, optimizer = "", target = ""] = process.argv.slice(2);
const x = Array.from({ length: 4000 }, (_, i) => Array.from({ length: 16 }, (_, j) => Math.sin(i * (j + 1))));
const y = x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0));

/** Trains, or goes on training, and prints a hash of everything that the run ends with. */
async function train(): Promise<void> {
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
}

/** Runs the child; kills it so many milliseconds after training has begun. Gives the hash, where it got that far. */
function runChild(name: string, file: string, killAfter?: number): Promise<string | undefined> {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--import", "tsx", program, "child", name, file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      if (killAfter !== undefined && text === "begun\n") setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.on("close", (code, signal) => {
      if (code !== 0 && signal !== "SIGKILL") reject(new Error(`the child ended with ${code}`));
      resolve(/hash (\w+)/.exec(text)?.[1]);
    });
  });
}

async function check(name: string, directory: string): Promise<boolean> {
  const expected = await runChild(name, join(directory, `${name}.safetensors`));
  const file = join(directory, `${name}-killed.safetensors`);
  let kills = 0;
  let found: string | undefined;
  while (!found) {
    found = await runChild(name, file, kills < 4 ? 20 + Math.random() * 250 : undefined);
    if (!found) kills++;
  }
  const isEqual = found === expected && kills > 0 && existsSync(file);
  console.log(`${isEqual ? "equal" : "DIFFERENT"} after ${kills} kills: ${name}`);
  return isEqual;
}

if (role === "child") await train();
else {
  const directory = mkdtempSync(join(tmpdir(), "aretejs-kill-"));
  let failures = 0;
  for (const name of Object.keys(optimizerNames.known)) if (!(await check(name, directory))) failures++;
  rmSync(directory, { recursive: true });
  console.log(failures === 0 ? "all equal" : `${failures} different`);
  process.exitCode = failures === 0 ? 0 : 1;
}
