import { plotHistory } from "aretejs/plot";
import { drawingBoard } from "./board.js";
import { KindRow } from "./kinds.js";
import { learn, recognize } from "./network.js";
import { preloaded } from "./samples.js";
import { chosenBackend, showSpeed } from "./speed.js";

const element = (id) => document.getElementById(id);
const status = (text) => {
  element("status").textContent = text;
};
/** The trained network; undefined before the first training. */
let model;
let isTraining = false;
let history;

const board = drawingBoard(element("drawing"), showAnswer);
const rows = preloaded().map((kind) => {
  const row = new KindRow(kind, {
    add: () => {
      if (board.isBlank()) return status("Draw something first.");
      row.add(board.pixels());
      board.clear();
      update();
      status(`${row.samples.length} drawings of ${row.name}. Train to learn them.`);
    },
    change: update,
  });
  element("kinds").append(row.root);
  return row;
});
element("clear").addEventListener("click", () => {
  board.clear();
  for (const row of rows) row.showProbability(undefined);
});
element("train").addEventListener("click", train);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showCurves);
new ResizeObserver(showCurves).observe(element("chart"));
update();

function update() {
  element("train").disabled = isTraining || rows.some(({ samples }) => samples.length < 2);
}

async function train() {
  isTraining = true;
  update();
  status("Training…");
  try {
    const { name, backend } = await chosenBackend();
    const samples = rows.map((row) => row.samples);
    const learned = await learn(samples, backend, (soFar) => {
      history = soFar;
      showCurves();
    });
    model = learned.model;
    showSpeed(name, learned.steps, learned.epochEnds);
    status(
      `Trained: ${(100 * learned.accuracy).toFixed(0)} % of ${learned.images} images are right. Draw something new.`,
    );
  } catch (error) {
    status(`Training failed. ${error.message}`);
  }
  isTraining = false;
  update();
}

function showCurves() {
  const width = element("chart").clientWidth;
  if (history && width >= 200) element("chart").innerHTML = plotHistory(history, { title: "", width, height: 130 }).svg;
}

/** Shows how likely each kind is for what is drawn now. */
async function showAnswer() {
  if (!model) return;
  const probabilities = await recognize(model, board.pixels());
  rows.forEach((row, index) => {
    row.showProbability(probabilities[index]);
  });
  const best = probabilities.indexOf(Math.max(...probabilities));
  status(`This looks like ${rows[best].name} (${(100 * probabilities[best]).toFixed(0)} %).`);
}
