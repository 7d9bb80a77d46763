import type { Layer } from "../../src/nn/layer.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Variable } from "../../src/tensor/variable.ts";
import { expectClose, type GoldenTensor, load, values } from "./nn-support.ts";

/** A layer on one input, as scripts/golden/layers.py writes it. */
export interface LayerCase {
  layer: string;
  // biome-ignore lint/suspicious/noExplicitAny: the options of any layer
  config: any;
  training?: boolean;
  trainable: boolean;
  note?: string;
  weights: (GoldenTensor & { name: string })[];
  x: GoldenTensor;
  /** Which of x's first axes' elements count. */
  mask?: GoldenTensor;
  output: GoldenTensor;
  dy: GoldenTensor;
  gradients: { x: GoldenTensor; weights: GoldenTensor[] };
  updated?: (GoldenTensor & { name: string })[];
}

/** Gives a layer that is built the weights of Keras's, which must have the same names and shapes. */
export function takeWeights({ variables }: Layer, weights: readonly (GoldenTensor & { name: string })[]): void {
  const described = variables.map(({ name, shape }) => `${name.split("/").at(-1)} [${shape}]`);
  const wanted = weights.map(({ name, shape }) => `${name} [${shape}]`);
  if (String(described) !== String(wanted)) throw new Error(`variables ${described}, Keras has ${wanted}`);
  assignWeights(variables, weights);
}

function assignWeights(variables: readonly Variable[], weights: readonly GoldenTensor[]): void {
  if (variables.length !== weights.length)
    throw new Error(`${variables.length} variables, Keras has ${weights.length}`);
  variables.forEach((variable, index) => {
    variable.assign((weights[index] as GoldenTensor).data.map(Number));
  });
}

/** Output, gradients of Σ output·dy and moving statistics, against Keras's. */
export async function checkLayer(one: LayerCase, layer: Layer, tolerance: number): Promise<void> {
  layer.ensureBuilt([null, ...one.x.shape.slice(1)]);
  const { variables } = layer;
  assignWeights(variables, one.weights);

  const x = load(one.x);
  const ctx = new Recording(layer, { training: one.training ?? false, key: tensor(randomKey(1)) });
  if (one.mask) ctx.setMask(x, load(one.mask));
  const output = layer.apply(x, ctx);
  const objective = sum(mul(output, load(one.dy)));
  const trainable = layer.trainableVariables;
  const updated = variables.filter((variable) => ctx.updates.has(variable));
  const [y, dx, ...rest] = (await values(
    output,
    ...gradients(objective, [x, ...trainable]),
    ...updated.map((variable) => ctx.updates.get(variable) as Tensor),
  )) as [number[], number[], ...number[][]];

  expectClose(y, one.output, tolerance, "output");
  expectClose(dx, one.gradients.x, tolerance, "gradient of x");
  one.gradients.weights.forEach((gradient, index) => {
    expectClose(rest[index] as number[], gradient, tolerance, `gradient of ${trainable[index]?.name}`);
  });
  const moved = rest.slice(trainable.length);
  (one.updated ?? []).forEach((value, index) => {
    const moving = variables.filter((variable) => !variable.trainable)[index];
    const at = updated.indexOf(moving as (typeof updated)[number]);
    // What is not updated must be what it was.
    const got =
      at >= 0 ? moved[at] : one.weights[variables.indexOf(moving as (typeof variables)[number])]?.data.map(Number);
    expectClose(got as number[], value, tolerance, value.name);
  });
}
