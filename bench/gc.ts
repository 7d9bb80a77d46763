/**
 * Garbage collections in 10 000 training steps: `fit` of a small network on arrays in memory, shuffled, with a metric,
 * as users call it. The first epoch, in which programs are made and the engine compiles, does not count.
 *
 *     npx tsx bench/gc.ts [--json]
 */
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { dense, sequential, sgd } from "../src/index.ts";

const [width, batchSize, steps, epochs] = [16, 8, 1000, 10];

/** How many collections there were. */
async function collections(): Promise<number> {
  const rows = steps * batchSize;
  const x = { data: new Float32Array(rows * width), shape: [rows, width] };
  for (let i = 0; i < x.data.length; i++) x.data[i] = Math.sin(i * 0.37);
  const y = { data: Int32Array.from({ length: rows }, (_, i) => (i * 7) % 4), shape: [rows] };
  const model = sequential(
    [dense(32, { activation: "relu", inputShape: [width] }), dense(4, { activation: "softmax" })],
    { seed: 1 },
  );
  model.compile({
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  await model.fit(x, y, { epochs: 1, batchSize, verbose: 0 });
  let events = 0;
  const observer = new PerformanceObserver((list) => {
    events += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  await model.fit(x, y, { epochs, batchSize, verbose: 0 });
  // What was seen is told in a later turn of the event loop.
  await setImmediate();
  observer.disconnect();
  return events;
}

export async function benchGc(json: boolean): Promise<void> {
  const events = await collections();
  const allowed = 5;
  if (json) {
    // A ratio above 1: fewer than are allowed.
    const line = {
      suite: "gc",
      case: `${steps * epochs} training steps`,
      ours: events,
      peer: allowed,
      peerName: "allowed",
      unit: "collections",
    };
    console.log(JSON.stringify({ ...line, ratio: Number((allowed / Math.max(1, events)).toFixed(2)) }));
  } else console.log(`${steps * epochs} training steps: ${events} garbage collections, ${allowed} allowed`);
}

if (process.argv[1]?.endsWith("gc.ts")) await benchGc(process.argv.includes("--json"));
