/**
 * Holds `npm run quickstart` to its word: 10 epochs of Fashion-MNIST reach a test accuracy of 0.875, and a run depends
 * on its seed alone. Minutes, so it is a stage of .ci/run and not a test.
 */
import { spawnSync } from "node:child_process";

interface Result {
  readonly testAccuracy: number;
  readonly epochs: number;
  readonly weightsHash: string;
  readonly dataset: string;
}

/** Runs the quickstart and reads its last line. */
function quickstart(epochs: number, seed: number): Result {
  const args = ["tsx", "scripts/quickstart.ts", "--epochs", String(epochs), "--seed", String(seed), "--json"];
  const { status, stdout } = spawnSync("npx", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    cwd: new URL("..", import.meta.url),
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  console.log(`${epochs} epochs, seed ${seed}: ${last}`);
  if (status !== 0) throw new Error(`quickstart ended with ${status}`);
  return JSON.parse(last) as Result;
}

const failures: string[] = [];
const expect = (what: string, holds: boolean) => {
  if (!holds) failures.push(what);
};

const full = quickstart(10, 1);
expect(`test accuracy ≥ 0.875, not ${full.testAccuracy}`, full.testAccuracy >= 0.875);
expect(`10 epochs, not ${full.epochs}`, full.epochs === 10);
expect(`Fashion-MNIST, not ${full.dataset}`, full.dataset === "fashion-mnist");

const [first, again, other] = [quickstart(1, 1), quickstart(1, 1), quickstart(1, 2)];
expect("equal weights from equal seeds", first.weightsHash === again.weightsHash);
expect("other weights from another seed", first.weightsHash !== other.weightsHash);

for (const failure of failures) console.error(`quickstart: expected ${failure}.`);
process.exit(failures.length > 0 ? 1 : 0);
