// A classifier on top of a network that somebody else trained (body.ts): what Node, the page and the Worker of this
// folder share.
import {
  adam,
  dense,
  model as functional,
  globalAveragePooling2d,
  type Layer,
  type Model,
  normalization,
  ops,
  type SymbolicTensor,
  sequential,
  type Tensor,
} from "aretejs";

/** Height and width of its pictures, [n, side, side, 3] in [0, 1]. */
export const side = 56;

/** Grey pictures of 28 × 28, with pixels from 0 to 1, as the network takes them. */
export const fromGrey = (pixels: Float32Array): Tensor =>
  enlarge(ops.tensor(pixels, [pixels.length / 28 ** 2, 28, 28, 1]));

/** Grey pictures [n, 28, 28, 1] enlarged to {@link side}, with three equal channels. */
export function enlarge(grey: Tensor): Tensor {
  const large = ops.resize(grey, [side, side]);
  return ops.concat([large, large, large], 3);
}

/** Options of {@link learn}. */
export interface LearnOptions {
  /** Passes over the pictures: of the classifier, and then of it and the last blocks together (0 leaves these out). */
  readonly epochs: number;
  readonly unfrozenEpochs: number;
  readonly seed?: number;
  /** Pictures that go through the network at a time; fewer take less memory. Default 32. */
  readonly batchSize?: number;
  /** Called when the classifier on the frozen network is ready, which is changed when the last blocks are trained. */
  readonly onFrozen?: (network: Model) => Promise<void>;
  /** Called after each epoch of either part, with the share of the pictures that were recognized in it. */
  readonly onEpoch?: (accuracy: number) => void;
}

/**
 * Trains a classifier on what the frozen network says about pictures, then the network's last blocks too.
 *
 * What the frozen layers give does not change while others are trained: it is computed once, and not again in each
 * epoch. So are the means over each picture that the classifier takes: they have a sixteenth of the numbers.
 * @param pictures all together, or in batches `{ x }`, of which one is in memory at a time.
 * @param labels one class for each picture, from 0 on.
 * @returns the whole network: pictures in, one probability per class out.
 */
export async function learn(
  body: Model,
  pictures: Tensor | AsyncIterable<{ readonly x: Tensor }>,
  labels: Int32Array,
  classes: number,
  { epochs, unfrozenEpochs, seed = 1, batchSize = 32, onFrozen, onEpoch }: LearnOptions,
): Promise<Model> {
  const [middle, end] = body.outputs as [SymbolicTensor, SymbolicTensor];
  for (const layer of body.layers) layer.trainable = false;
  const means = globalAveragePooling2d().apply(end);
  const frozen = functional({ inputs: body.inputs, outputs: [middle, means] });
  // A stream has its own batches.
  const options = Symbol.asyncIterator in pictures ? {} : { batchSize };
  const [atMiddle, atMeans] = (await frozen.predictAll(pictures, options)) as [Tensor, Tensor];

  const standard = normalization();
  await standard.adapt(atMeans);
  const head = sequential([standard, dense(classes, { activation: "softmax" })], { seed, name: "head" });
  const common = { loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] } as const;
  const callbacks = onEpoch
    ? [{ onEpochEnd: (_: number, logs: Readonly<Record<string, number>>) => onEpoch(logs.accuracy ?? Number.NaN) }]
    : [];
  head.compile({ optimizer: adam(3e-3), ...common });
  await head.fit(atMeans, labels, { epochs, batchSize, verbose: 0, callbacks });
  const whole = functional({ inputs: body.inputs, outputs: head.apply(means), seed });
  whole.compile({ optimizer: adam(1e-4), ...common });
  await onFrozen?.(whole);
  if (unfrozenEpochs === 0) return whole;

  const last = functional({ inputs: middle, outputs: head.apply(means), seed });
  // Normalization stays as it is: few pictures say little about means.
  for (const layer of last.layers) layer.trainable = !isNormalization(layer);
  last.compile({ optimizer: adam(1e-4), ...common });
  await last.fit(atMiddle, labels, { epochs: unfrozenEpochs, batchSize, verbose: 0, callbacks });
  return whole;
}

const isNormalization = ({ name }: Layer) => name.endsWith("BN");
