import type { TypedArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { BatchCursor, BatchSpec } from "../train/batch.ts";
import type { Model } from "../train/model.ts";
import { type BoundProgram, ProgramCache } from "../train/program-cache.ts";
import type { Compiled } from "../train/session.ts";
import type { Step } from "../train/step-runner.ts";
import type { Exchange } from "./exchange.ts";
import { bytesOf, joined } from "./packets.ts";
import { type BatchProgram, names, recordUpdate, type SplitStep, splitStep } from "./split-step.ts";

/** Milliseconds of a batch from which on the others are told before it is computed. */
const longCompute = 500;

/** What {@link WorkerSteps} work with. */
export interface StepsOptions {
  readonly model: Model;
  readonly compiled: Compiled;
  readonly exchange: Exchange;
  readonly rank: number;
  /** How many workers there are. */
  readonly size: number;
  /** Batches that all workers together have trained on before. */
  readonly batches: number;
  /** How often the weights that all share were updated before. */
  readonly updates: number;
  /** Called when a step begins and ends. Between steps are callbacks, validation and checkpoints. */
  onStep(isBegin: boolean): void;
  /** Called before a batch is computed that is likely to block the event loop for long, and after it. */
  onLongCompute(isBegin: boolean): void;
  /** Called after each update. @param uncounted the last batch, where the loop of `fit` has not counted it yet. */
  onUpdate(uncounted?: BatchSpec): Promise<void>;
}

/** What workers exchange, and when. */
export interface Rounds {
  /** How many batches a worker computes in a round. */
  readonly every: number;
  /** Whether a round goes on in the next epoch. */
  readonly spansEpochs: boolean;
  /** Records what a worker computes of a batch. */
  record(spec: BatchSpec): BatchProgram;
  /** Called before the first batch of a round. */
  begin?(): Promise<void>;
  /** Takes what was computed of a batch. */
  computed(found: Readonly<Record<string, TypedArray>>, steps: WorkerSteps): void;
  /** Ends a round of so many batches: exchanges what there is, and updates the weights. */
  end(batches: number, steps: WorkerSteps): Promise<void>;
}

/**
 * Runs the steps of `fit` for one of several workers. Each worker goes through all batches in the same order, and
 * computes every `size`th of them. A round is `size · every` batches; at its end the workers exchange what they have,
 * and update the weights that they share.
 */
export class WorkerSteps {
  /** Batches that all workers together have trained on. */
  batches: number;
  /** How often the weights that all share were updated: the number of the round. */
  updates: number;
  /** Milliseconds that the last round took, and how many of them this worker waited for others. */
  stepTime = 0;
  waitTime = 0;
  /** Specs of the batches of this round so far. */
  private specs: BatchSpec[] = [];
  /** What all have to know of this worker's batches in this round, which lie behind each other. */
  private extra = new Uint8Array();
  private readonly programs: ProgramCache;
  private readonly splits = new Map<string, SplitStep>();
  /** Vectors of two rounds: the one before may be asked for again. */
  private readonly vectors: readonly [Float32Array, Float32Array];
  /** Of how many of the batches the model's state knows. */
  private applied = 0;
  /** Milliseconds that this worker's last batch took; the first one, which is compiled for, may take long. */
  private computeTime = Number.POSITIVE_INFINITY;
  private startedAt = performance.now();
  private readonly number = new Float32Array(1);

  constructor(
    private readonly options: StepsOptions,
    private readonly rounds: Rounds,
  ) {
    const { compiled, batches, updates } = options;
    this.batches = batches;
    this.updates = updates;
    this.programs = new ProgramCache(() => compiled.stepRunner.backend());
    const length = vectorLength(compiled);
    this.vectors = [new Float32Array(length), new Float32Array(length)];
  }

  /** Takes the next batch: computes it, if it is this worker's, and updates, if it is the last of a round. */
  async run<T>(_mode: unknown, spec: BatchSpec, cursor: BatchCursor, _read: (step: Step) => T): Promise<T> {
    const { rank, size, onStep } = this.options;
    const place = this.specs.length;
    onStep(true);
    if (place === 0) {
      this.startedAt = performance.now();
      this.waitTime = 0;
      await this.rounds.begin?.();
    }
    if (place % size === rank) await this.compute(spec, cursor);
    this.specs.push(spec);
    this.batches++;
    if (this.specs.length === size * this.rounds.every) await this.endRound(spec);
    onStep(false);
    return undefined as T;
  }

  /** The end of an epoch: metrics are reported, and where rounds end with epochs, the weights are those of all. */
  async finish(): Promise<void> {
    if (this.rounds.spansEpochs) await this.applyExtras();
    else if (this.specs.length > 0) await this.endRound();
  }

  close(): void {}

  /** Frees the programs. */
  dispose(): void {
    this.programs.dispose();
  }

  /** Updates the weights, and begins a new round. */
  private async endRound(uncounted?: BatchSpec): Promise<void> {
    await this.rounds.end(this.specs.length, this);
    this.updates++;
    this.specs = [];
    this.applied = 0;
    this.stepTime = performance.now() - this.startedAt;
    this.options.onStep(false);
    await this.options.onUpdate(uncounted);
  }

  /** Hands in the vector of this round, and what its batches gave besides. */
  post(): void {
    this.options.exchange.post(this.updates, this.extra, this.vector);
    this.extra = new Uint8Array();
  }

  /** This worker's vector in this round. */
  get vector(): Float32Array {
    return this.vectors[this.updates % 2] as Float32Array;
  }

  /** Brings metrics and moving averages up to the last batch that was taken, in the order of the batches. */
  async applyExtras(): Promise<void> {
    const { exchange, size } = this.options;
    const { length } = this.specs;
    const ranks = Array.from({ length: Math.min(size, length) }, (_, rank) => rank);
    const started = performance.now();
    const extras = await exchange.extras(this.updates, ranks);
    this.waitTime += performance.now() - started;
    const at = ranks.map(() => 0);
    for (; this.applied < length; this.applied++) {
      const rank = this.applied % size;
      const extra = extras[rank] as Uint8Array<ArrayBuffer>;
      at[rank] = await this.apply(this.specs[this.applied] as BatchSpec, extra, at[rank] as number);
    }
  }

  /**
   * Updates the weights with the mean of the workers' vectors.
   * @param workers how many of them there are.
   * @param batch the batch for which schedules say their values.
   */
  async applyMean(optimizer: Optimizer, workers: number, batch: number): Promise<void> {
    const { exchange, model, compiled } = this.options;
    const { trainable } = compiled.stepRunner;
    const waiting = performance.now();
    const sum = await exchange.sum(this.updates);
    this.waitTime += performance.now() - waiting;
    await this.programs.use(
      `update ${workers}`,
      () => recordUpdate(model, trainable, optimizer, workers),
      (program) => {
        let at = 0;
        for (const [index, { shape }] of trainable.entries()) {
          program.input(names.gradient(index))?.write(sum, at, sizeOf(shape));
          at += sizeOf(shape);
        }
        this.writeScalars(program, optimizer, batch);
        program.run();
      },
    );
    optimizer.advance();
  }

  private split(spec: BatchSpec): SplitStep {
    const known = this.splits.get(spec.signature);
    if (known) return known;
    const made = splitStep(this.options.model, this.rounds.record(spec));
    this.splits.set(spec.signature, made);
    return made;
  }

  private async compute(spec: BatchSpec, cursor: BatchCursor): Promise<void> {
    const { compiled, onLongCompute } = this.options;
    const { stepRunner, setup } = compiled;
    const { optimizer } = setup;
    const started = performance.now();
    const isLong = this.computeTime > longCompute;
    if (isLong) {
      onLongCompute(true);
      // The client sends in a microtask.
      await undefined;
    }
    const split = this.split(spec);
    const found = await this.programs.use(
      `batch ${spec.signature}`,
      () => split.batch,
      (program) => {
        // Random numbers follow from the number of the batch.
        atStep(optimizer, this.batches, () => stepRunner.feed("train", stepRunner.stepOf(program, spec), cursor, 0));
        this.writeScalars(program, optimizer, this.batches);
        program.run();
        return program.read(program.outputNames);
      },
    );
    this.computeTime = performance.now() - started;
    if (isLong) onLongCompute(false);
    this.extra = joined([
      this.extra,
      ...split.extras.map((_, index) => bytesOf(found[names.extra(index)] as TypedArray)),
    ]);
    this.rounds.computed(found, this);
  }

  /** Changes metrics and moving averages as a batch does whose extras begin at `at`; gives where they end. */
  private async apply(spec: BatchSpec, extra: Uint8Array<ArrayBuffer>, at: number): Promise<number> {
    const { extras, state } = this.split(spec);
    let end = at;
    await this.programs.use(
      `state ${spec.signature}`,
      () => state,
      (program) => {
        for (const [index, { shape, dtype }] of extras.entries()) {
          const size = sizeOf(shape);
          const numbers = dtype === "int32" ? Int32Array : Float32Array;
          program.input(names.extra(index))?.write(new numbers(extra.buffer, end, size));
          end += 4 * size;
        }
        program.run();
      },
    );
    return end;
  }

  /** Schedules count batches, as with gradient accumulation; the number of the step, and averages, count updates. */
  private writeScalars(program: BoundProgram, optimizer: Optimizer, batch: number): void {
    for (const name of optimizer.scalarNames) {
      const countsUpdates = name === "step" || name === "overwrite";
      this.number[0] = atStep(optimizer, countsUpdates ? optimizer.rawSteps : batch, () => optimizer.scalar(name));
      program.input(name)?.write(this.number);
    }
  }
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
