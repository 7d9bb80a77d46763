import { adam, conv2d, dense, flatten, lambdaCallback, maxPooling2d, sequential } from "aretejs";
import { showLosses } from "./chart.js";
import { drawing, side } from "./drawing.js";
import { chosenBackend, showSpeed } from "./speed.js";

const kinds = ["A", "B", "C"];
const epochs = 25;
const batchSize = 16;
/** Each drawing is also learned moved by up to two pixels. */
const shifts = [-2, 0, 2].flatMap((dy) => [-2, 0, 2].map((dx) => ({ dx, dy })));

const element = (id) => document.getElementById(id);
const samples = kinds.map(() => []);
const board = drawing(element("drawing"), recognize);
let model;

const rows = kinds.map((kind, index) => {
  const row = document.createElement("div");
  row.className = "kind";
  row.innerHTML = `<button type="button">It is ${kind}</button><span>0 drawings</span><div class="bar"><div></div></div>`;
  const [button, count, bar] = row.children;
  button.addEventListener("click", () => {
    samples[index].push(board.pixels());
    count.textContent = `${samples[index].length} drawings`;
    board.clear();
    element("train").disabled = samples.some((drawn) => drawn.length < 2);
  });
  element("kinds").append(row);
  return { bar: bar.firstElementChild };
});
element("clear").addEventListener("click", () => board.clear());
element("train").addEventListener("click", train);
showLosses(element("chart"), [], epochs);

function network() {
  return sequential(
    [
      conv2d(8, 3, { activation: "relu", inputShape: [side, side, 1] }),
      maxPooling2d(2),
      conv2d(16, 3, { activation: "relu" }),
      maxPooling2d(2),
      flatten(),
      dense(32, { activation: "relu" }),
      dense(kinds.length, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
}

async function train() {
  element("train").disabled = true;
  element("status").textContent = "Training…";
  const { name, backend } = await chosenBackend();
  const { x, y } = examples();
  const losses = [];
  const learner = network();
  learner.compile({
    optimizer: adam({ learningRate: 2e-3 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  const epochEnds = [];
  const chart = lambdaCallback({
    onEpochEnd: (_, { loss }) => {
      epochEnds.push(performance.now());
      losses.push(loss);
      showLosses(element("chart"), losses, epochs);
    },
  });
  const { history } = await learner.fit(x, y, { epochs, batchSize, verbose: 0, callbacks: [chart] });
  model = learner;
  showSpeed(name, Math.ceil(y.length / batchSize), epochEnds);
  element("status").textContent =
    `Trained: ${(100 * history.accuracy.at(-1)).toFixed(0)} % of ${y.length} images. Draw something new.`;
  element("train").disabled = false;
}

/** All drawings, each at every shift. */
function examples() {
  const images = samples.flatMap((drawn, label) =>
    drawn.flatMap((pixels) => shifts.map((shift) => ({ pixels: moved(pixels, shift), label }))),
  );
  const data = new Float32Array(images.length * side * side);
  images.forEach(({ pixels }, i) => {
    data.set(pixels, i * side * side);
  });
  return { x: { data, shape: [images.length, side, side, 1] }, y: Int32Array.from(images, ({ label }) => label) };
}

function moved(pixels, { dx, dy }) {
  return pixels.map((_, i) => {
    const [row, column] = [Math.floor(i / side) - dy, (i % side) - dx];
    return row >= 0 && row < side && column >= 0 && column < side ? pixels[row * side + column] : 0;
  });
}

/** Shows how likely each kind is for what is drawn now. */
async function recognize() {
  if (!model) return;
  const [probabilities] = await (await model.predict({ data: board.pixels(), shape: [1, side, side, 1] })).array();
  rows.forEach(({ bar }, index) => {
    bar.style.width = `${100 * probabilities[index]}%`;
    bar.parentElement.title = `${(100 * probabilities[index]).toFixed(1)} %`;
  });
  const best = probabilities.indexOf(Math.max(...probabilities));
  element("status").textContent = `This looks like ${kinds[best]} (${(100 * probabilities[best]).toFixed(0)} %).`;
}
