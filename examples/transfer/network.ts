// A classifier on top of a network that somebody else trained (body.ts): what Node, the page and the Worker of this
// folder share.
import {
  type ArrayInput,
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

/** Grey pictures of 28 × 28, with pixels from 0 to 1, as the network takes them: enlarged, three channels. */
export function fromGrey(pixels: Float32Array): Tensor {
  const grey = ops.tensor(pixels, [pixels.length / 28 ** 2, 28, 28, 1]);
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
 * epoch.
 * @param labels one class for each picture, from 0 on.
 * @returns the whole network: pictures in, one probability per class out.
 */
export async function learn(
  body: Model,
  pictures: ArrayInput,
  labels: Int32Array,
  classes: number,
  { epochs, unfrozenEpochs, seed = 1, batchSize = 32, onFrozen, onEpoch }: LearnOptions,
): Promise<Model> {
  const [middle, end] = body.outputs as [SymbolicTensor, SymbolicTensor];
  for (const layer of body.layers) layer.trainable = false;
  const frozen = functional({ inputs: body.inputs, outputs: [middle, end] });
  const [atMiddle, atEnd] = (await frozen.predictAll(pictures, { batchSize })) as [Tensor, Tensor];

  const standard = normalization();
  await standard.adapt(ops.mean(atEnd, [1, 2]));
  const head = sequential(
    [globalAveragePooling2d({ inputShape: end.shape.slice(1) }), standard, dense(classes, { activation: "softmax" })],
    { seed, name: "head" },
  );
  const common = { loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] } as const;
  const callbacks = onEpoch
    ? [{ onEpochEnd: (_: number, logs: Readonly<Record<string, number>>) => onEpoch(logs.accuracy ?? Number.NaN) }]
    : [];
  head.compile({ optimizer: adam(3e-3), ...common });
  await head.fit(atEnd, labels, { epochs, batchSize, verbose: 0, callbacks });
  const whole = functional({ inputs: body.inputs, outputs: head.apply(end), seed });
  whole.compile({ optimizer: adam(1e-4), ...common });
  await onFrozen?.(whole);
  if (unfrozenEpochs === 0) return whole;

  const last = functional({ inputs: middle, outputs: head.apply(end), seed });
  // Normalization stays as it is: few pictures say little about means.
  for (const layer of last.layers) layer.trainable = !isNormalization(layer);
  last.compile({ optimizer: adam(1e-4), ...common });
  await last.fit(atMiddle, labels, { epochs: unfrozenEpochs, batchSize, verbose: 0, callbacks });
  return whole;
}

const isNormalization = ({ name }: Layer) => name.endsWith("BN");
