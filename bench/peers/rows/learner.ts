import { type HostArray, losses, sequential } from "../../../src/index.ts";
import { type JaxArray, jax, jaxArray, np } from "../rivals/jax.ts";
import { backend, noise, type Operand } from "../rivals/ours.ts";
import { tf, tfl, useTfjs } from "../rivals/tfjs.ts";
import type { Network } from "./networks.ts";

/** A network in training, in a rival. */
export interface Learner {
  /** One step on the batch of this number; the batch is there already, in the rival's memory. */
  step(batch: number): void | Promise<void>;
  /** The weights that are trained. */
  weights(): Promise<Float32Array[]>;
  /** Fulfilled when all steps so far are done, where a step returns before. */
  settled?(): Promise<unknown>;
  dispose(): void;
}

/** Batches for all sides: the same rows, the same labels. */
export class Batches {
  readonly x: HostArray;
  readonly labels: Int32Array;

  constructor(
    readonly count: number,
    readonly size: number,
    readonly rowShape: readonly number[],
  ) {
    const rows = count * size;
    const { data, shape } = noise([rows, ...rowShape], 8);
    this.x = { data: data.map(Math.abs), shape };
    this.labels = Int32Array.from(noise([rows], 9).data, (value) => Math.floor((value + 1) * 5) % 10);
  }

  xOf(batch: number): Float32Array {
    const size = this.x.data.length / this.count;
    return (this.x.data as Float32Array).slice(batch * size, (batch + 1) * size);
  }

  labelsOf(batch: number): Int32Array {
    return this.labels.slice(batch * this.size, (batch + 1) * this.size);
  }
}

/** This library's side: the network as a user makes and trains it. */
export class Ours {
  readonly model;

  constructor(
    network: Network,
    private readonly batches: Batches,
  ) {
    this.model = sequential(network.layers(), { seed: 42 });
    this.model.compile({
      optimizer: network.optimizer(),
      loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
      backend,
    });
  }

  /** Trains on the first batches, in order. */
  async first(count: number): Promise<void> {
    const rows = count * this.batches.size;
    const { data, shape } = this.batches.x;
    const x = { data: data.subarray(0, (data.length / (shape[0] as number)) * rows), shape: [rows, ...shape.slice(1)] };
    await this.model.fit(x, this.batches.labels.subarray(0, rows), {
      batchSize: this.batches.size,
      shuffle: false,
      verbose: 0,
    });
  }

  /** Trains on all batches, shuffled, so many times. */
  async fit(epochs: number): Promise<void> {
    await this.model.fit(this.batches.x, this.batches.labels, { batchSize: this.batches.size, epochs, verbose: 0 });
  }

  /** The weights that are trained. */
  weights(): Promise<Operand[]> {
    return Promise.all(
      this.model.trainableVariables.map(async (variable) => ({
        data: (await variable.read()) as Float32Array,
        shape: variable.shape,
      })),
    );
  }
}

/** The same network with the same weights in tfjs: `minimize` on its layers, the shortest way that it has. */
export async function tfjsLearner(
  network: Network,
  which: "wasm" | "webgpu" | "cpu",
  batches: Batches,
  ours: Ours,
): Promise<Learner> {
  await useTfjs(which);
  const model = tfl.sequential({ layers: network.tfjs.layers() });
  for (const [index, layer] of ours.model.layers.entries()) {
    const values = await Promise.all(
      layer.variables.map(async (variable) => tf.tensor((await variable.read()) as Float32Array, [...variable.shape])),
    );
    (model.layers[index] as (typeof model.layers)[number]).setWeights(values);
    tf.dispose(values);
  }
  const optimizer = network.tfjs.optimizer();
  const variables = model.trainableWeights.map((weight) => weight.read() as import("@tensorflow/tfjs-core").Variable);
  const x = Array.from({ length: batches.count }, (_, batch) =>
    tf.tensor(batches.xOf(batch), [batches.size, ...batches.rowShape]),
  );
  const y = x.map((_, batch) =>
    tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(batches.labelsOf(batch), "int32"), 10), "float32")),
  );
  return {
    step: (batch) => {
      const loss = () =>
        tf.losses.softmaxCrossEntropy(
          y[batch] as never,
          model.apply(x[batch] as never, { training: true }) as never,
        ) as never;
      optimizer.minimize(loss, false, variables);
    },
    weights: () => Promise.all(variables.map((variable) => variable.data() as Promise<Float32Array>)),
    ...(which === "webgpu" && { settled: () => (variables.at(-1) as (typeof variables)[number]).data() }),
    dispose: () => {
      tf.dispose([x, y]);
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** The same network with the same weights in jax-js: the whole step under one `jit`. */
export async function jaxLearner(network: Network, batches: Batches, ours: Ours): Promise<Learner> {
  const { jax: recipe } = network;
  if (!recipe) throw new Error(`bench/peers: jax-js has no ${network.name}.`);
  const { forward, update, toPeer = (weight: Operand) => weight, rowShape = network.rowShape } = recipe;
  let weights = (await ours.weights()).map((weight, index) => {
    const { data, shape } = toPeer(weight, index);
    return jaxArray(data, shape);
  });
  let slots = weights.map((weight) => Array.from({ length: update.slots }, () => np.zeros(weight.shape)));
  const x = Array.from({ length: batches.count }, (_, batch) =>
    jaxArray(batches.xOf(batch), [batches.size, ...rowShape]),
  );
  const y = x.map((_, batch) => jaxArray(batches.labelsOf(batch), [batches.size]));
  const lossOf = (w: JaxArray[], images: JaxArray, labels: JaxArray): JaxArray =>
    np.mean(np.sum(jax.nn.oneHot(labels, 10).mul(jax.nn.logSoftmax(forward(w, images))), -1)).mul(-1);
  const compiled = jax.jit((w: JaxArray[], s: JaxArray[][], images: JaxArray, labels: JaxArray, rate: JaxArray) => {
    const [loss, gradients] = jax.valueAndGrad(lossOf)(jax.tree.ref(w), images, labels) as [JaxArray, JaxArray[]];
    const next = w.map((weight, index) =>
      update.apply(weight, gradients[index] as JaxArray, s[index] as JaxArray[], rate.ref),
    );
    rate.dispose();
    return [next.map(({ weight }) => weight), next.map((entry) => entry.slots), loss] as [
      JaxArray[],
      JaxArray[][],
      JaxArray,
    ];
  });
  let steps = 0;
  return {
    step: async (batch) => {
      const rate = np.array(Float32Array.of(update.rate(++steps)), { shape: [] });
      let loss: JaxArray;
      [weights, slots, loss] = compiled(
        weights,
        slots,
        (x[batch] as JaxArray).ref,
        (y[batch] as JaxArray).ref,
        rate,
      ) as [JaxArray[], JaxArray[][], JaxArray];
      // It computes when it is waited for.
      await loss.blockUntilReady();
      loss.dispose();
    },
    weights: () => Promise.all(weights.map((weight) => weight.ref.data() as Promise<Float32Array>)),
    dispose: () => {
      jax.tree.dispose([weights, slots, x, y]);
      compiled.dispose();
    },
  };
}
