// The state of a training run at one moment: what a checkpoint file holds.

import { type HostArray, storableArray } from "../../data/array.ts";
import type { Layer } from "../../nn/layer.ts";
import { named } from "../../tensor/named-variables.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { BatchSpec } from "../../train/batch.ts";
import type { Training, TrainingPosition } from "../../train/callback.ts";
import { getOptimizerState } from "../../train/optimizer-state.ts";
import { sessionOf } from "../../train/session.ts";
import type { Logs } from "../../train/step-runner.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { weightsPrefix, writable } from "../weights/assign.ts";
import { pack } from "./pack.ts";
import { Restorer } from "./restorer.ts";

/** What `__metadata__` says of the format. Files of another version are refused. */
export const checkpointFormat = "aretejs-checkpoint";
export const checkpointVersion = "1";

/** What the run was at, beside weights and optimizer. */
export interface RunState {
  /** Where it goes on. */
  readonly position: TrainingPosition;
  /** Of `fit`. */
  readonly seed: number;
  /** Epochs since `compile`. */
  readonly trainedEpochs: number;
  /** Batches in an epoch, where that is known. */
  readonly steps: number | null;
  /** Whether a callback has ended training. */
  readonly stopped: boolean;
  readonly optimizer: string;
  readonly history: {
    readonly epoch: readonly number[];
    readonly history: Readonly<Record<string, readonly number[]>>;
  };
  /** What each callback keeps; null of those that keep nothing. */
  readonly callbacks: readonly (Readonly<Record<string, unknown>> | null)[];
  /** Within an epoch, the batch that metrics were made for and their sums, by the metrics' keys. */
  readonly lastBatch: BatchSpec | null;
  readonly metrics: Readonly<Record<string, readonly HostArray[]>>;
  /** States of recurrent layers that go on from batch to batch, for each such layer. */
  readonly recurrent: readonly (readonly HostArray[])[];
}

/** A recurrent layer that keeps states between batches, once there were any. */
export interface StatefulLayer extends Layer {
  states: readonly Variable[] | undefined;
  readonly options: { readonly stateful?: boolean };
}

/** The recurrent layers that keep states, in the order of the model. */
export function statefulLayers(layer: Layer, found: Set<Layer> = new Set()): StatefulLayer[] {
  if ((layer as Partial<StatefulLayer>).options?.stateful && "cells" in layer) found.add(layer);
  for (const inner of layer.sublayers) statefulLayers(inner, found);
  return [...found] as StatefulLayer[];
}

const valuesOf = (variables: readonly Variable[]): Promise<HostArray[]> =>
  Promise.all(variables.map(async (variable) => storableArray(await variable.read(), variable.shape)));

/**
 * The checkpoint file of a run.
 * @param weights those of the model, which its snapshot has read.
 * @param ended the epoch that has ended and its logs; undefined within an epoch.
 */
export async function checkpointFile(
  training: Training,
  weights: readonly HostArray[],
  ended: { readonly epoch: number; readonly logs: Readonly<Logs> } | undefined,
): Promise<Uint8Array[]> {
  const { model, position, history } = training;
  const { setup } = sessionOf("modelCheckpoint", model).compiled("modelCheckpoint");
  const metrics: Record<string, HostArray[]> = {};
  if (position.batch > 0)
    for (const [key, { variables }] of Object.entries(setup.objective.reported))
      metrics[key] = await valuesOf(variables);
  const state: RunState = {
    position: { ...position },
    seed: history.seed,
    trainedEpochs: setup.epochs,
    steps: training.steps ?? null,
    stopped: model.stopTraining,
    optimizer: model.optimizer.kind,
    history: withEpoch(history, ended),
    callbacks: training.callbacks
      .filter((callback) => !(callback instanceof Restorer))
      .map((callback) => callback.getState?.() ?? null),
    lastBatch: position.batch > 0 ? (training.lastBatch ?? null) : null,
    metrics,
    recurrent: await Promise.all(statefulLayers(model).map(({ states = [] }) => valuesOf(states))),
  };
  const arrays = new Map<string, HostArray>();
  for (const [index, [name]] of named(model.variables).entries())
    arrays.set(weightsPrefix + name, weights[index] as HostArray);
  for (const [name, array] of Object.entries(await getOptimizerState(model))) arrays.set(`optimizer/${name}`, array);
  const run = JSON.stringify(pack(state, "run", arrays));
  const about = { format: checkpointFormat, version: checkpointVersion, run, model: JSON.stringify(model) };
  return writeSafetensors(writable(arrays), new Map(Object.entries(about)));
}

/** A history with an epoch that it does not have yet. */
function withEpoch(
  { epoch, history }: Training["history"],
  ended: { readonly epoch: number; readonly logs: Readonly<Logs> } | undefined,
): RunState["history"] {
  if (!ended) return { epoch, history };
  const names = new Set([...Object.keys(history), ...Object.keys(ended.logs)]);
  const logged = (name: string) => (Object.hasOwn(ended.logs, name) ? [ended.logs[name] as number] : []);
  const before = (name: string) => (Object.hasOwn(history, name) ? (history[name] ?? []) : []);
  return {
    epoch: [...epoch, ended.epoch],
    history: Object.fromEntries([...names].map((name) => [name, [...before(name), ...logged(name)]])),
  };
}
