/**
 * Reads what `make.py make FOLDER` wrote, compares it with Keras's numbers, trains on, and writes every model again for
 * `make.py check FOLDER`. `tsx matrix.ts FOLDER [name…]`; exits with 1 where something differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel, loadWeights, saveModel } from "../../../src/io/index.ts";
import { type CallContext, Layer, type LayerOptions } from "../../../src/nn/layer.ts";
import { mul, tanh } from "../../../src/tensor/ops/elementwise.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import type { Variable } from "../../../src/tensor/variable.ts";
import type { Model } from "../../../src/train/model.ts";

type Plain = { data: number[]; shape: number[] } | Plain[] | { [name: string]: Plain };

/** What differs on purpose: the kernel is divided in inference, too (docs/decisions/0031-keras-files.md). */
const differs = ["spectral"];

const [folder = "", ...only] = process.argv.slice(2);

/** The layer of models.py that Keras does not have. */
class ScaleBy extends Layer<LayerOptions & { by?: number }> {
  private gain: Variable | undefined;
  constructor(options: LayerOptions & { by?: number } = {}) {
    super("scaleBy", options, { by: "number" });
  }
  override build(shape: readonly (number | null)[]): void {
    this.gain = this.addVariable("gain", [shape.at(-1) as number], { initializer: "ones" });
  }
  override call(x: Tensor | readonly Tensor[], ctx: CallContext): Tensor {
    return mul(mul(x as Tensor, ctx.value(this.gain as Variable)), this.config.by ?? 1);
  }
}
const customObjects = { ScaleBy, twice_tanh: (x: Tensor) => mul(tanh(x), 2) };

/** Arrays in the structure of the file; whole numbers are int32 where the file says so. */
function arrays(plain: Plain): unknown {
  if (Array.isArray(plain)) return plain.map(arrays);
  if (!Array.isArray((plain as { shape?: unknown }).shape))
    return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, arrays(value as Plain)]));
  const { data, shape, dtype } = plain as unknown as { data: number[]; shape: number[]; dtype: string };
  return { data: dtype.startsWith("int") ? Int32Array.from(data) : Float32Array.from(data), shape };
}

const toPlain = (data: ArrayLike<number>, shape: readonly number[]) => {
  return { data: Array.from(data), shape, dtype: "float32" };
};

async function predict(model: Model, x: unknown) {
  const outputs = await model.predictAll(x as never, { batchSize: 64 });
  return Promise.all(outputs.map(async (output) => toPlain(await output.data(), output.shape)));
}

function count(x: unknown): number {
  const first = Array.isArray(x) ? x[0] : "shape" in (x as object) ? x : Object.values(x as object)[0];
  return (first as { shape: number[] }).shape[0] as number;
}

/** Losses of three steps on all data at once. */
async function train(model: Model, x: unknown, y: unknown): Promise<number[]> {
  const { history } = await model.fit(x as never, y as never, {
    batchSize: count(x),
    epochs: 3,
    shuffle: false,
    verbose: 0,
  });
  return history.loss as number[];
}

function compare(what: string, found: readonly number[], wanted: readonly number[], tolerance: number): void {
  if (found.length !== wanted.length) throw new Error(`${what}: ${found.length} numbers in place of ${wanted.length}`);
  found.forEach((value, index) => {
    const other = wanted[index] as number;
    if (Number.isNaN(value) && Number.isNaN(other)) return;
    if (!(Math.abs(value - other) <= tolerance * (1 + Math.abs(other))))
      throw new Error(`${what}: ${value} in place of ${other} at ${index}`);
  });
}

async function check(name: string): Promise<void> {
  const { x: givenX, y: givenY, predictions, losses } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  const [x, y] = [arrays(givenX), arrays(givenY)];
  const notes: string[] = [];
  const model = await loadModel(join(folder, `${name}.keras`), { customObjects, onNote: (note) => notes.push(note) });
  if (notes.length > 0) throw new Error(notes.join(" "));
  // The weights alone, which a file of Keras has beside other state.
  await loadWeights(model, join(folder, `${name}.keras`));
  const isComparable = !differs.includes(name);
  (await predict(model, x)).forEach(({ data }, index) => {
    if (isComparable) compare(`output ${index}`, data, predictions[index].data, 1e-5);
  });
  const found = losses && (await train(model, x, y));
  if (losses && isComparable) compare("losses", found as number[], losses, 1e-4);
  const older = join(folder, `${name}.h5`);
  if (existsSync(older)) {
    const same = await loadModel(older, { customObjects, onNote: (note) => notes.push(note) });
    if (notes.length > 0) throw new Error(`.h5: ${notes.join(" ")}`);
    compare("losses of the .h5 file", await train(same, x, y), losses, 1e-4);
  }
  const target = join(folder, `${name}.back.keras`);
  await saveModel(model, target, { customObjects });
  // What was written is read here, too, and gives the same bits.
  const again = await loadModel(target, { customObjects });
  const back = await predict(model, x);
  (await predict(again, x)).forEach(({ data }, index) => {
    compare(`output ${index} of the file written here`, data, back[index]?.data ?? [], 0);
  });
  const next = losses ? await train(model, x, y) : null;
  if (next) compare("losses of the file written here", await train(again, x, y), next, 0);
  const case_ = { x: givenX, y: givenY, predictions: isComparable ? back : [], losses: isComparable ? next : null };
  writeFileSync(join(folder, `${name}.back.json`), JSON.stringify(case_));
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json") && !file.endsWith(".back.json") && file !== "versions.json")
  .map((file) => file.slice(0, -5))
  .filter((name) => (only.length === 0 || only.includes(name)) && existsSync(join(folder, `${name}.keras`)));
let failed = 0;
for (const name of names) {
  try {
    await check(name);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${(error as Error).message}\n${process.env.STACK ? (error as Error).stack : ""}`);
  }
}
console.log(`${names.length - failed} passed, ${failed} failed: files of Keras, and the same written here`);
process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
