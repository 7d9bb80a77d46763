/**
 * What every runtime runs, and ends with the same bits: a small MLP and a small CNN, trained and evaluated. Plain
 * JavaScript that knows nothing of its host, so that one text serves Node 20 as well as a page.
 */

/** Numbers in [0, 1) from integer arithmetic alone. */
function* numbers(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

const [count, side, classes] = [256, 16, 4];

/**
 * Images with a bright square in one of four corners, on noise; as one piece of bytes, the way a request brings them:
 * pixels, then labels.
 */
export function examples() {
  const noise = numbers(7);
  const bytes = new ArrayBuffer(count * (side * side + 1) * 4);
  const pixels = new Float32Array(bytes, 0, count * side * side);
  const labels = new Int32Array(bytes, pixels.byteLength);
  for (let i = 0; i < count; i++) {
    labels[i] = Math.floor(noise.next().value * classes);
    for (let p = 0; p < side * side; p++) {
      const [row, column] = [Math.floor(p / side), p % side];
      const corner = (row < side / 2 ? 0 : 2) + (column < side / 2 ? 0 : 1);
      pixels[i * side * side + p] = noise.next().value + (corner === labels[i] ? 0.4 : 0);
    }
  }
  return bytes;
}

/** Adam under a cosine, with a penalty and many steps: what the host's Math functions touch would show. */
function mlp(backend, { adam, cosineDecay, dense, flatten, l2, sequential }) {
  const model = sequential(
    [
      flatten({ inputShape: [side, side, 1] }),
      dense(32, { activation: "gelu", kernelInitializer: "orthogonal", kernelRegularizer: l2(1e-4) }),
      dense(16, { activation: "tanh" }),
      dense(classes, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  const learningRate = cosineDecay({ initialLearningRate: 3e-3, decaySteps: 300 });
  model.compile({
    optimizer: adam({ learningRate, clipNorm: 1 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  return { model, epochs: 12, batchSize: 10 };
}

/**
 * Convolutions with pooling, batch normalization and dropout, under Nadam and an exponential; large enough for threads
 * to share.
 */
function cnn(
  backend,
  {
    activation,
    batchNormalization,
    conv2d,
    dense,
    dropout,
    exponentialDecay,
    flatten,
    maxPooling2d,
    nadam,
    sequential,
  },
) {
  const model = sequential(
    [
      conv2d(16, 3, { padding: "same", useBias: false, kernelInitializer: "heNormal", inputShape: [side, side, 1] }),
      batchNormalization(),
      activation("relu"),
      maxPooling2d(2),
      dropout(0.2),
      conv2d(32, 3, { activation: "elu" }),
      flatten(),
      dropout(0.3),
      dense(classes, { activation: "softmax" }),
    ],
    { seed: 2 },
  );
  const learningRate = exponentialDecay({ initialLearningRate: 3e-3, decaySteps: 10, decayRate: 0.9 });
  model.compile({
    optimizer: nadam({ learningRate }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  return { model, epochs: 4, batchSize: 30 };
}

const hexOf = async (bytes) =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/**
 * Learning rates in float64: what the host works out has to have equal bits, too, and not only once it is rounded to
 * float32.
 */
function rates({ cosineDecay, cosineDecayRestarts, exponentialDecay, oneCycle, polynomialDecay, powerDecay }) {
  const decay = { initialLearningRate: 0.1, decaySteps: 700 };
  const schedules = [
    cosineDecay(decay),
    cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 30, tMul: 1.5, mMul: 0.9 }),
    exponentialDecay({ ...decay, decayRate: 0.3 }),
    oneCycle({ maxLearningRate: 0.1, steps: 1000 }).learningRate,
    polynomialDecay({ ...decay, power: 0.7 }),
    powerDecay({ ...decay, exponent: 1.3 }),
  ];
  return Float64Array.from({ length: 1000 * schedules.length }, (_, i) =>
    schedules[i % schedules.length](Math.floor(i / schedules.length)),
  );
}

/** Of the bytes of all weights, and of learning rates. */
async function hashOf(aretejs, models) {
  const weights = [rates(aretejs)];
  for (const model of models)
    for (const { data } of await model.getWeights())
      weights.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hexOf(await new Blob(weights).arrayBuffer());
}

/**
 * Trains both networks, with all threads that the backend may have from the first step on. Tells the build and threads
 * that were taken, the metrics, and a hash of all weights.
 *
 * @param aretejs the package.
 * @param backend where to train.
 * @param bytes what `examples` gives.
 */
export async function train(aretejs, backend, bytes = examples()) {
  const x = { data: new Float32Array(bytes, 0, count * side * side), shape: [count, side, side, 1] };
  const y = new Int32Array(bytes, count * side * side * 4, count);
  await backend.startThreads?.();
  const models = [];
  const metrics = {};
  for (const build of [mlp, cnn]) {
    const { model, epochs, batchSize } = build(backend, aretejs);
    await model.fit(x, y, { epochs, batchSize, verbose: 0 });
    metrics[build.name] = await model.evaluate(x, y, { batchSize: 64 });
    models.push(model);
  }
  return {
    build: backend.build ?? backend.name,
    threads: backend.threads ?? 1,
    hasThreads: backend.startThreads !== undefined,
    hash: await hashOf(aretejs, models),
    metrics,
  };
}

/** A step of 784-32-10 at batch 8, in milliseconds from the import to its end. @param load imports the package. */
export async function firstStep(load) {
  const begun = performance.now();
  const { adam, dense, sequential } = await load();
  const imported = performance.now();
  const model = sequential(
    [dense(32, { activation: "relu", inputShape: [784] }), dense(10, { activation: "softmax" })],
    { seed: 1 },
  );
  model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
  const { loss } = await model.trainOnBatch(
    { data: new Float32Array(8 * 784).fill(0.5), shape: [8, 784] },
    Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
  );
  return { loss, imported: imported - begun, firstStep: performance.now() - begun };
}
