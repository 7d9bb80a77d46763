/**
 * Random models here and in real Keras: predictions, losses, metrics, training steps, files both ways.
 * `npm run fuzz:keras -- [--seed S] [--models N] [--seconds N] [--only I] [--shrink] [--torch PYTHON]
 * [--family F]`; exits with 1 where something differs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { layerToKeras } from "../../src/io/keras/to-keras.ts";
import * as rest from "../../src/io/keras/to-keras-rest.ts";
import { compare, type Outcome } from "./fuzz/compare.ts";
import { type Case, caseOf, type Genes, type Refused } from "./fuzz/generate.ts";
import { Keras } from "./fuzz/keras.ts";
import { families } from "./fuzz/layers.ts";
import { python } from "./python.ts";

const { values: given } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    models: { type: "string", default: "100" },
    seconds: { type: "string", default: "Infinity" },
    only: { type: "string" },
    shrink: { type: "boolean", default: false },
    torch: { type: "string" },
    family: { type: "string" },
  },
});
const [seed, models] = [Number(given.seed), Number(given.models)];
const { family } = given;
if (family !== undefined && !(family in families))
  throw Error(`--family: expected one of ${Object.keys(families).join(", ")}, received ${family}.`);

const numbers = (length: number) =>
  fc.noBias(fc.array(fc.noShrink(fc.nat(65535)), { minLength: length, maxLength: length }));
const genes: fc.Arbitrary<Genes> = fc.record({
  inputs: numbers(8),
  layers: fc.array(numbers(60), { minLength: 1, maxLength: family ? 3 : 10, size: "max" }),
  training: numbers(80),
});

const jax = new Keras(python, "jax");
const keras = given.torch ? new Keras(given.torch, "torch") : jax;
const judge = given.torch ? jax : undefined;
const folder = mkdtempSync(join(tmpdir(), "aretejs-fuzz-"));
const counts: Record<string, number> = {};
const byKind: Record<string, number> = {};
const asked = new Map<string, string>();
const count = (table: Record<string, number>, key: string) => {
  table[key] = (table[key] ?? 0) + 1;
};

/** Whether Keras takes what is refused here; each message once. */
async function askAbout({ kind, options, shapes, dtypes, message }: Refused): Promise<void> {
  const key = `${kind}: ${message.replace(/\d+/g, "0").slice(0, 90)}`;
  if (asked.has(key) || kind === "network") return;
  try {
    const config = { ...options, name: "asked" };
    const layer = layerToKeras({ kind, config }, { custom: {}, rest } as never);
    const answer = await keras.ask<{ accepted?: unknown; refused?: string }>({
      what: "layer",
      layer,
      shapes,
      dtypes,
      isList: shapes.length > 1,
    });
    asked.set(key, "accepted" in answer ? `${JSON.stringify(options)} on ${JSON.stringify(shapes)}: ${message}` : "");
  } catch (error) {
    asked.set(key, `cannot be asked: ${(error as Error).message}`);
  }
}

const isFault = ({ kind }: Outcome) => !["equal", "sensitive", "NaN in Keras"].includes(kind);

/** Fewer and simpler choices that end in the same kind of outcome. */
async function shrink(first: Genes, wanted: Outcome): Promise<Genes> {
  let best = first;
  const holds = async (tried: Genes) => {
    const made = caseOf(tried, family);
    if (!made?.make) return false;
    const outcome = await compare(made, keras, folder, judge);
    return outcome.kind === wanted.kind && outcome.stage === wanted.stage;
  };
  const attempt = async (tried: Genes) => {
    if (!(await holds(tried).catch(() => false))) return false;
    best = tried;
    return true;
  };
  for (let at = best.layers.length - 1; at >= 0; at--)
    await attempt({ ...best, layers: best.layers.filter((_, index) => index !== at) });
  const simplify = async (list: readonly number[], use: (list: readonly number[]) => Genes) => {
    let kept = list;
    for (let size = 32; size >= 1; size = Math.floor(size / 2))
      for (let start = 0; start < kept.length; start += size) {
        const simpler = kept.map((value, at) => (at >= start && at < start + size ? 0 : value));
        if (String(simpler) !== String(kept) && (await attempt(use(simpler)))) kept = simpler;
      }
  };
  await simplify(best.training, (training) => ({ ...best, training }));
  for (const at of best.layers.keys())
    await simplify(best.layers[at] as number[], (numbers) => ({
      ...best,
      layers: best.layers.map((old, index) => (index === at ? numbers : old)),
    }));
  await simplify(best.inputs, (inputs) => ({ ...best, inputs }));
  return best;
}

function report(index: number, made: Case, { kind, stage, message }: Outcome): void {
  console.log(`${kind} at ${stage} (--seed ${seed} --only ${index}): ${message}\n    ${made.text}`);
}

try {
  const all = fc.sample(genes, { seed, numRuns: given.only === undefined ? models : Number(given.only) + 1 });
  for (const [index, one] of all.entries()) {
    if (given.only !== undefined && index !== Number(given.only)) continue;
    if (performance.now() > 1000 * Number(given.seconds)) break;
    const made = caseOf(one, family);
    if (!made) continue;
    for (const refused of made.refused) await askAbout(refused);
    if (!made.make) continue;
    const outcome = await compare(made, keras, folder, judge);
    count(counts, outcome.kind);
    if (outcome.kind === "equal") for (const kind of made.kinds) count(byKind, kind);
    if (!isFault(outcome) && given.only === undefined) continue;
    report(index, made, outcome);
    if (!given.shrink || !isFault(outcome)) continue;
    const smaller = caseOf(await shrink(one, outcome), family) as Case;
    report(index, smaller, await compare(smaller, keras, folder, judge));
  }
  for (const [key, text] of asked) if (text) console.log(`refused here, taken by Keras: ${key}\n    ${text}`);
  const list = (table: Record<string, number>) =>
    Object.entries(table)
      .sort(([, a], [, b]) => b - a)
      .map(([key, n]) => `${key} ${n}`)
      .join(", ");
  console.log(`Layers of equal models: ${list(byKind)}`);
  console.log(`Models: ${list(counts)}`);
  if (Object.entries(counts).some(([kind, n]) => n > 0 && isFault({ kind } as Outcome))) process.exitCode = 1;
} finally {
  keras.end();
  judge?.end();
  rmSync(folder, { recursive: true });
}
