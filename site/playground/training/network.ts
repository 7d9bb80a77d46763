// From settings to a compiled model of aretejs.
import {
  activation,
  adam,
  adamW,
  type Backend,
  batchNormalization,
  conv2d,
  cosineDecay,
  dense,
  dropout,
  exponentialDecay,
  flatten,
  initializers,
  type Layer,
  l1l2,
  type Model,
  maxNorm,
  maxPooling2d,
  nadam,
  type Optimizer,
  oneCycle,
  piecewiseConstantDecay,
  rmsprop,
  type Schedule,
  sequential,
  sgd,
} from "aretejs";
import { adagrad } from "aretejs/optimizers";
import type { Settings } from "../settings.ts";

export interface Network {
  readonly model: Model;
  /** For each hidden layer of units, the layer that gives what the next one gets; then the output. */
  readonly stages: readonly Layer[];
  /** The layers with kernels that `stages` are about. */
  readonly kernels: readonly Layer[];
}

const initializerOf = ({ initializer }: Settings) =>
  initializer === "small"
    ? initializers.randomNormal({ stddev: 0.01 })
    : initializer === "large"
      ? initializers.randomNormal({ stddev: 2 })
      : initializer;

/** The model of the settings, not compiled. */
export function buildNetwork(settings: Settings): Network {
  const isFashion = settings.data === "fashion";
  const [l1, l2, rate, norm] = [settings.l1, settings.l2, settings.dropout, settings.maxNorm].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const normalized = settings.normalization === "on";
  const kernel = {
    kernelInitializer: initializerOf(settings),
    ...(l1 + l2 > 0 && { kernelRegularizer: l1l2({ l1, l2 }) }),
    ...(norm > 0 && { kernelConstraint: maxNorm(norm) }),
  };
  const layers: Layer[] = [];
  if (isFashion) {
    if (settings.features === "convolution") {
      layers.push(
        conv2d(8, 3, { ...kernel, inputShape: [28, 28, 1] }),
        activation(settings.activation),
        maxPooling2d(2),
      );
    }
    layers.push(layers.length > 0 ? flatten() : flatten({ inputShape: [28, 28, 1] }));
  }
  const stages: Layer[] = [];
  const kernels: Layer[] = [];
  const inputShape = layers.length > 0 ? {} : { inputShape: [2] };
  settings.layers.forEach((units, index) => {
    // Batch normalization has a shift of its own, so that a bias would be without effect.
    const hidden = dense(units, {
      name: `layer_${index + 1}`,
      ...kernel,
      ...(index === 0 && inputShape),
      useBias: !normalized,
    });
    const last = activation(settings.activation);
    layers.push(hidden, ...(normalized ? [batchNormalization()] : []), last);
    if (rate > 0) layers.push(dropout(rate));
    kernels.push(hidden);
    stages.push(last);
  });
  const output = dense(isFashion ? 10 : 1, {
    name: "output",
    ...kernel,
    ...(settings.layers.length === 0 && inputShape),
    activation: isFashion ? "softmax" : "sigmoid",
  });
  layers.push(output);
  return {
    model: sequential(layers, { seed: settings.seed }),
    stages: [...stages, output],
    kernels: [...kernels, output],
  };
}

export function compileNetwork(
  { model }: Network,
  settings: Settings,
  stepsPerEpoch: number,
  backend: Backend | undefined,
): void {
  model.compile({
    optimizer: optimizerOf(settings, stepsPerEpoch),
    loss: settings.data === "fashion" ? "sparseCategoricalCrossentropy" : "binaryCrossentropy",
    metrics: ["accuracy"],
    ...(backend && { backend }),
  });
}

/** The learning rate at each step. */
export function rateOf(settings: Settings, stepsPerEpoch: number): Schedule {
  const rate = Number(settings.rate);
  const steps = Math.max(2, Number(settings.epochs) * stepsPerEpoch);
  switch (settings.schedule) {
    case "exponential":
      return exponentialDecay({ initialLearningRate: rate, decaySteps: steps, decayRate: 0.01 });
    case "cosine":
      return cosineDecay({ initialLearningRate: rate, decaySteps: steps });
    case "steps":
      return piecewiseConstantDecay({
        boundaries: [Math.floor(steps / 2), Math.floor((3 * steps) / 4)],
        values: [rate, rate / 10, rate / 100],
      });
    case "oneCycle":
      return oneCycle({ maxLearningRate: rate, steps }).learningRate;
    default:
      return () => rate;
  }
}

const clipOf = ({ clip }: Settings): { clipNorm?: number; globalClipNorm?: number; clipValue?: number } => {
  const size = Number(clip.replace(/^\D+/, ""));
  if (clip === "none") return {};
  if (clip.startsWith("norm")) return { clipNorm: size };
  return clip.startsWith("global") ? { globalClipNorm: size } : { clipValue: size };
};

function optimizerOf(settings: Settings, stepsPerEpoch: number): Optimizer {
  const options = { learningRate: rateOf(settings, stepsPerEpoch), ...clipOf(settings) };
  switch (settings.optimizer) {
    case "sgd":
      return sgd(options);
    case "momentum":
      return sgd({ ...options, momentum: 0.9 });
    case "nesterov":
      return sgd({ ...options, momentum: 0.9, nesterov: true });
    case "adagrad":
      return adagrad(options);
    case "rmsprop":
      return rmsprop(options);
    case "adamW":
      return adamW({ ...options, weightDecay: 0.01 });
    case "nadam":
      return nadam(options);
    default:
      return adam(options);
  }
}
