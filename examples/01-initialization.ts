/**
 * Vanishing and exploding signals and gradients: 20 dense layers of 100 units, untrained, without biases, on 512
 * standardized images of Fashion-MNIST. For each initializer and activation the standard deviation of each layer's
 * activations ("signal"), and of the gradient with respect to them when a random gradient of deviation 1 comes in at
 * the last layer ("gradient").
 *
 *     npx tsx examples/01-initialization.ts [--short]
 *
 * Printed by a full run (seed 42):
 *
 *                                            layer 1   layer 5  layer 10  layer 15  layer 20
 *     glorotNormal, sigmoid: signal             0.25      0.12      0.12      0.11      0.14
 *     glorotNormal, sigmoid: gradient        1.2e-12   4.2e-10    5.7e-7   0.00071       1.0
 *     glorotNormal, tanh: signal                0.69      0.33      0.22      0.19      0.15
 *     glorotNormal, tanh: gradient              0.26      0.53      0.77      0.87       1.0
 *     glorotNormal, relu: signal                0.83      0.25     0.043    0.0083    0.0023
 *     glorotNormal, relu: gradient            0.0020    0.0076     0.039      0.21       1.0
 *     heNormal, relu: signal                    0.88       1.1       1.0       1.1       1.8
 *     heNormal, relu: gradient                   1.4       1.4       1.2       1.2       1.0
 *     lecunNormal, selu: signal                  1.0      0.97      0.94       1.0       1.0
 *     lecunNormal, selu: gradient                2.2       1.9       1.6       1.2       1.0
 *     randomNormal 0.05, relu: signal           0.88     0.017  0.000097    6.1e-7    5.4e-9
 *     randomNormal 0.05, relu: gradient       3.9e-9    2.3e-7  0.000039    0.0063       1.0
 *     randomNormal 1, relu: signal                18    5.6e+4    9.9e+8   2.0e+13   5.7e+17
 *     randomNormal 1, relu: gradient         2.0e+16   7.6e+12    4.0e+8    2.0e+4       1.0
 *     randomNormal 1, tanh: signal              0.98      0.96      0.96      0.96      0.96
 *     randomNormal 1, tanh: gradient          9.8e+6    3.5e+5    4.9e+3        68       1.0
 *
 * relu keeps its scale with He initialization, selu with LeCun's; tanh lives with Glorot's; sigmoid's gradients vanish
 * under it.
 */
import { activations, evaluate, gradients, initializers, ops, tensor, Variable } from "aretejs";
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
  const direction = new Variable([rows, UNITS], {
    initial: randomNormal({ stddev: 1 })([rows, UNITS], { seed: SEED, stream: 1000 }),
  });

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
  const line = (label: string, cells: readonly string[]) =>
    log(label.padEnd(36) + cells.map((cell) => cell.padStart(10)).join(""));
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
