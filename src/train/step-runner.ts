import type { Backend } from "../backends/backend.ts";
import { standardBackend } from "../backends/evaluate.ts";
import { backendHolding } from "../backends/placement.ts";
import type { CompileOptions } from "../compiler/compile-with.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { Limits } from "../ir/limits.ts";
import type { Layer } from "../nn/layer.ts";
import type { Metric } from "../nn/metric.ts";
import type { Network } from "../nn/network.ts";
import { nothingToTrain } from "../optim/optimizer.ts";
import { after } from "../settle.ts";
import { randomKey, setStep } from "../tensor/ops/random.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchCursor, BatchPorts, BatchSpec } from "./batch.ts";
import type { StepInstrument, StepReading } from "./diagnose/instrument.ts";
import { type BoundProgram, ProgramCache } from "./program-cache.ts";
import { type Mode, portName, recordStep } from "./record-step.ts";
import type { TrainingSetup } from "./training-setup.ts";
import { Yielder } from "./yield.ts";

/** Values of losses and metrics by name: the loss, and what `compile` and callbacks add. */
export interface Logs {
  [name: string]: number;
  loss: number;
}

/** What a {@link StepRunner} is made with. */
export interface StepRunnerOptions {
  readonly network: Network;
  /** What `compile` decided; none for a model that only predicts. */
  readonly setup: TrainingSetup | undefined;
  /** Default: where the weights are, else the default backend. */
  readonly backend: Backend | undefined;
  readonly seed: number;
}

/** A program with the inputs that are written before each run. */
export interface Step {
  readonly program: BoundProgram;
  readonly ports: BatchPorts;
  readonly scalars: readonly string[];
}

/**
 * Runs the steps of a model: records and binds a program for each mode and batch shape, writes its inputs, runs it, and
 * reads the metrics.
 */
export class StepRunner {
  /** One for all passes, so that many short ones in a row yield, too. */
  readonly yielder = new Yielder();
  /** Which layers were trainable when the model was compiled. */
  private readonly flags: ReadonlyMap<Layer, boolean>;
  private readonly programs: ProgramCache;
  private readonly steps = new WeakMap<BoundProgram, Step>();
  private key: Int32Array;
  private readonly number = new Float32Array(1);
  /** How many steps have drawn samples. */
  private samples = 0;
  /** What train steps report besides their loss. */
  instrument: StepInstrument | undefined;
  /** What the instrument reported of the train step before. */
  reading: StepReading = {};

  private variables: readonly Variable[] | undefined;

  constructor(private readonly options: StepRunnerOptions) {
    if (options.network.built) this.variables = options.network.trainableVariables;
    this.flags = new Map(flagsOf(options.network));
    this.programs = new ProgramCache(() => this.backend());
    this.key = randomKey(options.seed);
  }

  /** What train steps update: the variables that were trainable at `compile`, or when the model was built after it. */
  get trainable(): readonly Variable[] {
    if (!this.options.network.built) return [];
    this.variables ??= this.options.network.trainableVariables;
    return this.variables;
  }

  /** Sets the seed of random layers, from the next step on. */
  set seed(seed: number) {
    this.key = randomKey(seed);
  }

  /** Whether layers were frozen or unfrozen since `compile`; training ignores that. */
  get isStale(): boolean {
    return [...this.flags].some(([layer, trainable]) => layer.trainable !== trainable);
  }

  /** How many programs are loaded now. */
  get programCount(): number {
    return this.programs.size;
  }

  /** @throws ValueError where all layers were frozen when the model was compiled, or none has weights. */
  checkTrainable(what: string): void {
    const { network } = this.options;
    if (network.built && this.trainable.length === 0) throw nothingToTrain(`${what} of ${network.label}`);
  }

  /** What programs are compiled for, as far as the backend is known before it is needed. */
  get limits(): Partial<Limits> | undefined {
    return (this.options.backend ?? backendHolding(this.options.network.variables))?.limits;
  }

  backend(): Backend | Promise<Backend> {
    return this.options.backend ?? backendHolding(this.options.network.variables) ?? standardBackend();
  }

  /** Gives `act` the step for a batch, in use until it is released: see {@link ProgramCache.acquire}. */
  acquire<T>(mode: Mode, spec: BatchSpec, act: (step: Step) => T): T | Promise<T> {
    return this.programs.acquire(
      this.keyOf(mode, spec),
      () => this.record(mode, spec),
      (program) => act(this.stepOf(program, spec)),
    );
  }

  release({ program }: Step): void {
    this.programs.release(program);
  }

  /** A program of a step with the inputs that are written before each run. */
  stepOf(program: BoundProgram, spec: BatchSpec): Step {
    const known = this.steps.get(program);
    if (known) return known;
    const step: Step = {
      program,
      ports: {
        x: spec.x.map((_, index) => program.input(portName.x(index))),
        y: spec.y.map((_, index) => program.input(portName.y(index))),
        weights: spec.weights.map((_, index) => program.input(portName.weight(index))),
      },
      scalars: this.options.setup?.optimizer.scalarNames.filter((name) => program.input(name)) ?? [],
    };
    this.steps.set(program, step);
    return step;
  }

  /** Runs one step on the cursor's batch, the `index`th of a pass. Train steps count as steps of the optimizer. */
  run(mode: Mode, step: Step, cursor: BatchCursor, index: number): void {
    this.feed(mode, step, cursor, index);
    step.program.run();
    if (isTraining(mode)) this.options.setup?.optimizer.advance();
  }

  /** Writes what a step needs: the batch, the random key, the optimizer's scalars. */
  feed(mode: Mode, step: Step, cursor: BatchCursor, index: number): void {
    const optimizer = this.options.setup?.optimizer;
    cursor.write(step.ports);
    // Random numbers follow from the step's own number, never from other calls that run at the same time.
    setStep(this.key, optimizer && isTraining(mode) ? optimizer.rawSteps : mode === "sample" ? this.samples++ : index);
    step.program.input(portName.key)?.write(this.key);
    for (const name of step.scalars) {
      this.number[0] = optimizer?.scalar(name) ?? 0;
      step.program.input(name)?.write(this.number);
    }
  }

  /** Losses and metrics so far. */
  logs(): Logs | Promise<Logs> {
    const reported = Object.entries(this.options.setup?.objective.reported ?? {});
    const record = () => recordResults(reported.map(([, metric]) => metric));
    return this.programs.use("logs", record, (program) => {
      program.run();
      return after(
        program.read(reported.map((_, index) => String(index))),
        (values) =>
          Object.fromEntries(reported.flatMap(([name], index) => entriesOf(name, values[index] as TypedArray))) as Logs,
      );
    });
  }

  /** Reads what the instrument reports of the step just run. Call it before anything is awaited. */
  async read({ program }: Step, instrument: StepInstrument): Promise<void> {
    this.reading = await instrument.read(program);
  }

  /** Frees the programs. They are made again when they are needed. */
  dispose(): void {
    this.programs.dispose();
  }

  private keyOf(mode: Mode, spec: BatchSpec): string {
    return `${mode}${this.instrument ? `+${this.instrument.name}` : ""} ${spec.signature}`;
  }

  /**
   * Records the step for a batch.
   * @param setup its optimizer, losses and metrics, where these are not what `compile` decided.
   * @param instrument what train steps report besides their loss.
   */
  record(mode: Mode, spec: BatchSpec, setup = this.options.setup, instrument = this.instrument): CompileOptions {
    const { network } = this.options;
    const isTrainable = (layer: Layer) => this.flags.get(layer) ?? layer.trainable;
    return recordStep(mode, { network, setup, trainable: this.trainable, isTrainable }, spec, { instrument });
  }
}

const isTraining = (mode: Mode): boolean => mode === "train" || mode === "accumulate";

/** Records the values of all metrics. */
function recordResults(metrics: readonly Metric[]): CompileOptions {
  return { outputs: Object.fromEntries(metrics.map((metric, index) => [String(index), metric.result()])) };
}

/** A metric per class has a value for each: `iou_0`, `iou_1`, … */
function entriesOf(name: string, values: TypedArray): [string, number][] {
  return values.length === 1
    ? [[name, values[0] as number]]
    : Array.from(values, (value, index) => [`${name}_${index}`, value]);
}

/** Which layers are trainable now. */
const flagsOf = (layer: Layer): [Layer, boolean][] => [[layer, layer.trainable], ...layer.sublayers.flatMap(flagsOf)];
