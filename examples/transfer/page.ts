// The page: learns two kinds of pictures that the user chooses, on top of a trained network, and recognizes others.
import { type Model, ops, type Tensor } from "aretejs";
import { listFiles, loadModel, saveModel } from "aretejs/io";
import { loadBody } from "./body.ts";
import { learn, side } from "./network.ts";

/** Where the page keeps what it learned last, so that it knows it when it is opened again. */
const kept = "indexeddb://transfer.keras";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const kinds = [element<HTMLInputElement>("kind-0"), element<HTMLInputElement>("kind-1")];
const questions = element<HTMLInputElement>("questions");
const train = element<HTMLButtonElement>("train");
const save = element<HTMLButtonElement>("save");
const say = (text: string) => {
  element("status").textContent = text;
};

let network: Model | undefined;

/** What the user chose, as the network takes it: scaled to its size, colours in [0, 1]. */
async function picturesOf(files: readonly File[]): Promise<Tensor> {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const data = new Float32Array(files.length * side * side * 3);
  for (const [index, file] of files.entries()) {
    const bitmap = await createImageBitmap(file);
    context.drawImage(bitmap, 0, 0, side, side);
    bitmap.close();
    const { data: pixels } = context.getImageData(0, 0, side, side);
    for (let i = 0; i < side * side * 3; i++)
      data[index * side * side * 3 + i] = (pixels[4 * Math.floor(i / 3) + (i % 3)] as number) / 255;
  }
  return ops.tensor(data, [files.length, side, side, 3]);
}

const filesOf = (input: HTMLInputElement) => Array.from(input.files ?? []);

async function learnThese(): Promise<void> {
  const files = kinds.flatMap(filesOf);
  const labels = Int32Array.from(kinds.flatMap((input, label) => filesOf(input).map(() => label)));
  say("Loading the trained network…");
  const body = await loadBody();
  say("Looking at the pictures…");
  const pictures = await picturesOf(files);
  const [epochs, unfrozenEpochs] = [30, 5];
  let [epoch, accuracy] = [0, 0];
  network = await learn(body, pictures, labels, kinds.length, {
    epochs,
    unfrozenEpochs,
    onEpoch: (latest) => {
      accuracy = latest;
      say(`Training: epoch ${++epoch} of ${epochs + unfrozenEpochs}`);
    },
  });
  await saveModel(network, kept);
  say(`Trained: ${(100 * accuracy).toFixed(0)} % of ${files.length} pictures are recognized.`);
}

async function answer(): Promise<void> {
  const files = filesOf(questions);
  if (!network || files.length === 0) return;
  const probabilities = (await (await network.predict(await picturesOf(files))).array()) as number[][];
  element("answers").textContent = files
    .map(({ name }, index) => {
      const [one = 0, other = 0] = probabilities[index] as number[];
      const kind = one >= other ? "one kind" : "the other";
      return `${name}: ${kind} (${(100 * Math.max(one, other)).toFixed(0)} %)`;
    })
    .join("\n");
}

/** Runs `work` with the controls off; says what went wrong. */
async function busy(work: () => Promise<unknown>): Promise<void> {
  for (const control of [train, save, questions]) control.disabled = true;
  try {
    await work();
  } catch (error) {
    say(String(error));
  }
  train.disabled = kinds.some((input) => filesOf(input).length === 0);
  for (const control of [save, questions]) control.disabled = network === undefined;
}

for (const input of kinds) input.addEventListener("change", () => busy(async () => {}));
train.addEventListener("click", () => busy(learnThese));
questions.addEventListener("change", () => busy(answer));
save.addEventListener("click", () => busy(async () => network && saveModel(network, "download://transfer.keras")));

void busy(async () => {
  const names = await listFiles("indexeddb://");
  if (!names.includes("transfer.keras")) return;
  network = await loadModel(kept);
  say("What was learned last is still known. Choose new pictures.");
});
