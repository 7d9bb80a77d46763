// The trial of a search that runs in all runtimes: it trains a small network with a learning rate.
import { js } from "../../src/backends/js/index.ts";
import { dense, sequential, sgd } from "../../src/index.ts";

/** The last loss with this learning rate, on the js backend, which has the same bits everywhere. */
export async function runTrial(learningRate: number): Promise<number> {
  const model = sequential([dense(8, { activation: "tanh", inputShape: [1] }), dense(1)], { seed: 3 });
  model.compile({ optimizer: sgd({ learningRate }), loss: "meanSquaredError", backend: js() });
  const x = Array.from({ length: 32 }, (_, row) => [row / 16 - 1]);
  const y = x.map(([value = 0]) => [value * value]);
  const { history } = await model.fit(x, y, { batchSize: 8, epochs: 20, verbose: 0 });
  return history.loss.at(-1) ?? Number.NaN;
}
