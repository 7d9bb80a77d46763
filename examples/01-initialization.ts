import { activations, evaluate, gradients, initializers, ops, tensor, Variable } from "../src/index.ts";
import { choose, type ExampleOptions, imagesOf, runAsScript, spread } from "./shared.ts";

const LAYERS = 20;
const UNITS = 100;
const SEED = 42;

const { glorotNormal, heNormal, lecunNormal, randomNormal } = initializers;
const pairs = [
  ["glorotNormal, sigmoid", glorotNormal(), activations.sigmoid],
  ["glorotNormal, tanh", glorotNormal(), activations.tanh],
  ["glorotNormal, relu", glorotNormal(), activations.relu],
  ["heNormal, relu", heNormal(), activations.relu],
  ["lecunNormal, selu", lecunNormal(), activations.selu],
  ["randomNormal 0.05, relu", randomNormal({ stddev: 0.05 }), activations.relu],
  ["randomNormal 1, relu", randomNormal({ stddev: 1 }), activations.relu],
  ["randomNormal 1, tanh", randomNormal({ stddev: 1 }), activations.tanh],
] as const;

export interface ScaleFigures {
  /** Standard deviation of each layer's activations, first to last. */
  signal: number[];
  /** Standard deviation of the gradient with respect to them, for a random gradient of deviation 1 at the last. */
  gradient: number[];
}

export async function run(options: ExampleOptions): Promise<Record<string, ScaleFigures>> {
  const { short = false, log = () => {} } = options;
  const { x } = choose((await imagesOf(options)).train, { take: short ? 64 : 512 });
  const rows = x.shape[0] as number;
  const { mean, stddev } = spread(x.data);
  const inputs = tensor(
    Float32Array.from(x.data, (pixel) => (pixel - mean) / stddev),
    [rows, 784],
  );
  const direction = new Variable([rows, UNITS], { initial: randomNormal({ stddev: 1 })([rows, UNITS], { seed: SEED, stream: 1000 }) });

  const figures: Record<string, ScaleFigures> = {};
  for (const [name, initializer, activation] of pairs) {
    const layers = [inputs];
    for (let depth = 1; depth <= LAYERS; depth++) {
      const shape = [depth === 1 ? 784 : UNITS, UNITS];
      const kernel = new Variable(shape, { initial: initializer(shape, { seed: SEED, stream: depth }) });
      layers.push(activation(ops.matmul(layers.at(-1) as typeof inputs, kernel.tensor)));
    }
    const hidden = layers.slice(1);
    const loss = ops.sum(ops.mul(hidden.at(-1) as typeof inputs, direction.tensor));
    const values = await evaluate([...hidden, ...gradients(loss, hidden)]);
    const scales = values.map((value) => spread(value).stddev);
    figures[name] = { signal: scales.slice(0, LAYERS), gradient: scales.slice(LAYERS) };
  }

  const shown = [1, 5, 10, 15, 20];
  const line = (label: string, cells: readonly string[]) => log(label.padEnd(36) + cells.map((cell) => cell.padStart(10)).join(""));
  line(
    "",
    shown.map((depth) => `layer ${depth}`),
  );
  for (const [name, scales] of Object.entries(figures)) {
    for (const what of ["signal", "gradient"] as const) {
      line(
        `${name}: ${what}`,
        shown.map((depth) => (scales[what][depth - 1] as number).toPrecision(2)),
      );
    }
  }
  return figures;
}

await runAsScript(import.meta.url, run);
