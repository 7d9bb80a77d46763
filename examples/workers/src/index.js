import { AreteError, adam, dense, dropout, sequential, wasm } from "aretejs";

/** Of 128 MB that a Worker has, what the kernels may take. */
const maximumBytes = 64 * 2 ** 20;

/**
 * @typedef {{ classes: string[], examples: { embedding: number[], class: string }[], queries?: number[][], weights?: {
 * data: number[], shape: number[] }[] }} Task
 */

/**
 * @type {Awaited<ReturnType<typeof wasm>> | undefined} One for all requests, also for those that run at the same time:
 * each has a model of its own.
 */
let backend;

/** Trains a head on the examples, from the given weights if there are some. @param {Task} task */
async function fineTune({ classes, examples, queries = [], weights }) {
  backend ??= await wasm({ maximumBytes });
  const model = sequential(
    [
      dense(32, { activation: "relu", kernelInitializer: "heNormal", inputShape: [examples[0].embedding.length] }),
      dropout(0.2),
      dense(classes.length, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  try {
    if (weights) model.setWeights(weights);
    model.compile({
      optimizer: adam({ learningRate: 3e-3 }),
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
      backend,
    });
    const x = examples.map(({ embedding }) => embedding);
    const y = Int32Array.from(examples, (example) => classes.indexOf(example.class));
    await model.fit(x, y, { epochs: 20, batchSize: 16, verbose: 0 });
    const metrics = await model.evaluate(x, y);
    const predictions = queries.length === 0 ? [] : await (await model.predict(queries)).array();
    const trained = await model.getWeights();
    return {
      ...metrics,
      predictions: predictions.map((probabilities) => {
        const best = probabilities.indexOf(Math.max(...probabilities));
        return { class: classes[best], probability: probabilities[best] };
      }),
      weights: trained.map(({ data, shape }) => ({ data: Array.from(data), shape })),
      build: backend.build,
      linearMemory: backend.heap.bytes,
    };
  } finally {
    // Frees its memory now, rather than when the garbage collector finds it.
    await model.dispose();
  }
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    if (request.method !== "POST")
      return new Response("POST { classes, examples: [{ embedding, class }], queries }\n", { status: 405 });
    try {
      const task = await request.json();
      if (!task.examples?.length || !task.classes?.length)
        return Response.json({ error: "classes and examples are needed" }, { status: 400 });
      return Response.json(await fineTune(task));
    } catch (error) {
      // What the request got wrong is told: labels that are no class, embeddings of different lengths, text that is no
      // JSON.
      if (error instanceof AreteError || error instanceof SyntaxError)
        return Response.json({ error: error.message }, { status: 400 });
      throw error;
    }
  },
};
