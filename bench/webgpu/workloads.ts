// Three networks with data, for all rows about training.
import {
  adam,
  addLayer,
  type Backend,
  dense,
  embedding,
  input,
  lambda,
  layerNormalization,
  losses,
  type Model,
  model,
  multiHeadAttention,
  ops,
  sequential,
} from "../../src/index.ts";
import { noise } from "../peers/rivals/ours.ts";
import { cnn, mlp, type Network } from "../peers/rows/networks.ts";

/** A network in training, on data of eight batches. */
export interface Workload {
  readonly name: string;
  readonly batch: number;
  /** The compiled model: always the same weights. */
  readonly on: (backend: Backend) => Model;
  readonly x: { data: Float32Array | Int32Array; shape: number[] };
  readonly y: { data: Int32Array; shape: number[] };
}

const batches = 8;
const integers = (shape: number[], below: number) => ({
  data: Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * i + 7 * i) % below),
  shape,
});

function images(name: string, { layers, optimizer, rowShape }: Network, batch: number): Workload {
  const rows = batches * batch;
  return {
    name,
    batch,
    on: (backend) => {
      const made = sequential(layers(), { seed: 42 });
      made.compile({
        optimizer: optimizer(),
        loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
        metrics: ["accuracy"],
        backend,
      });
      return made;
    },
    x: { data: noise([rows, ...rowShape], 8).data.map(Math.abs), shape: [rows, ...rowShape] },
    y: integers([rows], 10),
  };
}

/** As examples/12-transformer.ts: two blocks of attention and dense layers on tokens [length], a class for each. */
function transformer(length: number, width: number, batch: number): Workload {
  const classes = 10;
  const rows = batches * batch;
  return {
    name: `transformer of ${length} tokens, width ${width}`,
    batch,
    on: (backend) => {
      const tokens = input([length], { dtype: "int32" });
      const places = lambda((x) => ops.broadcastTo(ops.range(length), x.shape)).apply(tokens);
      let x = addLayer().apply([embedding(classes, width).apply(tokens), embedding(length, width).apply(places)]);
      for (let block = 0; block < 2; block++) {
        x = addLayer().apply([x, multiHeadAttention(4, width / 4).apply(layerNormalization().apply(x))]);
        const hidden = dense(2 * width, { activation: "gelu" }).apply(layerNormalization().apply(x));
        x = addLayer().apply([x, dense(width).apply(hidden)]);
      }
      const outputs = dense(classes, { activation: "softmax" }).apply(layerNormalization().apply(x));
      const made = model({ inputs: tokens, outputs, seed: 42 });
      made.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
      return made;
    },
    x: integers([rows, length], classes),
    y: integers([rows, length], classes),
  };
}

export const workloads = (isSoftware: boolean): readonly Workload[] => [
  images("MLP 784-300-100-10", mlp, 32),
  images("CNN", cnn, 32),
  transformer(16, 64, 32),
  ...(isSoftware ? [] : [images("MLP 784-300-100-10", mlp, 512), images("CNN", cnn, 256), transformer(128, 256, 64)]),
];
