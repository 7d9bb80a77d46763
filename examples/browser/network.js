import { adam, conv2d, dense, flatten, lambdaCallback, maxPooling2d, sequential } from "aretejs";
import { side } from "./board.js";

export const epochs = 25;
const batchSize = 16;
/** Each drawing is also learned moved by up to two pixels. */
const shifts = [-2, 0, 2].flatMap((dy) => [-2, 0, 2].map((dx) => ({ dx, dy })));

/**
 * Trains a small convolutional network on drawings.
 * @param {readonly (readonly Float32Array[])[]} samples of each kind.
 * @param backend for `compile`; undefined for the default one.
 * @param {(history: object) => void} onEpoch called with the history so far.
 */
export async function learn(samples, backend, onEpoch) {
  const model = sequential(
    [
      conv2d(8, 3, { activation: "relu", inputShape: [side, side, 1] }),
      maxPooling2d(2),
      conv2d(16, 3, { activation: "relu" }),
      maxPooling2d(2),
      flatten(),
      dense(32, { activation: "relu" }),
      dense(samples.length, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  model.compile({
    optimizer: adam({ learningRate: 2e-3 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  const { x, y } = examplesOf(samples);
  const epochEnds = [];
  const history = { loss: [], accuracy: [] };
  const progress = lambdaCallback({
    onEpochEnd: (_, { loss, accuracy }) => {
      epochEnds.push(performance.now());
      history.loss.push(loss);
      history.accuracy.push(accuracy);
      onEpoch({ history });
    },
  });
  await model.fit(x, y, { epochs, batchSize, verbose: 0, callbacks: [progress] });
  return {
    model,
    epochEnds,
    images: y.length,
    steps: Math.ceil(y.length / batchSize),
    accuracy: history.accuracy.at(-1),
  };
}

/** How likely each kind is for a drawing. */
export async function recognize(model, pixels) {
  const [probabilities] = await (await model.predict({ data: pixels, shape: [1, side, side, 1] })).array();
  return probabilities;
}

/** All drawings, each at every shift. */
function examplesOf(samples) {
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
