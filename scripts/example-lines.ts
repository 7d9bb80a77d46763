/**
 * How long the examples are beside the programs of Keras that do the same: writes the table of docs/examples.md.
 *
 *     npx tsx scripts/example-lines.ts [--write]
 *
 * On both sides a line counts if it has code: no blank lines, no comments, no docstrings, no texts of the page. Keras's
 * lines were counted by hand, part by part, in the commits of github.com/keras-team/keras-io that are named; parts for
 * which our program has nothing of the kind (looking at the data, unpacking archives) were left out, and are named too.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A program of Keras, and what was counted of it. */
export interface Counterpart {
  /** In keras-team/keras-io. */
  readonly path: string;
  readonly commit: string;
  /** Lines of code of each part. */
  readonly parts: Readonly<Record<string, number>>;
  /** Parts that were not counted. */
  readonly leftOut: string;
}

export interface Program {
  readonly title: string;
  /** Its files in examples/. */
  readonly files: readonly string[];
  /** Undefined where Keras has no such program. */
  readonly keras?: Counterpart;
}

export const programs: readonly Program[] = [
  {
    title: "A table with categories, saved and loaded",
    files: ["17-table.ts"],
    keras: {
      path: "examples/structured_data/structured_data_classification_with_feature_space.py",
      commit: "0ec60e51ab6b0380275a6323209b03f69c53956b",
      parts: { imports: 3, data: 10, datasets: 10, features: 26, adapt: 2, batches: 8, model: 10, fit: 3, predict: 21 },
      leftOut: "printed batches, the first of two feature spaces",
    },
  },
  {
    title: "Augmented images; a layer, loss, metric and callback of one's own",
    files: ["18-augmentation.ts"],
    keras: {
      path: "examples/vision/image_classification_from_scratch.py",
      commit: "0e918412690b44285f82f699ce19d919fb14cee2",
      parts: { imports: 3, data: 10, augmentation: 6, batches: 7, model: 38, fit: 16, predict: 8 },
      leftOut: "deleting broken files, pictures",
    },
  },
  {
    title: "Texts with masks, class weights and a confusion matrix",
    files: ["19-text.ts"],
    keras: {
      path: "examples/nlp/text_classification_from_scratch.py",
      commit: "01ae2db402523e96f804c6fc3b0a59582e6a671e",
      parts: { imports: 6, data: 30, vectorization: 19, batches: 9, model: 11, fit: 2, evaluate: 1, "whole model": 8 },
      leftOut: "printed samples",
    },
  },
  {
    title: "A small convolutional network",
    files: ["20-mnist-convnet.ts"],
    keras: {
      path: "examples/vision/mnist_convnet.py",
      commit: "02cfe8063b505adc073986c91729f22039f77ad0",
      parts: { imports: 3, data: 12, model: 13, fit: 4, evaluate: 3 },
      leftOut: "nothing",
    },
  },
  {
    title: "A forecast of the weather",
    files: ["21-weather.ts"],
    keras: {
      path: "examples/timeseries/timeseries_weather_forecasting.py",
      commit: "0a57de48c864d63b80083820e8988368ee5c3149",
      parts: { imports: 6, data: 7, settings: 12, features: 13, windows: 27, model: 6, fit: 15, curves: 13 },
      leftOut: "names of columns, pictures of the data and of forecasts",
    },
  },
  {
    title: "A variational autoencoder",
    files: ["13-vae.ts"],
    keras: {
      path: "examples/generative/vae.py",
      commit: "09e02e17d5cbf21ecf8a47f10d91587f963fc80a",
      parts: { imports: 4, sampling: 7, encoder: 11, decoder: 8, step: 42, fit: 6, drawing: 29 },
      leftOut: "the picture of the codes",
    },
  },
  {
    title: "A generative adversarial network",
    files: ["14-gan.ts"],
    keras: {
      path: "examples/generative/dcgan_overriding_train_step.py",
      commit: "0d5f327814b51b9f3efe59bc6845756f630eb9b6",
      parts: { imports: 4, data: 7, discriminator: 13, generator: 16, step: 35, fit: 10 },
      leftOut: "saving and showing images",
    },
  },
  {
    title: "Deep Q-learning",
    files: ["15-dqn.ts"],
    keras: {
      path: "examples/rl/deep_q_network_cartpole.py",
      commit: "74da57ba7456eefe489d7994655f21bbef73c2a5",
      parts: { imports: 5, settings: 10, network: 8, optimizer: 10, playing: 20, learning: 46, reporting: 10 },
      leftOut: "nothing",
    },
  },
  { title: "A page with a worker, by Vite", files: ["vite/page.ts", "vite/worker.ts", "vite/messages.ts"] },
  { title: "A Worker of Cloudflare", files: ["workers/src/index.js"] },
  { title: "One script for Node, Deno and Bun", files: ["22-any-runtime.js"] },
];

/** How many lines of a source in TypeScript or JavaScript have code. */
export function codeLines(text: string): number {
  const source = ts.createSourceFile("example.ts", text, ts.ScriptTarget.Latest, true);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    const parts = node.getChildren(source).filter((part) => !ts.isJSDoc(part));
    for (const part of parts) visit(part);
    if (parts.length > 0 || node.getWidth(source) === 0) return;
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    for (let line = first; line <= source.getLineAndCharacterOfPosition(node.getEnd()).line; line++) lines.add(line);
  };
  visit(source);
  return lines.size;
}

const root = new URL("..", import.meta.url);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Lines of a program of ours, and of Keras's. */
export const linesOf = ({ files, keras }: Program): { ours: number; keras: number | undefined } => ({
  ours: sum(files.map((file) => codeLines(readFileSync(new URL(`examples/${file}`, root), "utf8")))),
  keras: keras && sum(Object.values(keras.parts)),
});

const page = fileURLToPath(new URL("docs/examples.md", root));
const [start, end] = ["<!-- lines: written by scripts/example-lines.ts -->\n", "<!-- /lines -->"];

/** docs/examples.md as it is, and with the table made anew. */
export function examplesPage(): { text: string; made: string } {
  const text = readFileSync(page, "utf8");
  const rows = programs.map((program) => {
    const { ours, keras } = linesOf(program);
    const links = program.files.map((file) => `[${file}](../examples/${file})`).join(", ");
    const { path, commit } = program.keras ?? {};
    const name = path?.split("/").at(-1);
    const theirs = path
      ? `[${name}](https://github.com/keras-team/keras-io/blob/${commit}/${path}), without ${program.keras?.leftOut}`
      : "none";
    return `| ${program.title}: ${links} | ${ours} | ${keras ?? ""} | ${theirs.replace(", without nothing", "")} |\n`;
  });
  const table = `| program | lines | Keras | counted of Keras |\n|---|---|---|---|\n${rows.join("")}`;
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  return { text, made: text.slice(0, from) + table + text.slice(to) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const program of programs) {
    const { ours, keras } = linesOf(program);
    console.log(`${program.title}: ${ours} lines${keras ? `, ${(ours / keras).toFixed(2)} of Keras's ${keras}` : ""}`);
  }
  if (process.argv.includes("--write")) writeFileSync(page, examplesPage().made);
}
