// Tries the networks of keras.applications: made and saved by real Keras with random weights for small images, loaded
// and run here, saved here and loaded and run in Keras again. Takes networks that together have all kinds of parts.
//
//     npx tsx test/interop/applications.ts [--families] [--all] [--write] [NAME …]
//
// --families takes one network of each family, --all takes all; --write, with one of these, puts the names of those
// that load into docs/files.md.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type BatchShape, type CallContext, Layer, type LayerOptions, ops, type Tensor } from "../../src/index.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";
import { python, runPython } from "./python.ts";

/**
 * Largest difference of two predictions, as a part of the largest one. Where it is larger, the same network is run in
 * float64 by Keras: then we may be no farther from that than {@link allowance} times what Keras in float32 is.
 */
const tolerance = 1e-5;
const allowance = 4;

/** What `applications/make.py` answers. */
interface Answer {
  readonly error?: string;
  readonly images: readonly number[];
  readonly imagesShape: readonly number[];
  readonly parameters: number;
  readonly layers: number;
  readonly shape: readonly number[];
  readonly predictions: readonly number[];
}

interface Row {
  readonly name: string;
  readonly parameters: number;
  readonly layers: number;
  readonly milliseconds: number;
  /** Differences as parts of the largest prediction: here, and in Keras from the file that is written here. */
  readonly here: number;
  readonly back: number;
  /** Where they are larger than they may be: differences from float64, here and in Keras. */
  readonly fromExact?: readonly number[];
  readonly fault?: string;
}

/** The layer of ConvNeXt that is no layer of Keras: one factor for each channel. */
class LayerScale extends Layer<LayerOptions & { initValues: number; projectionDim: number }> {
  constructor(options: LayerOptions & { initValues: number; projectionDim: number }) {
    super("LayerScale", options, { initValues: "number!", projectionDim: "number!" });
  }

  override build(shape: BatchShape): void {
    this.addVariable("gamma", [this.knownExtent(shape)]);
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    return ops.mul(x, ctx.value(this.weight("gamma")));
  }
}

/** The layer of InceptionResNetV2 that is no layer of Keras: x + scale·y of [x, y]. */
class CustomScaleLayer extends Layer<LayerOptions & { scale: number }> {
  constructor(options: LayerOptions & { scale: number }) {
    super("CustomScaleLayer", options, { scale: "number!" });
  }

  protected override get takesList(): boolean {
    return true;
  }

  override call(inputs: Tensor | readonly Tensor[]): Tensor {
    const [x, y] = inputs as readonly [Tensor, Tensor];
    return ops.add(x, ops.mul(y, this.config.scale));
  }
}

const customObjects = { LayerScale, CustomScaleLayer };

/** Real Keras in a process of its own, which answers one line at a time. */
class Keras {
  private readonly process;
  private readonly lines;

  constructor(folder: string) {
    const script = join(import.meta.dirname, "applications/make.py");
    this.process = spawn(python, [script, "serve", folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(request: string): Promise<Answer> {
    this.process.stdin.write(`${request}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`Keras ended at "${request}"`);
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw new Error(`Keras at "${request}": ${answer.error}`);
    return answer;
  }

  end(): void {
    this.process.stdin.end();
  }
}

/** @throws where the predictions say nothing: equal for different images, or not finite. */
function scaleOf({ predictions, shape: [, classes = 1] }: Answer): number {
  const scale = Math.max(...predictions.map(Math.abs));
  const change = Math.max(...predictions.slice(classes).map((x, i) => Math.abs(x - (predictions[i] as number))));
  if (!(Number.isFinite(scale) && change > 1e-3 * scale)) throw new Error(`predictions say nothing: ${predictions}`);
  return scale;
}

const difference = (a: ArrayLike<number>, b: ArrayLike<number>, scale: number) =>
  Array.from(a).reduce(
    (worst, x, i) => {
      const d = Math.abs(x - (b[i] as number)) / scale;
      return Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(worst, d);
    },
    a.length === b.length ? 0 : Number.POSITIVE_INFINITY,
  );

async function tryNetwork(keras: Keras, folder: string, name: string): Promise<Row> {
  const row = { name, parameters: Number.NaN, layers: Number.NaN, milliseconds: Number.NaN };
  const differences = { here: Number.NaN, back: Number.NaN };
  try {
    const made = await keras.ask(name);
    Object.assign(row, { parameters: made.parameters, layers: made.layers });
    const scale = scaleOf(made);
    const start = performance.now();
    const model = await loadModel(join(folder, `${name}.keras`), { customObjects });
    row.milliseconds = performance.now() - start;
    const images = { data: Float32Array.from(made.images), shape: made.imagesShape };
    const predictions = await (await model.predict(images)).data();
    differences.here = difference(predictions, made.predictions, scale);
    await saveModel(model, join(folder, `${name}-again.keras`), { customObjects });
    await model.dispose();
    differences.back = difference((await keras.ask(`${name} predict`)).predictions, made.predictions, scale);
    const isBack = differences.back <= tolerance;
    if (isBack && differences.here <= tolerance) return { ...row, ...differences };
    const exact = (await keras.ask(`${name} exact`)).predictions;
    const [here, inKeras] = [difference(predictions, exact, scale), difference(made.predictions, exact, scale)];
    const isRight = isBack && here <= allowance * inKeras;
    return { ...row, ...differences, fromExact: [here, inKeras], ...(isRight ? {} : { fault: "predictions differ" }) };
  } catch (error) {
    return { ...row, ...differences, fault: (error as Error).message };
  } finally {
    for (const file of [`${name}.keras`, `${name}-again.keras`]) rmSync(join(folder, file), { force: true });
  }
}

const exponent = (x: number) => (Number.isNaN(x) ? "" : x === 0 ? "0" : x.toExponential(1));

const header = [
  "| network | million parameters | layers | ms to load | differs here | back in Keras | from float64: here, Keras |",
  "|---|---|---|---|---|---|---|",
];

const noNumbers: readonly number[] = [];

const printed = ({ name, parameters, layers, milliseconds, here, back, fromExact = noNumbers, fault = "" }: Row) =>
  `| ${name} | ${(parameters / 1e6).toFixed(1)} | ${layers} | ${milliseconds.toFixed(0)} | ` +
  `${exponent(here)} | ${exponent(back)} | ${fromExact.map(exponent).join(", ")} | ${fault}`;

const { values, positionals } = parseArgs({
  options: { families: { type: "boolean" }, all: { type: "boolean" }, write: { type: "boolean" } },
  allowPositionals: true,
});
if (values.write && !values.families && !values.all) throw new Error("applications: --write needs --families or --all");
const families = runPython("applications/make.py", "list") as Readonly<Record<string, readonly string[]>>;
/** The smallest networks of families whose first one is larger. */
const small = ["ConvNeXtTiny", "MobileNetV3Small", "NASNetMobile"];
/** What each is for: a layer of its own, scaling of channels, joined branches, depthwise and separable convolutions. */
const few = [
  "ConvNeXtTiny",
  "EfficientNetB0",
  "InceptionV3",
  "MobileNet",
  "MobileNetV3Small",
  "ResNet50V2",
  "VGG16",
  "Xception",
];
const ofFamilies = Object.values(families).flatMap((members) =>
  values.all ? members : (members.find((name) => small.includes(name)) ?? members[0] ?? []),
);
const names = values.families || values.all ? ofFamilies : few;
const folder = mkdtempSync(join(tmpdir(), "aretejs-applications-"));
const keras = new Keras(folder);
const rows: Row[] = [];
try {
  console.log(header.join("\n"));
  for (const name of positionals.length > 0 ? positionals : names) {
    const row = await tryNetwork(keras, folder, name);
    rows.push(row);
    console.log(printed(row));
  }
} finally {
  keras.end();
  rmSync(folder, { recursive: true });
}
const wrong = rows.filter(({ fault }) => fault !== undefined);
console.log(`keras.applications: ${rows.length - wrong.length} of ${rows.length} networks equal, ${wrong.length} not`);
if (values.write) writeList();
process.exitCode = wrong.length === 0 ? 0 : 1;

/** Puts the names of the networks that load, by family, into docs/files.md. */
function writeList(): void {
  const file = join(import.meta.dirname, "../../docs/files.md");
  const [start, end] = ["<!-- applications: written by test/interop/applications.ts -->\n", "<!-- end -->"];
  const text = readFileSync(file, "utf8");
  const equal = new Set(rows.filter(({ fault }) => fault === undefined).map(({ name }) => name));
  const lines = Object.values(families)
    .map((members) => members.filter((name) => equal.has(name)).join(", "))
    .filter((line) => line !== "");
  const [before, rest = ""] = text.split(start);
  writeFileSync(file, `${before}${start}${lines.join("; ")}.\n${rest.slice(rest.indexOf(end))}`);
}
