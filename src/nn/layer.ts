import { lookUp, shapeError, stateError } from "../errors.ts";
import { Printed, show } from "../format.ts";
import type { DType } from "../ir/dtype.ts";
import { formatShape, type Shape } from "../ir/shape.ts";
import { checkOptions, type OptionTable, type OwnTable } from "../options.ts";
import { describe } from "../regularize/config.ts";
import type { Constraint } from "../regularize/constraints.ts";
import { type Penalty, penaltyOf } from "../regularize/penalties.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { StageMaker } from "./host-stage.ts";
import { checkSampleShape, type InputDType, type SampleShape } from "./input.ts";
import { checkHooks } from "./layer-hooks.ts";
import { type LayerOptions, layerTable, type WeightOptions } from "./layer-options.ts";
import type { CallContext } from "./recording.ts";
import type { SymbolicTensor } from "./symbolic.ts";
import { applyToSymbols, applyToTensors, checkInputShape, listOf, outputSpecs } from "./use-layer.ts";
import { Weights } from "./weights.ts";

export { type LayerOptions, layerOptions, type WeightOptions } from "./layer-options.ts";
export type { CallContext } from "./recording.ts";
export { listOf } from "./use-layer.ts";

/** A shape whose batch axis (and perhaps others) is not known yet. */
export type BatchShape = readonly (number | null)[];

/**
 * A layer makes its variables in `build` and records its maths in `call`.
 *
 * A layer class takes ONE options object and passes all of it to `super`, with a table of the options of its own (see
 * docs/decisions/0018-options.md); from then on it reads them, checked, in `config`, and `getConfig` and `clone` use
 * that. Its factory puts positional arguments into it: `dense(300, options)` is
 * `new Dense({ ...options, units: 300 })`.
 * @example
 * class Scale extends Layer {
 *   constructor(options = {}) { super("scale", options, {}); }
 *   build(shape) { this.factor = this.addVariable("factor", [shape.at(-1)], { initializer: "ones" }); }
 *   call(x, ctx) { return ops.mul(x, ctx.value(this.factor)); }
 * }
 * @example
 * class Residual extends Layer {   // layers in properties are found; `call` applies them
 *   inner = dense(8, { activation: "relu" });
 *   constructor(options = {}) { super("residual", options, {}); }
 *   call(x, ctx) { return ops.add(x, this.inner.apply(x, ctx)); }
 * }
 */
export abstract class Layer<Options extends LayerOptions = LayerOptions> extends Printed {
  /** Given by the first model that the layer is part of, where the options give no name. */
  automaticName: string | undefined;
  /** Of a layer that is part of another one: how its name follows from the other's. */
  nameRule: (() => string) | undefined;
  readonly inputShape: SampleShape | undefined;
  readonly inputDType: InputDType;
  /**
   * Whether the outputs hold the numbers of the input, in other places, as after a reshape. The {@link indexLimit} of
   * the layers that follow then holds for the input, too.
   */
  readonly keepsNumbers: boolean = false;
  /** Of layers that work on the host: makes the host stage of a network. */
  declare readonly makeStage?: StageMaker;
  /** A penalty on the outputs, added to the loss divided by the batch size. */
  readonly activityPenalty: Penalty | undefined;
  /** The options that the layer was made with, checked. */
  protected readonly config: Options;
  private readonly isOfOneInput: boolean;
  private isBuilt = false;
  private isTrainable: boolean;
  private readonly ownWeights = new Weights();

  /**
   * @param kind the factory's name, such as "dense": shown in messages, summaries and configurations. Default: the
   * name of the class, which bundlers may change.
   * @param given all options that the layer was made with; null and undefined count as not given.
   * @param table the options that the layer has besides those of every layer; all others are then refused. Without it,
   * checking them is left to the subclass.
   */
  constructor(
    readonly kind: string = new.target.name,
    given: Options = {} as Options,
    table?: OwnTable<Options, LayerOptions>,
  ) {
    super();
    const config = checkOptions(kind, given, { ...table, ...layerTable } as unknown as OptionTable<Options>, !table);
    this.isOfOneInput = table !== undefined;
    this.config = config;
    this.isTrainable = config.trainable ?? true;
    this.inputShape = config.inputShape;
    this.inputDType = config.inputDType ?? "float32";
    this.activityPenalty = penaltyOf(config.activityRegularizer, kind);
    if (config.inputShape !== undefined) checkSampleShape(this.label, "inputShape", config.inputShape);
  }

  /** The name in the options. */
  get ownName(): string | undefined {
    return this.config.name;
  }

  /** Before the layer is part of a model, and without a name of its own, this is its kind. */
  get name(): string {
    return this.nameRule?.() ?? this.ownName ?? this.automaticName ?? this.kind;
  }

  /** `dense "dense_1"`: how the layer is named in messages. */
  get label(): string {
    return `${this.kind} "${this.name}"`;
  }

  /** Whether the variables are made. */
  get built(): boolean {
    return this.isBuilt;
  }

  /** Layers inside this one. Default: the layers in its properties, also in lists. */
  get sublayers(): readonly Layer[] {
    return Object.values(this)
      .flat()
      .filter((value) => value instanceof Layer);
  }

  /** Layers inside this one that a model names along with it. */
  get namedParts(): readonly Layer[] {
    return this.sublayers;
  }

  /**
   * Whether the optimizer updates this layer's variables. Setting it reaches all layers inside. A compiled model trains
   * on as it was compiled: compile it again afterwards. In `call` ask `ctx.isTrainable(this)`.
   */
  get trainable(): boolean {
    return this.isTrainable;
  }

  set trainable(value: boolean) {
    checkOptions(this.label, { trainable: value }, { trainable: "boolean!" });
    this.isTrainable = value;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  // ── Variables

  /** All variables in Keras's order: own trainable, own non-trainable, then those of the layers inside. */
  get variables(): Variable[] {
    const { variables } = this.ownWeights;
    return [
      ...new Set([
        ...variables.filter((v) => v.trainable),
        ...variables.filter((v) => !v.trainable),
        ...this.sublayers.flatMap((layer) => layer.variables),
      ]),
    ];
  }

  /**
   * A weight by its name within the layer, such as "kernel", "recurrentKernel" or, of a model, "dense_1/bias".
   * @throws StateError before the layer is built; ValueError on a name that it does not have, with the nearest.
   * @example const bias = await dense.weight("bias").read(); model.getLayer("dense").weight("kernel").assign(values);
   */
  weight(name: string): Variable {
    const { variables, label } = this;
    const prefix = `${this.name}/`;
    const own = (variable: Variable) =>
      variable.name.startsWith(prefix) ? variable.name.slice(prefix.length) : variable.name;
    if (variables.length > 0)
      return lookUp(label, "weight", Object.fromEntries(variables.map((each) => [own(each), each])), name);
    throw stateError(label, {
      rule: `there is no weight "${name}"`,
      expected: "a layer that has weights and is built",
      received: this.built ? "a layer without weights" : "one that is not built",
      ...(!this.built && { advice: "Use it in a model that is built." }),
    });
  }

  /** What an optimizer updates: none while the layer is frozen. */
  get trainableVariables(): Variable[] {
    if (!this.isTrainable) return [];
    const own = this.ownWeights.variables.filter((v) => v.trainable);
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.trainableVariables)])];
  }

  /**
   * For `build`: makes a variable of the layer's own, "dense/kernel" for `addVariable("kernel", …)`. Its values come
   * with {@link initialize}; until then they are NaN.
   * @throws ValueError on unknown names and options.
   */
  protected addVariable(name: string, shape: Shape, options: WeightOptions = {}): Variable {
    return this.ownWeights.add(this, name, shape, options);
  }

  /**
   * Gives first values to all variables that have none; those that were initialized or assigned before (shared layers,
   * restored weights) keep theirs. A model calls it when it is made.
   *
   * @param seed the model's seed; an initializer with a seed of its own uses that.
   * @param path the layer's position in the model, from which each variable's random stream is derived.
   */
  initialize(seed: number, path = ""): void {
    this.ownWeights.initialize(this, seed, path);
    this.sublayers.forEach((layer, index) => {
      layer.initialize(seed, `${path}/${index}`);
    });
  }

  /** The penalties on trainable weights, as scalars; none while frozen. A weight that is shared counts once. */
  penalties(isTrainable: CallContext["isTrainable"] = ({ trainable }) => trainable): Tensor[] {
    return [...this.penalized(isTrainable)].map(([variable, penalty]) => penalty(variable.tensor));
  }

  private penalized(isTrainable: CallContext["isTrainable"]): Map<Variable, Penalty> {
    if (!isTrainable(this)) return new Map();
    const own = [...this.ownWeights.penalties].filter(([variable]) => variable.trainable);
    return new Map([...own, ...this.sublayers.flatMap((layer) => [...layer.penalized(isTrainable)])]);
  }

  /** What to apply to which variables after an optimizer step. */
  constraints(): Map<Variable, Constraint> {
    return new Map([...this.ownWeights.constraints, ...this.sublayers.flatMap((layer) => [...layer.constraints()])]);
  }

  // ── Building and recording

  /** Calls `build` for this input shape, once: a layer that is used in two models shares its weights. */
  ensureBuilt(inputShape: BatchShape | readonly BatchShape[]): void {
    if (this.isBuilt) return;
    checkHooks(this, Layer.prototype);
    try {
      this.build(inputShape as BatchShape);
    } catch (error) {
      this.undoBuild();
      throw error;
    }
    this.isBuilt = true;
  }

  /** Makes it a layer that is not built, for a model that could not be. The layers inside stay as they are. */
  undoBuild(): void {
    this.isBuilt = false;
    this.ownWeights.clear();
  }

  /** Override: make variables with `addVariable`. Layers of several inputs get a list of shapes. */
  build(_inputShape: BatchShape | readonly BatchShape[]): void {}

  /**
   * Override: record the maths. Layers of several inputs get a list. It is also called to find the outputs' shapes:
   * extents that are not known then, such as the batch, are NaN, and so is what is calculated from them. To use a layer
   * in another one's `call`, write `layer.apply(x, ctx)`.
   */
  abstract call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[];

  /**
   * Override where the numbers of an input choose rows of a table: how many rows there are. Data that feed the layer
   * are then checked.
   * @param _input which one, where the layer has several.
   */
  indexLimit(_input: number): number | undefined {
    return undefined;
  }

  /**
   * Whether the layer passes masks on: so where it overrides {@link computeMask}. Override with true where an output
   * has the steps of its input. Other layers drop masks, as in Keras, with a warning.
   */
  get supportsMasking(): boolean {
    return this.computeMask !== Layer.prototype.computeMask;
  }

  /**
   * Override: the outputs' masks, one or a list with undefined where there is none. Default: the inputs', in their
   * order.
   */
  computeMask(
    inputs: Tensor | readonly Tensor[],
    ctx: CallContext,
  ): Tensor | readonly (Tensor | undefined)[] | undefined {
    return listOf(inputs).map((input) => ctx.maskOf(input));
  }

  /** Whether `apply` takes a list of inputs. Layers with a table of options take one unless they override this. */
  protected get takesList(): boolean {
    return !this.isOfOneInput;
  }

  /**
   * Adds the layer to a functional model.
   * @throws ValueError on other inputs; ShapeError where inputs do not fit; StateError where it has several outputs.
   * @example const y = dense(10).apply(input([784]));
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor;
  /**
   * Records the layer on tensors, within `call` of another layer or a function that is recorded.
   * @param ctx the context of the recording.
   * @throws ValueError on other inputs; ShapeError where inputs do not fit; StateError where it has several outputs.
   * @example const h = this.inner.apply(x, ctx);
   */
  apply(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor;
  apply(inputs: unknown, ctx?: CallContext): SymbolicTensor & Tensor {
    checkInputShape(this, inputs);
    const outputs = this.applyAll(inputs as Tensor, ctx as CallContext);
    if (outputs.length === 1) return outputs[0] as SymbolicTensor & Tensor;
    throw stateError(this.label, {
      rule: "apply is for layers of one output",
      expected: "1 output",
      received: outputs.length,
      advice: "Use applyAll, which gives a list.",
    });
  }

  /** As {@link apply}, for layers of several outputs: gives a list. */
  applyAll(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[];
  applyAll(inputs: Tensor | readonly Tensor[], ctx: CallContext): readonly Tensor[];
  applyAll(inputs: unknown, ctx?: CallContext): SymbolicTensor[] & readonly Tensor[] {
    const outputs =
      ctx && listOf(inputs as object)[0] instanceof Tensor
        ? applyToTensors(this, inputs as Tensor, ctx)
        : applyToSymbols(this, inputs as SymbolicTensor, this.takesList);
    return outputs as SymbolicTensor[] & readonly Tensor[];
  }

  /** Output shapes for input shapes. `single`: whether the layer gets one tensor rather than a list. */
  outputShapes(shapes: readonly BatchShape[], dtypes: readonly DType[], single: boolean): BatchShape[] {
    return outputSpecs(this, shapes, dtypes, single).map(({ shape }) => shape);
  }

  /** The factory's options as plain data, for saving; a user's own functions stay functions. */
  getConfig(): Record<string, unknown> {
    const name = this.ownName ?? this.automaticName;
    return describe({ ...this.config, ...(name !== undefined && { name }), trainable: this.trainable });
  }

  /** `dense "dense_1" { units: 10, activation: "softmax" }`: the options that it was made with. */
  override toString(): string {
    const { name: _, ...options } = this.getConfig();
    return `${this.label} ${show(options)}`;
  }

  /** Kind and configuration. Weights are stored apart: see `getNamedWeights` of models. */
  override toJSON(): object {
    return describeLayer(this);
  }

  /**
   * An equal layer with fresh weights under the same name.
   * @param copies layers that were cloned already, with their copies: what is shared by several layers is shared by
   * their clones.
   */
  clone(copies: Map<Layer, Layer> = new Map()): Layer {
    return copies.get(this) ?? this.noteCopy(this.makeCopy(copies), copies);
  }

  /** Enters a copy and the layers inside it into `copies`, and gives them the originals' names. */
  private noteCopy(copy: Layer, copies: Map<Layer, Layer>): Layer {
    if (copies.has(this)) return copy;
    copies.set(this, copy);
    copy.automaticName = this.automaticName;
    const inner = copy.sublayers;
    this.sublayers.forEach((layer, index) => {
      const its = inner[index];
      if (its) layer.noteCopy(its, copies);
    });
    return copy;
  }

  /** For `clone`: a new layer of the same options. Layers in the options are cloned with `copies`. */
  protected makeCopy(_copies: Map<Layer, Layer>): Layer {
    const Same = this.constructor as new (config: Options) => Layer;
    return new Same({ ...this.config, trainable: this.trainable });
  }

  /** For `build`: the extent of an axis (default the last), which must be known. */
  protected knownExtent(shape: BatchShape, axis = -1): number {
    const extent = shape.at(axis);
    if (typeof extent === "number") return extent;
    throw shapeError(this.label, {
      rule: axis === -1 ? "the input's last axis must be known" : `axis ${axis} of the input must be known`,
      expected: "[batch, …, features]",
      received: formatShape(shape),
      advice: "Give inputShape.",
    });
  }
}

/** A layer inside another, as plain data for the outer one's `getConfig`. */
export function describeLayer(layer: Layer): { kind: string; config: Record<string, unknown> } {
  return { kind: layer.kind, config: layer.getConfig() };
}
