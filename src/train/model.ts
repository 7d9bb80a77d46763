import type { Backend } from "../backends/backend.ts";
import { placeVariables } from "../backends/evaluate.ts";
import { moveToHost } from "../backends/placement.ts";
import { type ArrayInput, type HostArray, storableArray } from "../data/array.ts";
import { checkSeed, drawSeed } from "../data/rng.ts";
import { type StateError, stateError } from "../errors.ts";
import type { Layer } from "../nn/layer.ts";
import type { Metric } from "../nn/metric.ts";
import { Network } from "../nn/network.ts";
import { summary } from "../nn/summary.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { checkOptions } from "../options.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ArraysGiven, DataGiven } from "./arrays.ts";
import type { BatchSpec } from "./batch.ts";
import { CallbackList, callbacksOf, type TrainedModel } from "./callback.ts";
import { lastUse, outputBehind } from "./chain.ts";
import { runFit } from "./fit.ts";
import type { History } from "./history.ts";
import { runPredict, runTest, StepRunner } from "./loops.ts";
import type { McPrediction, McPredictOptions } from "./mc-predict.ts";
import {
  assignAll,
  assignNamed,
  assignOptimizer,
  type NamedArrays,
  type NamedResult,
  readNamed,
  readOptimizer,
} from "./named-weights.ts";
import { Objective } from "./objective.ts";
import { OperationQueue } from "./operation-queue.ts";
import {
  type BatchWeights,
  batchWeights,
  type CompileModelOptions,
  checkPass,
  compileOptions,
  type EvaluateOptions,
  evaluateOptions,
  type FitOptions,
  fitOptions,
  type ModelOptions,
  modelTable,
  type PredictOptions,
  predictOptions,
  type SummaryOptions,
} from "./options.ts";
import { type BatchStream, isStream, outputNames, Preparation } from "./prepare.ts";
import type { BatchCursor } from "./source.ts";
import type { Mode } from "./step.ts";
import { Task } from "./task.ts";
import { type Logs, type Step, Trainer } from "./trainer.ts";

/**
 * A network that can be trained: `compile`, then `fit`, `evaluate`, `predict`, with Keras's meaning. Make one with
 * `sequential` or `model`. It is a layer, too: use it inside another model as you would any.
 */
export class Model extends Network implements TrainedModel {
  readonly seed: number;
  /** Callbacks set it to end training after this batch. */
  stopTraining = false;
  private task: Task | undefined;
  private trainer: Trainer | undefined;
  private givenBackend: Backend | undefined;
  private readonly queue = new OperationQueue();

  constructor(
    inputs: readonly SymbolicTensor[],
    outputs: readonly SymbolicTensor[],
    given: ModelOptions = {},
    kind = "model",
  ) {
    const { seed, ...options } = checkOptions(kind, given, modelTable);
    super(inputs, outputs, options, kind);
    this.seed = checkSeed(this.label, seed ?? drawSeed());
    this.initialize(this.seed);
  }

  // ── Compiling
  // ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Decides what is trained for, how and where. Call it again after setting `trainable` on a layer; an optimizer that
   * is used again keeps its state for the variables that stay; metrics are made anew. Without a loss the model can
   * predict; training then needs a penalty or a layer that adds a loss.
   * @throws ValueError on unknown names (with the nearest), on lists that do not fit the outputs, and on an optimizer
   * of another model.
   */
  compile(options: CompileModelOptions = {}): void {
    this.checkIdle("compile");
    const label = `compile of ${this.label}`;
    const { optimizer = "rmsprop", backend, ...objective } = compileOptions(label, options);
    const task = new Task(label, new Objective(label, outputNames(this), objective), optimizer);
    if (typeof optimizer === "object") optimizer.serve(label, this, this.trainableVariables);
    this.trainer?.dispose();
    this.task = task;
    this.givenBackend = backend;
    this.trainer = new Trainer({ network: this, task, backend, seed: this.seed });
  }

  /**
   * The optimizer. @throws StateError before `compile`, and before the first step where a rare one was given by name.
   */
  get optimizer(): Optimizer {
    return this.compiled("optimizer").task.optimizer;
  }

  /** The metrics at work, by the keys of logs and history; complete after the first step. */
  get reported(): Readonly<Record<string, Metric>> {
    return this.task?.objective.reported ?? {};
  }

  // ── Training
  // ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Trains, and gives what was reported in each epoch. Nothing has changed when it throws because of its arguments.
   * @param x samples: a tensor, typed array, nested arrays or `{ data, shape }`; several inputs in a list or by name.
   * Or a dataset of batches.
   * @throws StateError before `compile`; ValueError and ShapeError where options or data do not fit.
   */
  fit(x: BatchStream, options?: FitOptions): Promise<History>;
  fit(x: ArraysGiven, y: ArraysGiven | null, options?: FitOptions): Promise<History>;
  async fit(
    x: ArraysGiven | BatchStream,
    yOrOptions?: ArraysGiven | FitOptions | null,
    options: FitOptions = {},
  ): Promise<History> {
    const checked = fitOptions(`fit of ${this.label}`, isStream(x) ? (yOrOptions as FitOptions) : options);
    return this.alone("fit", async (task, trainer, queue) => {
      if (queue.isNested) throw this.busy("fit", "a call from a callback of this model");
      const data = isStream(x) ? { stream: x } : { x, y: yOrOptions as ArraysGiven };
      return runFit({ model: this, network: this, task, trainer, data, options: checked, queue });
    });
  }

  /** One training step on one batch. Gives losses and metrics of this batch alone, from before the update. */
  async trainOnBatch(x: ArraysGiven, y: ArraysGiven | null, weights: BatchWeights = {}): Promise<Logs> {
    return this.onBatch("trainOnBatch", (task) => task.trainingMode, { x, y }, weights);
  }

  /** Losses and metrics of one batch. */
  async testOnBatch(
    x: ArraysGiven,
    y: ArraysGiven | null,
    weights: Pick<BatchWeights, "sampleWeight"> = {},
  ): Promise<Logs> {
    return this.onBatch("testOnBatch", () => "test", { x, y }, weights);
  }

  /** For `learningRateRangeTest`: calls `act` with what trains on a batch, while no other operation runs. */
  withTraining<T>(
    what: string,
    act: (trainOnBatch: (x: ArraysGiven, y: ArraysGiven) => Promise<Logs>) => Promise<T>,
  ): Promise<T> {
    return this.alone(what, (task, trainer) =>
      act((x, y) => this.runBatch(what, task.trainingMode, task, trainer, { x, y })),
    );
  }

  /**
   * For `profile`: calls `act` with the step of a mode for all of these data as one batch, while no other operation
   * runs.
   */
  withStep<T>(
    mode: "train" | "predict",
    data: DataGiven,
    act: (trainer: Trainer, step: Step, cursor: BatchCursor) => Promise<T>,
  ): Promise<T> {
    return this.queue.run(async () => {
      const { task, trainer } =
        mode === "train" ? await this.ready("profile") : { task: undefined, trainer: this.forwardTrainer() };
      if (task) trainer.checkTrainable("profile");
      const preparation = new Preparation(this, "profile", task?.objective, true);
      const columns = await preparation.columns(data);
      const cursor = preparation.arraySource(columns, { batchSize: columns.rows }).open(0);
      const step = await trainer.acquire(mode, (await cursor.next()) as BatchSpec, (found) => found);
      try {
        return await act(trainer, step, cursor);
      } finally {
        trainer.release(step);
      }
    });
  }

  private onBatch(what: string, modeOf: (task: Task) => Mode, data: DataGiven, weights: BatchWeights): Promise<Logs> {
    const { sampleWeight, classWeight } = batchWeights(`${what} of ${this.label}`, weights, what === "testOnBatch");
    return this.alone(what, (task, trainer) =>
      this.runBatch(what, modeOf(task), task, trainer, { ...data, sampleWeight }, classWeight),
    );
  }

  private async runBatch(
    what: string,
    mode: Mode,
    task: Task,
    trainer: Trainer,
    data: DataGiven,
    classWeight?: BatchWeights["classWeight"],
  ): Promise<Logs> {
    if (mode !== "test") trainer.checkTrainable(what);
    const preparation = new Preparation(this, what, task.objective, true);
    const columns = await preparation.weigh(await preparation.columns(data), classWeight);
    const cursor = preparation.arraySource(columns, { batchSize: columns.rows }).open(0);
    const runner = new StepRunner(trainer);
    task.objective.reset();
    try {
      await runner.run(mode, (await cursor.next()) as BatchSpec, cursor, () => undefined);
    } finally {
      runner.close();
    }
    return trainer.logs();
  }

  // ── Using
  // ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Losses (penalties included) and metrics over data: `{ loss, accuracy, … }`. */
  evaluate(x: BatchStream, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: ArraysGiven, y: ArraysGiven | null, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(
    x: ArraysGiven | BatchStream,
    yOrOptions?: ArraysGiven | EvaluateOptions | null,
    given: EvaluateOptions = {},
  ): Promise<Logs> {
    const options = evaluateOptions(`evaluate of ${this.label}`, isStream(x) ? (yOrOptions as EvaluateOptions) : given);
    return this.alone("evaluate", async (task, trainer, queue) => {
      const { batchSize, sampleWeight, steps, callbacks = [], checkData = true } = options;
      const preparation = new Preparation(this, "evaluate", task.objective, checkData);
      checkPass(preparation.label, options, isStream(x));
      const source = isStream(x)
        ? await preparation.streamSource(x, true)
        : preparation.arraySource(await preparation.columns({ x, y: yOrOptions as ArraysGiven | null, sampleWeight }), {
            batchSize,
            steps,
          });
      const hooks = new CallbackList(callbacksOf(preparation.label, callbacks), { model: this }, queue);
      return runTest(trainer, () => task.objective.reset(), { source, epoch: 0, limit: steps }, hooks);
    });
  }

  /**
   * What the model gives for x: a constant tensor [samples, …]. Needs no `compile`. @throws StateError where the model
   * has several outputs.
   */
  async predict(x: ArraysGiven | BatchStream, options: PredictOptions = {}): Promise<Tensor> {
    if (this.outputs.length > 1) {
      throw stateError(this.label, {
        rule: "predict is for models of one output",
        expected: "1 output",
        received: this.outputs.length,
        advice: "Use predictAll.",
      });
    }
    return (await this.predictAll(x, options))[0] as Tensor;
  }

  /** As {@link predict}, with a tensor for each output. */
  async predictAll(x: ArraysGiven | BatchStream, options: PredictOptions = {}): Promise<Tensor[]> {
    const checked = predictOptions(`predict of ${this.label}`, options);
    // Callbacks may change weights, as swapEmaWeights does.
    return checked.callbacks
      ? this.queue.run((queue) => this.forward("predict", x, checked, queue))
      : this.forward("predict", x, checked);
  }

  /**
   * Monte Carlo dropout: mean and standard deviation over many passes with dropout and noise on, each drawn anew, while
   * batch normalization stays in inference. The deviation says how sure the model is.
   * @param options.passes default 100.
   * @throws ValueError where passes is no integer ≥ 1; StateError where the model has several outputs.
   * @see Gal & Ghahramani 2016, arXiv:1506.02142.
   */
  async mcPredict(x: ArraysGiven, given: McPredictOptions = {}): Promise<McPrediction> {
    const { passes = 100, ...options } = predictOptions(`mcPredict of ${this.label}`, given, { passes: "number" });
    // One after another, so that what each draws depends on the order of the calls alone.
    return this.queue.run(async (queue) =>
      (await import("./mc-predict.ts")).mcPredict(this.label, passes, async () => {
        const outputs = await this.forward("sample", x, options, queue);
        return outputs.length === 1 ? (outputs[0] as Tensor) : undefined;
      }),
    );
  }

  private async forward(
    mode: "predict" | "sample",
    x: ArraysGiven | BatchStream,
    options: PredictOptions,
    queue?: OperationQueue,
  ): Promise<Tensor[]> {
    const { batchSize, steps, callbacks = [], checkData = true } = options;
    const preparation = new Preparation(this, "predict", undefined, checkData);
    checkPass(preparation.label, options, isStream(x));
    const source = isStream(x)
      ? await preparation.streamSource(x, false)
      : preparation.arraySource(await preparation.columns({ x }), { batchSize, steps });
    const outputs = await runPredict(
      this.forwardTrainer(),
      this.outputs.length,
      { source, epoch: 0, limit: steps },
      new CallbackList(callbacksOf(preparation.label, callbacks), { model: this }, queue),
      mode,
    );
    return outputs.map(({ data, shape }) => tensor(data, shape));
  }

  /** Runs models that were not compiled, too. */
  private forwardTrainer(): Trainer {
    this.trainer ??= new Trainer({ network: this, task: undefined, backend: undefined, seed: this.seed });
    return this.trainer;
  }

  /** What the model gives for one batch, run as a whole. */
  async predictOnBatch(x: ArraysGiven): Promise<Tensor> {
    const { rows } = await new Preparation(this, "predictOnBatch", undefined, false).columns({ x });
    return this.predict(x, { batchSize: rows });
  }

  // ── Weights and layers
  // ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Copies of all weights at one moment, `{ data, shape }` each, in the order of `variables`. */
  async getWeights(): Promise<HostArray[]> {
    const { variables } = this;
    await placeVariables(variables, this.givenBackend);
    return Promise.all(variables.map(async (variable) => storableArray(await variable.read(), variable.shape)));
  }

  /**
   * Sets all weights, from what `getWeights` of an equal model gave.
   * @throws ShapeError or ValueError where number or shapes differ; then nothing has changed.
   */
  setWeights(weights: readonly ArrayInput[]): void {
    assignAll(`setWeights of ${this.label}`, this.variables, weights);
  }

  /**
   * Copies of all weights at one moment, by name (`dense/kernel`): plain data to store, or to set in a model that has
   * layers of the same names. They come back to equal bits from `JSON.stringify` and from `structuredClone`.
   */
  async getNamedWeights(): Promise<NamedArrays> {
    await placeVariables(this.variables, this.givenBackend);
    return readNamed(this.variables);
  }

  /**
   * Sets weights by name, from what `getNamedWeights` gave.
   * @param options.strict whether every weight must be there, and no other. False: what has a known name is set, such
   * as the layers that two models share. Default true.
   * @returns which names were set, which of the model's were missing and which given ones it does not have.
   * @throws ValueError where names do not fit (with strict false: where none does), ShapeError where shapes do not;
   * then nothing has changed.
   */
  setNamedWeights(weights: Readonly<Record<string, ArrayInput>>, options: { strict?: boolean } = {}): NamedResult {
    const { strict = true } = checkOptions(`setNamedWeights of ${this.label}`, options, { strict: "boolean" });
    return assignNamed(`setNamedWeights of ${this.label}`, this.variables, weights, strict);
  }

  /**
   * The optimizer's state at one moment, as plain data, to be stored as weights are: slots by name, `steps`, and
   * `learningRate` where it is a number. @throws StateError before `compile`.
   */
  async getOptimizerState(): Promise<NamedArrays> {
    const { optimizer, trainableVariables } = this;
    optimizer.build(trainableVariables);
    await placeVariables([...trainableVariables, ...optimizer.variables], this.givenBackend);
    return readOptimizer(optimizer);
  }

  /**
   * Sets the optimizer's state, so that training goes on as if it had not been interrupted. Compile before.
   * @throws ValueError or ShapeError where it is not that of an equal optimizer and equal trainable weights; then
   * nothing has changed.
   */
  setOptimizerState(state: Readonly<Record<string, ArrayInput>>): void {
    const { optimizer } = this;
    optimizer.build(this.trainableVariables);
    assignOptimizer(`setOptimizerState of ${this.label}`, optimizer, state);
  }

  /** The model as a table of layers; printed, and given as text. */
  summary(options: SummaryOptions = {}): string {
    const { print = console.log } = checkOptions("summary", options, { print: "function or false" });
    const text = summary(this);
    if (print) print(text);
    return text;
  }

  /**
   * Puts a layer behind the last one. Compile again afterwards.
   * @throws StateError where the model has several outputs; ValueError on what is no layer, or has the name of another.
   * @see Keras 3 `Sequential.add`.
   */
  add(layer: Layer): void {
    this.checkIdle("add");
    this.become([outputBehind(this, layer)]);
  }

  /**
   * Takes off the last layer and gives it. Compile again afterwards. @throws StateError where the model is not a chain
   * of at least two layers.
   */
  pop(): Layer {
    const { layer, inputs } = lastUse(this, this.applications);
    this.checkIdle("pop");
    this.become(inputs);
    return layer;
  }

  /** Ends in other outputs from now on, uncompiled. */
  private become(ends: readonly SymbolicTensor[]): void {
    const { outputs, layers, applications } = new Model(this.inputs, ends, { seed: this.seed, name: this.name });
    Object.assign(this, { outputs, layers, applications });
    this.trainer?.dispose();
    this.trainer = undefined;
    this.task = undefined;
  }

  override clone(copies?: Map<Layer, Layer>): Model {
    return super.clone(copies) as Model;
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Model {
    const { inputs, outputs } = this.cloneGraph(copies);
    return new Model(inputs, outputs, { ...this.config, trainable: this.trainable, seed: this.seed }, this.kind);
  }

  /**
   * Frees what the model holds on its backend, at once: programs, weights, the optimizer's state. The values are kept
   * in JavaScript arrays, so that layers that are shared with other models, and the model itself, can be used again;
   * they are placed anew when they are. Models that nobody holds any more are freed without it, when the garbage
   * collector finds them; call it where that is too late, as in a handler that makes a model per request.
   * @throws StateError while the model trains or is evaluated.
   */
  async dispose(): Promise<void> {
    this.checkIdle("dispose");
    const { trainer, task } = this;
    trainer?.dispose();
    await moveToHost([...this.variables, ...(task?.variables ?? [])]);
  }

  /**
   * Runs an operation that needs a compiled model after those that were called before; see {@link OperationQueue}.
   * Inside a callback of another operation it leaves the metrics as they were.
   */
  private alone<T>(
    what: string,
    operation: (task: Task, trainer: Trainer, queue: OperationQueue) => Promise<T>,
  ): Promise<T> {
    return this.queue.run(async (queue) => {
      const { task, trainer } = await this.ready(what);
      const run = () => operation(task, trainer, queue);
      return queue.isNested ? (await import("./keep-metrics.ts")).keepMetrics(task.objective, run) : run();
    });
  }

  /** As {@link compiled}, with everything loaded that names stand for. */
  private async ready(what: string): Promise<{ task: Task; trainer: Trainer }> {
    const { task, trainer } = this.compiled(what);
    return { task: await task.load(), trainer };
  }

  private checkIdle(what: string): void {
    if (this.queue.isBusy) throw this.busy(what, "a model that trains or is evaluated");
  }

  private busy(what: string, received: string): StateError {
    return stateError(this.label, {
      rule: `${what} cannot run inside another call on the model`,
      expected: "all calls before it awaited",
      received,
    });
  }

  private compiled(what: string): { task: Task; trainer: Trainer } {
    const { task, trainer } = this;
    if (task && trainer) return { task, trainer };
    throw stateError(this.label, {
      rule: `${what} needs a compiled model`,
      expected: "compile({ optimizer, loss }) first",
      received: "a model that was not compiled",
    });
  }
}
