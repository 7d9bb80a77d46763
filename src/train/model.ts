import { placeVariables } from "../backends/evaluate.ts";
import { moveToHost } from "../backends/placement.ts";
import { checkSeed } from "../checks.ts";
import { type ArrayInput, type HostArray, storableArray } from "../data/array.ts";
import { drawSeed } from "../data/rng.ts";
import { stateError, valueError } from "../errors.ts";
import { Layer } from "../nn/layer.ts";
import type { Metric } from "../nn/metric.ts";
import { Network } from "../nn/network.ts";
import { summary } from "../nn/summary.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type BatchStream, givenOf, optionsAmong, outputNames } from "./batch-maker.ts";
import type { ArraysGiven, InputsGiven } from "./columns.ts";
import { runFit } from "./fit.ts";
import type { History } from "./history.ts";
import { Objective } from "./objective.ts";
import { runOnBatch } from "./on-batch.ts";
import {
  type BatchWeights,
  batchWeights,
  type CompileModelOptions,
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
import { runPredict } from "./predict.ts";
import { type Session, startSession } from "./session.ts";
import type { Logs } from "./step-runner.ts";
import { TrainingSetup } from "./training-setup.ts";
import { assignWeights } from "./weights.ts";

/**
 * A network that can be trained: `compile`, then `fit`, `evaluate`, `predict`, with Keras's meaning. Make one with
 * `sequential` or `model`. It is a layer, too: use it inside another model as you would any. What few programs need are
 * functions that take a model: `profile`, `program`, `mcPredict`, `learningRateRangeTest`, `getNamedWeights`,
 * `setNamedWeights`, `getOptimizerState`, `setOptimizerState`, `cloneModel`.
 */
export class Model extends Network {
  readonly seed: number;
  /** Callbacks set it to true to end training after this batch or epoch. */
  stopTraining = false;
  protected readonly session: Session;

  constructor(
    inputs: readonly SymbolicTensor[] | undefined,
    outputs: readonly SymbolicTensor[] | undefined,
    given: ModelOptions = {},
    kind = "model",
  ) {
    const { seed, ...options } = checkOptions(kind, given, modelTable);
    super(inputs, outputs, options, kind);
    this.seed = checkSeed(this.label, seed ?? drawSeed());
    this.initialize(this.seed);
    this.session = startSession(this);
  }

  /**
   * Decides what is trained for, how and where. Call it again after setting `trainable` on a layer; an optimizer that
   * is used again keeps its state for the variables that stay; metrics are made again. Without a loss the model can
   * predict; training then needs a penalty or a layer that adds a loss.
   * @throws ValueError on unknown names (with the nearest), on lists that do not fit the outputs, and on an optimizer
   * of another model.
   */
  compile(options: CompileModelOptions = {}): void {
    this.session.checkIdle("compile");
    const label = `compile of ${this.label}`;
    const { optimizer = "rmsprop", backend, ...objective } = compileOptions(label, options);
    const setup = new TrainingSetup(label, new Objective(label, outputNames(this), objective), optimizer);
    if (typeof optimizer === "object" && this.built) optimizer.serve(label, this, this.trainableVariables);
    this.session.configure(setup, backend);
  }

  /**
   * The optimizer. @throws StateError before `compile`, and before the first step where a rare one was given by name.
   */
  get optimizer(): Optimizer {
    return this.session.compiled("optimizer").setup.optimizer;
  }

  /** The metrics at work, by the keys of logs and history; complete after the first step. */
  get reported(): Readonly<Record<string, Metric>> {
    return this.session.setup?.objective.reported ?? {};
  }

  /**
   * Trains, and gives what was reported in each epoch. Nothing has changed when it throws because of its arguments.
   * @param x samples: a tensor, typed array, nested arrays or `{ data, shape }`; several inputs in a list or by name.
   * Or a dataset of batches.
   * @throws StateError before `compile`; ValueError and ShapeError where options or data do not fit.
   */
  fit(x: BatchStream, options?: FitOptions): Promise<History>;
  fit(x: InputsGiven, y: ArraysGiven | null, options?: FitOptions): Promise<History>;
  async fit(
    x: InputsGiven | BatchStream,
    yOrOptions?: ArraysGiven | FitOptions | null,
    last?: FitOptions,
  ): Promise<History> {
    const label = `fit of ${this.label}`;
    const options = fitOptions(label, optionsAmong(label, x, yOrOptions, last));
    return runFit(this.session, givenOf(x, yOrOptions as ArraysGiven, options.sampleWeight), options);
  }

  /** One training step on one batch. Gives losses and metrics of this batch alone, from before the update. */
  async trainOnBatch(x: InputsGiven, y: ArraysGiven | null, weights: BatchWeights = {}): Promise<Logs> {
    const { sampleWeight, classWeight } = batchWeights(`trainOnBatch of ${this.label}`, weights, false);
    return this.session.run("trainOnBatch", (compiled) =>
      runOnBatch(this.session, "trainOnBatch", "train", compiled, { x, y, sampleWeight }, classWeight),
    );
  }

  /** Losses and metrics of one batch. */
  async testOnBatch(
    x: InputsGiven,
    y: ArraysGiven | null,
    weights: Pick<BatchWeights, "sampleWeight"> = {},
  ): Promise<Logs> {
    const { sampleWeight } = batchWeights(`testOnBatch of ${this.label}`, weights, true);
    return this.session.run("testOnBatch", (compiled) =>
      runOnBatch(this.session, "testOnBatch", "test", compiled, { x, y, sampleWeight }),
    );
  }

  /** Losses (penalties included) and metrics over data: `{ loss, accuracy, … }`. */
  evaluate(x: BatchStream, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: InputsGiven, y: ArraysGiven | null, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(
    x: InputsGiven | BatchStream,
    yOrOptions?: ArraysGiven | EvaluateOptions | null,
    last?: EvaluateOptions,
  ): Promise<Logs> {
    const label = `evaluate of ${this.label}`;
    const options = evaluateOptions(label, optionsAmong(label, x, yOrOptions, last));
    const given = givenOf(x, yOrOptions as ArraysGiven, options.sampleWeight);
    return this.session.run("evaluate", async (compiled, queue) =>
      (await import("./evaluate.ts")).evaluate(this.session, compiled, queue, given, options),
    );
  }

  /**
   * What the model gives for x: a constant tensor [samples, …]. Needs no `compile`. @throws StateError where the model
   * has several outputs.
   */
  async predict(x: InputsGiven | BatchStream, options: PredictOptions = {}): Promise<Tensor> {
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
  async predictAll(x: InputsGiven | BatchStream, options: PredictOptions = {}): Promise<Tensor[]> {
    const { session } = this;
    const checked = predictOptions(`predict of ${this.label}`, options);
    // Callbacks may change weights, as swapEmaWeights does.
    return checked.callbacks
      ? session.queue.run((queue) => runPredict(session, "predict", x, checked, queue))
      : runPredict(session, "predict", x, checked);
  }

  /** What the model gives for one batch, run as a whole. */
  async predictOnBatch(x: InputsGiven): Promise<Tensor> {
    return this.predict(x, { steps: 1 });
  }

  /** Copies of all weights at one moment, `{ data, shape }` each, in the order of `variables`. */
  async getWeights(): Promise<HostArray[]> {
    const { variables } = this;
    await placeVariables(variables, this.session.backend);
    return Promise.all(variables.map(async (variable) => storableArray(await variable.read(), variable.shape)));
  }

  /**
   * Sets all weights, from what `getWeights` of an equal model gave.
   * @throws ShapeError or ValueError where number or shapes differ, or a number is too large for float32; then nothing
   * has changed.
   */
  setWeights(weights: readonly ArrayInput[]): void {
    assignWeights(`setWeights of ${this.label}`, this.variables, weights);
  }

  /** The model as a table of layers; printed, and given as text. */
  summary(options: SummaryOptions = {}): string {
    const { print = console.log } = checkOptions("summary", options, { print: "function or false" });
    const text = summary(this);
    if (print) print(text);
    return text;
  }

  /** What Deno's notebooks show: the drawing that `plotModel` of `aretejs/plot` gives. */
  async [Symbol.for("Jupyter.display")](): Promise<unknown> {
    return (await import("../plot/model-on-demand.ts")).plotModel(this).display();
  }

  /**
   * Puts a layer behind the last one. Compile again afterwards.
   * @throws StateError where the model has several outputs; ValueError on what is no layer, or has the name of another.
   * @see Keras 3 `Sequential.add`.
   */
  add(layer: Layer): void {
    const { label, outputs, session } = this;
    session.checkIdle("add");
    checkLayer(`add of ${label}`, layer);
    if (outputs.length > 1)
      throw stateError(label, {
        rule: "add is for models of one output",
        expected: "1 output",
        received: outputs.length,
      });
    this.endIn([layer.apply(outputs[0] as SymbolicTensor)]);
  }

  /**
   * Takes off the last layer and gives it. Compile again afterwards. @throws StateError where the model is not a chain
   * of at least two layers.
   */
  pop(): Layer {
    const { label, layers, outputs, session } = this;
    const last = this.applications.at(-1);
    if (layers.length < 2 || outputs.length > 1 || !last?.single || last.outputs[0] !== outputs[0]) {
      throw stateError(label, {
        rule: "pop takes the last layer off a chain of layers",
        expected: "at least two layers in a chain",
        received: `${layers.length} layers`,
      });
    }
    session.checkIdle("pop");
    this.endIn(last.inputs);
    return last.layer;
  }

  /** Replaces the outputs and undoes `compile`. */
  private endIn(ends: readonly SymbolicTensor[]): void {
    this.connect(this.inputs, ends);
    this.initialize(this.seed);
    this.session.configure(undefined);
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
   * they are placed again when they are. Models that nobody holds any more are freed without it, when the garbage
   * collector finds them; call it where that is too late, as in a handler that makes a model per request.
   * @throws StateError while the model trains or is evaluated.
   */
  async dispose(): Promise<void> {
    const { session } = this;
    session.checkIdle("dispose");
    session.freePrograms();
    await moveToHost([...this.variables, ...(session.setup?.variables ?? [])]);
  }
}

/** @throws ValueError on what is no layer. */
export function checkLayer(owner: string, layer: Layer): Layer {
  if (layer instanceof Layer) return layer;
  throw valueError(owner, { rule: "takes a layer", expected: "such as dense(10)", received: layer });
}
