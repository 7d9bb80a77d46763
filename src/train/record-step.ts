import type { CompileOptions } from "../compiler/compile-with.ts";
import { type Layer, listOf } from "../nn/layer.ts";
import type { Network } from "../nn/network.ts";
import { Recording } from "../nn/recording.ts";
import { gradients } from "../tensor/autodiff.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { ArraySpec, BatchSpec } from "./batch.ts";
import type { StepInstrument } from "./diagnose/instrument.ts";
import type { TrainingSetup } from "./training-setup.ts";

/**
 * What a step is for. "accumulate" trains without an update (see `gradientAccumulationSteps`); "sample" predicts with
 * the noise layers on.
 */
export type Mode = "train" | "accumulate" | "test" | "predict" | "sample";

/** Optional instrumentation of a training step. */
export interface StepOptions {
  /** What train steps report besides their loss. */
  readonly instrument: StepInstrument | undefined;
}

/** What a step is recorded from. */
export interface Parts {
  readonly network: Network;
  /** For all modes but "predict" and "sample". */
  readonly setup: TrainingSetup | undefined;
  /** The variables that train steps update. */
  readonly trainable: readonly Variable[];
  /** Whether a layer was trainable when the model was compiled. */
  readonly isTrainable: (layer: Layer) => boolean;
}

/** Names of a step's inputs and outputs. */
export const portName = {
  x: (index: number) => `x${index}`,
  y: (index: number) => `y${index}`,
  weight: (index: number) => `sampleWeight${index}`,
  key: "key",
  output: (index: number) => `output${index}`,
  loss: "loss",
} as const;

/**
 * Records a whole step for one batch shape, to be compiled as one program. What changes from step to step comes in
 * through inputs: the batch, the random key, the optimizer's scalars. Train steps: forward, losses and penalties,
 * gradients, optimizer, side results such as moving averages, metrics. Test steps: forward, losses, metrics. Predict
 * and sample steps: forward.
 */
export function recordStep(
  mode: Mode,
  { network, setup, trainable, isTrainable }: Parts,
  spec: BatchSpec,
  options: StepOptions,
): CompileOptions {
  const isTraining = mode === "train" || mode === "accumulate";
  const recorder = isTraining ? options.instrument?.begin(network) : undefined;
  const ctx = new Recording(network, {
    training: isTraining,
    noise: isTraining || mode === "sample",
    key: placeholder(portName.key, [4], "int32"),
    isTrainable,
    observe: recorder?.observe,
  });
  const x = spec.x.map((array, index) => at(portName.x(index), array));
  const outputs = listOf(network.call(x.length === 1 ? (x[0] as Tensor) : x, ctx));
  if (mode === "predict" || mode === "sample" || !setup) {
    return {
      outputs: Object.fromEntries(outputs.map((output, index) => [portName.output(index), output])),
      updates: [...ctx.updates],
    };
  }
  const y = spec.y.map((array, index) => array && at(portName.y(index), array));
  const weights = spec.weights.map((array, index) => array && at(portName.weight(index), array));
  const masks = outputs.map((output) => ctx.maskOf(output));
  const { loss, updates } = setup.objective.recordBatch({ yTrue: y, yPred: outputs, weights, masks }, [
    ...network.penalties(isTrainable),
    ...ctx.losses,
  ]);
  if (!isTraining) return { outputs: { [portName.loss]: loss }, updates: [...ctx.updates, ...updates] };
  const { optimizer } = setup;
  const pairs = withGradients(trainable, optimizer.scaleLoss(loss));
  const trained = optimizer.apply(pairs, optimizer.scalars(), {
    constraints: network.constraints(),
    phase: mode === "train" ? "update" : mode,
  });
  return {
    outputs: { [portName.loss]: loss, ...recorder?.outputs({ loss, pairs, updates: trained, optimizer }) },
    updates: [...trained, ...ctx.updates, ...updates],
  };
}

function withGradients(variables: readonly Variable[], loss: Tensor): (readonly [Variable, Tensor])[] {
  const slopes = gradients(loss, variables);
  return variables.map((variable, index) => [variable, slopes[index] as Tensor] as const);
}

const at = (name: string, { shape, dtype }: ArraySpec): Tensor => placeholder(name, shape, dtype);
