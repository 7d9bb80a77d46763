// The steps of `fit` for one of several workers.
import type { TypedArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { BatchCursor, BatchSpec } from "../train/batch.ts";
import type { Callback } from "../train/callback.ts";
import type { Model } from "../train/model.ts";
import { type BoundProgram, ProgramCache } from "../train/program-cache.ts";
import type { Compiled } from "../train/session.ts";
import type { Step } from "../train/step-runner.ts";
import type { Exchange } from "./exchange.ts";
import type { Members } from "./members.ts";
import { bytesOf, joined } from "./packets.ts";
import { type BatchProgram, extraName, gradientName, recordUpdate, type SplitStep, splitStep } from "./split-step.ts";

/** Milliseconds of a batch from which on the others are told before it is computed. */
const longCompute = 500;

/** What {@link openSteps} works with. */
export interface StepsOptions {
  readonly model: Model;
  readonly compiled: Compiled;
  readonly rounds: Rounds;
  readonly exchange: Exchange;
  /** Hears when steps begin and end, and of batches that are likely to block the event loop for long. */
  readonly members: Pick<Members, "beat" | "isBetweenSteps">;
  readonly stepTimeout: number;
  readonly rank: number;
  /** How many workers there are. */
  readonly size: number;
  /** Batches that all workers together have trained on before. */
  readonly batches: number;
  /** How often the weights that all share were updated before. */
  readonly updates: number;
  /** Called after each update. @param uncounted the last batch, where the loop of `fit` has not counted it yet. */
  onUpdate(uncounted?: BatchSpec): Promise<void>;
}

/** What workers exchange, and when. Its state is kept in checkpoints, as that of a callback. */
export interface Rounds extends Callback {
  /** How many batches a worker computes in a round. */
  readonly every: number;
  /** Whether a round goes on in the next epoch. */
  readonly spansEpochs: boolean;
  /** Updates the weights that all share, with the mean of the workers' vectors as gradients. */
  readonly optimizer: Optimizer;
  /** Records what a worker computes of a batch. */
  record(spec: BatchSpec): BatchProgram;
  /** Called before the first batch of a round. */
  begin?(): Promise<void>;
  /** Takes what was computed of a batch. Gives whether `vector` is what this worker hands in. */
  computed(found: Readonly<Record<string, TypedArray>>, vector: Float32Array): boolean;
  /** Called at the end of a round: makes `vector` what this worker hands in, where it is not yet. */
  end?(vector: Float32Array): Promise<void>;
  /** Called after the weights were updated. */
  updated?(): Promise<void>;
}

/** What {@link openSteps} gives. */
export type WorkerSteps = ReturnType<typeof openSteps>;

/**
 * Runs the steps of `fit` for one of several workers. Each worker goes through all batches in the same order, and
 * computes every `size`th of them. A round is `size · every` batches; at its end the workers exchange what they have,
 * and update the weights that they share.
 */
export function openSteps(options: StepsOptions) {
  const { model, compiled, rounds, exchange, members, stepTimeout, rank, size } = options;
  const { stepRunner, setup } = compiled;
  const { trainable } = stepRunner;
  const programs = new ProgramCache(() => stepRunner.backend());
  const splits = new Map<string, SplitStep>();
  const number = new Float32Array(1);
  /** Vectors of two rounds: the one before may be asked for again. */
  const length = vectorLength(compiled);
  const vectors = [new Float32Array(length), new Float32Array(length)];
  /** Specs of the batches of this round so far, and of how many of them the model's state knows. */
  let specs: BatchSpec[] = [];
  let applied = 0;
  /** What all have to know of this worker's batches in this round, which lie behind each other. */
  let extra = new Uint8Array();
  /** Milliseconds that this worker's last batch took; the first one, which is compiled for, may take long. */
  let computeTime = Number.POSITIVE_INFINITY;
  let startedAt = 0;

  /** What is recorded for batches like this one. */
  const split = async (spec: BatchSpec): Promise<SplitStep> => {
    const known = splits.get(spec.signature);
    if (known) return known;
    const made = await splitStep(model, rounds.record(spec));
    splits.set(spec.signature, made);
    return made;
  };

  /** This worker's vector in this round. */
  const vector = (): Float32Array => vectors[steps.updates % 2] as Float32Array;

  /** Hands in the vector of this round, and what its batches gave besides. */
  const post = (): void => {
    exchange.post(steps.updates, extra, vector());
    extra = new Uint8Array();
  };

  /** Schedules count batches, as with gradient accumulation; the number of the step, and averages, count updates. */
  const writeScalars = (program: BoundProgram, optimizer: Optimizer, batch: number): void => {
    for (const name of optimizer.scalarNames) {
      const countsUpdates = name === "step" || name === "overwrite";
      number[0] = atStep(optimizer, countsUpdates ? optimizer.rawSteps : batch, () => optimizer.scalar(name));
      program.input(name)?.write(number);
    }
  };

  const compute = async (spec: BatchSpec, cursor: BatchCursor): Promise<void> => {
    const { optimizer } = setup;
    const started = performance.now();
    const isLong = computeTime > longCompute;
    if (isLong) {
      members.beat(stepTimeout);
      // The client sends in a microtask.
      await undefined;
    }
    const { batch, extras } = await split(spec);
    const found = await programs.use(
      `batch ${spec.signature}`,
      () => batch,
      (program) => {
        // Random numbers follow from the number of the batch.
        atStep(optimizer, steps.batches, () => stepRunner.feed("train", stepRunner.stepOf(program, spec), cursor, 0));
        writeScalars(program, optimizer, steps.batches);
        program.run();
        return program.read(program.outputNames);
      },
    );
    computeTime = performance.now() - started;
    if (isLong) members.beat();
    extra = joined([extra, ...extras.map((_, index) => bytesOf(found[extraName(index)] as TypedArray))]);
    if (rounds.computed(found, vector())) post();
  };

  /** What `act` gives; this worker waits for others meanwhile. */
  const waiting = async <T>(act: Promise<T>): Promise<T> => {
    const started = performance.now();
    const found = await act;
    steps.waitTime += performance.now() - started;
    return found;
  };

  /** Brings metrics and moving averages up to the last batch that was taken, in the order of the batches. */
  const applyExtras = async (): Promise<void> => {
    const ranks = Array.from({ length: Math.min(size, specs.length) }, (_, rank) => rank);
    const found = await waiting(exchange.extras(steps.updates, ranks));
    const at = ranks.map(() => 0);
    for (; applied < specs.length; applied++) {
      const spec = specs[applied] as BatchSpec;
      const owner = applied % size;
      const { extras, state } = await split(spec);
      await programs.use(
        `state ${spec.signature}`,
        () => state,
        (program) => {
          for (const [index, { shape, dtype }] of extras.entries()) {
            const numbers = dtype === "int32" ? Int32Array : Float32Array;
            const { buffer } = found[owner] as Uint8Array<ArrayBuffer>;
            program.input(extraName(index))?.write(new numbers(buffer, at[owner], sizeOf(shape)));
            at[owner] = (at[owner] as number) + 4 * sizeOf(shape);
          }
          program.run();
        },
      );
    }
  };

  /** Updates the weights with the mean of the workers' vectors. */
  const applyMean = async (): Promise<void> => {
    const { optimizer } = rounds;
    // Where an epoch ends a round, some may have had no batch.
    const workers = Math.min(size, specs.length);
    const sum = await waiting(exchange.sum(steps.updates));
    await programs.use(
      `update ${workers}`,
      () => recordUpdate(model, trainable, optimizer, workers),
      (program) => {
        let at = 0;
        for (const [index, { shape }] of trainable.entries()) {
          program.input(gradientName(index))?.write(sum, at, sizeOf(shape));
          at += sizeOf(shape);
        }
        writeScalars(program, optimizer, steps.batches - 1);
        program.run();
      },
    );
    optimizer.advance();
  };

  /** Updates the weights, and begins a new round. */
  const endRound = async (uncounted?: BatchSpec): Promise<void> => {
    if (rounds.end) {
      await rounds.end(vector());
      post();
    }
    await applyExtras();
    await applyMean();
    await rounds.updated?.();
    steps.updates++;
    specs = [];
    applied = 0;
    steps.stepTime = performance.now() - startedAt;
    members.isBetweenSteps = true;
    await options.onUpdate(uncounted);
  };

  const steps = {
    /** Batches that all workers together have trained on. */
    batches: options.batches,
    /** How often the weights that all share were updated: the number of the round. */
    updates: options.updates,
    /** Milliseconds that the last round took, and how many of them this worker waited for others. */
    stepTime: 0,
    waitTime: 0,

    /** Takes the next batch: computes it, if it is this worker's, and updates, if it is the last of a round. */
    async run<T>(_mode: unknown, spec: BatchSpec, cursor: BatchCursor, _read: (step: Step) => T): Promise<T> {
      members.isBetweenSteps = false;
      if (specs.length === 0) {
        startedAt = performance.now();
        steps.waitTime = 0;
        await rounds.begin?.();
      }
      if (specs.length % size === rank) await compute(spec, cursor);
      specs.push(spec);
      steps.batches++;
      if (specs.length === size * rounds.every) await endRound(spec);
      members.isBetweenSteps = true;
      return undefined as T;
    },

    /** The end of an epoch: metrics are reported, and where rounds end with epochs, the weights are those of all. */
    async finish(): Promise<void> {
      if (rounds.spansEpochs) await applyExtras();
      else if (specs.length > 0) await endRound();
    },

    close(): void {},

    /** Frees the programs. */
    dispose(): void {
      programs.dispose();
    },
  };
  return steps;
}

/** What `act` gives while an optimizer is at a step; then it is where it was. */
function atStep<T>(optimizer: Optimizer, step: number, act: () => T): T {
  const before = optimizer.rawSteps;
  optimizer.rawSteps = step;
  try {
    return act();
  } finally {
    optimizer.rawSteps = before;
  }
}

/** Numbers in all trained variables. */
export const vectorLength = ({ stepRunner }: Compiled): number =>
  stepRunner.trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
