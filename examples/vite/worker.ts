// Trains in a worker, so that the page stays free: fits a network to points, and says every ten epochs how far it is.
import { adam, cosineDecay, dense, sequential } from "aretejs";
import type { Answer, Point, Task } from "./messages.ts";

const tell = (answer: Answer) => self.postMessage(answer);
const across = Array.from({ length: 101 }, (_, i) => [i / 50 - 1]);

async function fit({ points, epochs }: Task): Promise<void> {
  const hidden = { activation: "silu" } as const;
  const model = sequential([dense(32, { ...hidden, inputShape: [1] }), dense(32, hidden), dense(1)], { seed: 1 });
  // The rate falls to 0, so that the loss does not jump at the end. An epoch has 4 steps: 100 points in batches of 32.
  const rate = cosineDecay({ initialLearningRate: 0.01, decaySteps: 4 * epochs });
  model.compile({ optimizer: adam(rate), loss: "mse" });
  const onEpochEnd = async (epoch: number, { loss = 0 }: Record<string, number>) => {
    if (epoch % 10 < 9) return;
    const heights = await (await model.predict(across)).data();
    tell({ epoch: epoch + 1, loss, curve: across.map(([x = 0], i): Point => [x, heights[i] ?? 0]) });
  };
  const [x, y] = [points.map(([x]) => [x]), points.map(([, y]) => [y])];
  await model.fit(x, y, { epochs, batchSize: 32, verbose: 0, callbacks: [{ onEpochEnd }] });
}

// An error of a promise does not reach the page by itself.
self.onmessage = ({ data }: MessageEvent<Task>) => fit(data).catch((error) => tell({ error: String(error) }));
