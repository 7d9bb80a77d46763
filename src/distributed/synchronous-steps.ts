import type { TypedArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import type { BatchCursor, BatchSpec } from "../train/batch.ts";
import type { Model } from "../train/model.ts";
import { type BoundProgram, ProgramCache } from "../train/program-cache.ts";
import type { Compiled } from "../train/session.ts";
import type { Step } from "../train/step-runner.ts";
import type { Exchange } from "./exchange.ts";
import { bytesOf } from "./round.ts";
import { names, recordUpdate, type SplitStep, splitStep } from "./split-step.ts";

/** Milliseconds of a batch from which on the others are told before it is computed. */
const longCompute = 500;

/** What {@link SynchronousSteps} work with. */
export interface SynchronousOptions {
  readonly model: Model;
  readonly compiled: Compiled;
  readonly exchange: Exchange;
  readonly rank: number;
  /** How many workers there are. */
  readonly size: number;
  /** Batches that all workers together have trained on before. */
  readonly batches: number;
  /** Called before a batch is computed that is likely to block the event loop for long, and after it. */
  onLongCompute(isBegin: boolean): void;
  /** Called after each update, with the batch that was the last of it. */
  onUpdate(spec: BatchSpec): Promise<void>;
}

/**
 * Runs the steps of `fit` for one of several workers. Each worker goes through all batches in the same order, and
 * computes every `size`th of them; `size` batches make one update. Ends in the bits of one process that goes through
 * the same batches with `gradientAccumulationSteps: size`.
 */
export class SynchronousSteps {
  /** Batches that all workers together have trained on. */
  batches: number;
  /** Milliseconds that the last step took, and how many of them this worker waited for others. */
  stepTime = 0;
  waitTime = 0;
  private readonly programs: ProgramCache;
  private readonly splits = new Map<string, SplitStep>();
  /** Vectors of two steps: the one before may be asked for again. */
  private readonly vectors: readonly [Float32Array, Float32Array];
  /** Specs of the batches of this update so far. */
  private specs: BatchSpec[] = [];
  /** Of how many of them the model's state knows. */
  private applied = 0;
  /** Milliseconds that this worker's last batch took; the first one, which is compiled for, may take long. */
  private computeTime = Number.POSITIVE_INFINITY;
  private startedAt = performance.now();
  private readonly number = new Float32Array(1);

  constructor(private readonly options: SynchronousOptions) {
    const { stepRunner } = options.compiled;
    this.batches = options.batches;
    this.programs = new ProgramCache(() => stepRunner.backend());
    const length = vectorLength(options.compiled);
    this.vectors = [new Float32Array(length), new Float32Array(length)];
  }

  /** Takes the next batch: computes it, if it is this worker's, and updates, if it is the last of a step. */
  async run<T>(_mode: unknown, spec: BatchSpec, cursor: BatchCursor, _read: (step: Step) => T): Promise<T> {
    const { rank, size } = this.options;
    if (this.specs.length === rank) await this.compute(spec, cursor);
    this.specs.push(spec);
    this.batches++;
    if (this.specs.length === size) await this.update(spec);
    return undefined as T;
  }

  /** Brings metrics and moving averages up to the last batch that was taken. */
  async finish(): Promise<void> {
    const started = performance.now();
    const step = this.updates;
    while (this.applied < this.specs.length) {
      const spec = this.specs[this.applied] as BatchSpec;
      const extra = await this.options.exchange.extra(step, this.applied);
      await this.apply(spec, extra);
      this.applied++;
    }
    this.waitTime += performance.now() - started;
  }

  close(): void {}

  /** Frees the programs. */
  dispose(): void {
    this.programs.dispose();
  }

  private get optimizer() {
    return this.options.compiled.setup.optimizer;
  }

  /** How many times the weights were updated: what the optimizer counts between its steps. */
  get updates(): number {
    return this.optimizer.rawSteps;
  }

  private split(spec: BatchSpec): SplitStep {
    const known = this.splits.get(spec.signature);
    if (known) return known;
    const { model, compiled } = this.options;
    const made = splitStep(model, compiled, spec);
    this.splits.set(spec.signature, made);
    return made;
  }

  /** Computes gradients and extras of a batch, and hands them in. */
  private async compute(spec: BatchSpec, cursor: BatchCursor): Promise<void> {
    const { exchange, compiled, onLongCompute } = this.options;
    const { stepRunner } = compiled;
    this.startedAt = performance.now();
    this.waitTime = 0;
    const isLong = this.computeTime > longCompute;
    if (isLong) onLongCompute(true);
    const split = this.split(spec);
    const { updates } = this;
    const vector = this.vectors[updates % 2] as Float32Array;
    const extra = new Uint8Array(4 * split.extras.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
    await this.programs.use(
      `gradients ${spec.signature}`,
      () => split.gradients,
      async (program) => {
        // Random numbers and schedules follow from the number of the batch.
        this.optimizer.rawSteps = this.batches;
        stepRunner.feed("train", stepRunner.stepOf(program, spec), cursor, 0);
        this.optimizer.rawSteps = updates;
        program.run();
        const found = await program.read(program.outputNames);
        let at = 0;
        for (let index = 0; index < stepRunner.trainable.length; index++) {
          const gradient = found[names.gradient(index)] as TypedArray;
          vector.set(gradient, at);
          at += gradient.length;
        }
        at = 0;
        for (let index = 0; index < split.extras.length; index++) {
          const bytes = bytesOf(found[names.extra(index)] as TypedArray);
          extra.set(bytes, at);
          at += bytes.length;
        }
      },
    );
    this.computeTime = performance.now() - this.startedAt;
    if (isLong) onLongCompute(false);
    exchange.post(updates, extra, vector);
  }

  /** Changes metrics and moving averages as a batch with these extras does. */
  private async apply(spec: BatchSpec, extra: Uint8Array<ArrayBuffer>): Promise<void> {
    const { extras, state } = this.split(spec);
    await this.programs.use(
      `state ${spec.signature}`,
      () => state,
      async (program) => {
        let at = 0;
        for (const [index, { shape, dtype }] of extras.entries()) {
          const size = sizeOf(shape);
          const numbers = dtype === "int32" ? Int32Array : Float32Array;
          program.input(names.extra(index))?.write(new numbers(extra.buffer, at, size));
          at += 4 * size;
        }
        program.run();
      },
    );
  }

  private async update(spec: BatchSpec): Promise<void> {
    const { exchange, model, compiled, size, onUpdate } = this.options;
    await this.finish();
    const waiting = performance.now();
    const sum = await exchange.sum(this.updates);
    this.waitTime += performance.now() - waiting;
    await this.programs.use(
      `update ${size}`,
      () => recordUpdate(model, compiled, size),
      async (program) => {
        let at = 0;
        for (const [index, { shape }] of compiled.stepRunner.trainable.entries()) {
          program.input(names.gradient(index))?.write(sum, at, sizeOf(shape));
          at += sizeOf(shape);
        }
        this.writeScalars(program);
        program.run();
      },
    );
    this.optimizer.rawSteps++;
    this.specs = [];
    this.applied = 0;
    this.stepTime = performance.now() - this.startedAt;
    await onUpdate(spec);
  }

  /** Schedules count batches, as with gradient accumulation; the number of the step, and averages, count updates. */
  private writeScalars(program: BoundProgram): void {
    const { optimizer, updates } = this;
    for (const name of optimizer.scalarNames) {
      const countsUpdates = name === "step" || name === "overwrite";
      optimizer.rawSteps = countsUpdates ? updates : this.batches - 1;
      this.number[0] = optimizer.scalar(name);
      program.input(name)?.write(this.number);
    }
    optimizer.rawSteps = updates;
  }
}

/** Numbers in the gradients of all trained variables. */
export const vectorLength = ({ stepRunner }: Compiled): number =>
  stepRunner.trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
