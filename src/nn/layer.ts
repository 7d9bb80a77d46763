import { shapeError, stateError, valueError } from "../errors.ts";
import { Printed, show } from "../format.ts";
import type { DType } from "../ir/dtype.ts";
import { formatShape, type Shape, withUnknownExtents } from "../ir/shape.ts";
import { checkOptions, type OptionTable, type OwnTable } from "../options.ts";
import { describe } from "../regularize/config.ts";
import { type Constraint, constraintOf } from "../regularize/constraints.ts";
import { type Penalty, penaltyOf } from "../regularize/penalties.ts";
import { div } from "../tensor/ops/elementwise.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import type { CallContext } from "./call-context.ts";
import { noteCopies } from "./copies.ts";
import { type Initializer, initializer } from "./initializers.ts";
import { checkSampleShape, type SampleShape } from "./input.ts";
import { type LayerOptions, layerTable, type WeightOptions, weightTable } from "./layer-options.ts";
import { agree, checkOutputs, probing } from "./probing.ts";
import { streamOf } from "./stream.ts";
import { type Application, SymbolicTensor } from "./symbolic.ts";

export type { CallContext } from "./call-context.ts";
export { type LayerOptions, layerOptions, type WeightOptions } from "./layer-options.ts";

/** A shape whose batch axis (and perhaps others) is not known yet. */
export type BatchShape = readonly (number | null)[];

/**
 * A layer describes its variables in `build` and records its maths in `call`. Building twice does nothing: a layer used
 * in two models shares its weights. A layer class takes ONE options object and hands all of it to `super`, with a table
 * of what it takes (see docs/decisions/0018-options.md); from then on it reads them in `config`, checked, and
 * `getConfig` and `clone` use that. The factory puts positional arguments into it: `dense(300, options)` is `new
 * Dense({ ...options, units: 300 })`.
 * @example
 * class Scale extends Layer {
 *   constructor(options = {}) { super("scale", options, {}); }
 *   build(shape) { this.factor = this.addVariable("factor", [shape.at(-1)], { initializer: "ones" }); }
 *   call(x) { return ops.mul(x, this.factor); }
 * }
 */
export abstract class Layer<Options extends LayerOptions = LayerOptions> extends Printed {
  /** Given by the first model, where the options give none. */
  automaticName: string | undefined;
  /** Of a layer that is part of another one: how its name follows from the other's. */
  nameRule: (() => string) | undefined;
  readonly inputShape: SampleShape | undefined;
  readonly inputDType: DType;
  /**
   * Whether the outputs hold numbers of the input as they are, such as after a reshape: then {@link indexLimit} of what
   * follows goes for the input, too.
   */
  readonly keepsNumbers: boolean = false;
  /** What the layer was made with. */
  protected readonly config: Options;
  private readonly isOfOneInput: boolean;
  private readonly activityPenalty: Penalty | undefined;
  private isBuilt = false;
  private isTrainable: boolean;
  private hasWarned = false;
  /** The layer's own variables; sublayers hold theirs. */
  protected readonly own: Variable[] = [];
  private readonly regularizers = new Map<Variable, Penalty>();
  private readonly ownConstraints = new Map<Variable, Constraint>();
  private readonly pending = new Map<Variable, Initializer>();

  /**
   * @param kind the factory's name, such as "dense": stands in messages, summaries and configurations.
   * @param given all options that the layer was made with; those that are null or undefined count as not given.
   * @param table the options that the layer has besides those of every layer: then others are refused. Without it, they
   * are left to the subclass.
   */
  constructor(
    readonly kind: string,
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

  get built(): boolean {
    return this.isBuilt;
  }

  /** Layers inside this one. */
  get sublayers(): readonly Layer[] {
    return [];
  }

  /** Layers inside this one that a model names along with it. */
  get namedParts(): readonly Layer[] {
    return this.sublayers;
  }

  /** Setting it reaches all sublayers. Compile again afterwards. */
  get trainable(): boolean {
    return this.isTrainable;
  }

  set trainable(value: boolean) {
    checkOptions(this.label, { trainable: value }, { trainable: "boolean!" });
    this.isTrainable = value;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  // ── Variables
  // ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** All variables in Keras's order: own trainable, own non-trainable, then the sublayers'. */
  get variables(): Variable[] {
    const unique = new Set([
      ...this.own.filter((v) => v.trainable),
      ...this.own.filter((v) => !v.trainable),
      ...this.sublayers.flatMap((layer) => layer.variables),
    ]);
    return [...unique];
  }

  /** What an optimizer updates: none while the layer is frozen. */
  get trainableVariables(): Variable[] {
    if (!this.isTrainable) return [];
    return [
      ...new Set([
        ...this.own.filter((v) => v.trainable),
        ...this.sublayers.flatMap((layer) => layer.trainableVariables),
      ]),
    ];
  }

  /**
   * For `build`: makes a variable of the layer's own. Its values come with {@link initialize}; until then they are NaN.
   */
  protected addVariable(name: string, shape: Shape, options: WeightOptions = {}): Variable {
    const { trainable = true, role, ...given } = checkOptions(this.label, options, weightTable);
    const regularizer = penaltyOf(given.regularizer, this.label);
    const constraint = constraintOf(given.constraint, this.label);
    const variable = new Variable(shape, { initial: Number.NaN, name: () => `${this.name}/${name}`, trainable, role });
    this.own.push(variable);
    this.pending.set(variable, initializer(given.initializer ?? "glorotUniform", this.label));
    if (regularizer) this.regularizers.set(variable, regularizer);
    if (constraint) this.ownConstraints.set(variable, constraint);
    return variable;
  }

  /**
   * Gives first values to all variables that have none yet; those that were initialised or assigned before (shared
   * layers, restored weights) keep theirs. A model calls it when it is built.
   *
   * @param seed the model's seed; an initializer with a seed of its own uses that.
   * @param path the layer's place in the model, from which each variable's random stream is derived.
   */
  initialize(seed: number, path = ""): void {
    for (const [variable, initialize] of this.pending) {
      const isUntouched = variable.placement === undefined && Number.isNaN(variable.initial);
      if (isUntouched) {
        const stream = streamOf(`${path}/${variable.name.slice(this.name.length + 1)}`);
        variable.initial = checkInitial(variable, initialize(variable.shape, { seed, stream }));
      }
    }
    this.pending.clear();
    this.sublayers.forEach((layer, index) => {
      layer.initialize(seed, `${path}/${index}`);
    });
  }

  /** The penalties on trainable weights, as scalars; none while frozen. */
  penalties(): Tensor[] {
    return [...this.penalized()].map(([variable, penalty]) => penalty(variable.tensor));
  }

  /** By variable, so that a weight that is shared is penalised once. */
  private penalized(): Map<Variable, Penalty> {
    if (!this.isTrainable) return new Map();
    const own = [...this.regularizers].filter(([variable]) => variable.trainable);
    return new Map([...own, ...this.sublayers.flatMap((layer) => [...layer.penalized()])]);
  }

  /** What to apply to which variables after an optimizer step. */
  constraints(): Map<Variable, Constraint> {
    return new Map([...this.ownConstraints, ...this.sublayers.flatMap((layer) => [...layer.constraints()])]);
  }

  // ── Building and recording
  // ───────────────────────────────────────────────────────────────────────────────────────────

  /** Makes the variables for this input; does nothing when that has been done. */
  ensureBuilt(inputShape: BatchShape | readonly BatchShape[]): void {
    if (this.isBuilt) return;
    this.build(inputShape as BatchShape);
    this.isBuilt = true;
  }

  /** Override: make variables with `addVariable`. Layers of several inputs get a list of shapes. */
  build(_inputShape: BatchShape | readonly BatchShape[]): void {}

  /**
   * Override: record the maths. Layers of several inputs get a list. To use a layer, call {@link invoke}. It is also
   * called to find the outputs' shapes: then extents that are not known, such as the batch, are NaN, and so is what is
   * calculated from them.
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

  /** Records one use of the layer: its maths, its outputs' masks, its activity penalty. */
  invoke(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    const outputs = this.call(inputs, ctx);
    this.passMasks(inputs, outputs, ctx);
    const { activityPenalty } = this;
    if (activityPenalty) {
      for (const output of listOf(outputs)) ctx.addLoss(div(activityPenalty(output), output.shape[0] ?? 1));
    }
    return outputs;
  }

  /** Masks that `call` has set itself stay. */
  private passMasks(inputs: Tensor | readonly Tensor[], outputs: Tensor | readonly Tensor[], ctx: CallContext): void {
    const list = listOf(outputs);
    if (list.every((output) => ctx.maskOf(output))) return;
    if (this.supportsMasking) {
      const computed = this.computeMask(inputs, ctx);
      const masks = computed === undefined || "op" in computed ? [computed] : computed;
      list.forEach((output, index) => {
        const mask = masks[index];
        if (mask && !ctx.maskOf(output)) ctx.setMask(output, mask, this.label);
      });
    } else if (!this.hasWarned && listOf(inputs).some((input) => ctx.maskOf(input))) {
      this.hasWarned = true;
      console.warn(
        `${this.label}: drops the mask of its input, because its steps are not the input's. Layers behind it see all steps.`,
      );
    }
  }

  /** Whether `apply` takes a list of inputs. Layers with a table of options take one unless they override this. */
  protected get takesList(): boolean {
    return !this.isOfOneInput;
  }

  /**
   * Uses the layer in a functional model.
   * @throws ValueError on what is no symbolic tensor; ShapeError where the layer is new and its `inputShape`
   * contradicts the input; StateError where it has several outputs.
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
    const { inputShape } = this;
    // A layer that was used before may be used with other shapes; Keras warns of inputShape here.
    if (
      inputShape &&
      !this.isBuilt &&
      inputs instanceof SymbolicTensor &&
      !agree([null, ...inputShape], inputs.shape)
    ) {
      throw shapeError(this.label, {
        rule: "inputShape contradicts what comes in",
        expected: formatShape(inputs.shape.slice(1)),
        received: formatShape(inputShape),
        advice: "Leave it out: only a first layer needs it.",
      });
    }
    const outputs = this.applyAll(inputs);
    if (outputs.length === 1) return outputs[0] as SymbolicTensor;
    throw stateError(this.label, {
      rule: "apply is for layers of one output",
      expected: "1 output",
      received: outputs.length,
      advice: "Use applyAll, which gives a list.",
    });
  }

  /** Uses a layer of several outputs in a functional model. */
  applyAll(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[] {
    const single = inputs instanceof SymbolicTensor;
    // A copy: the caller may change a list of its own later.
    const list = [...listOf(inputs)];
    const strangers = list.filter((item) => !(item instanceof SymbolicTensor));
    if (strangers.length > 0) {
      throw valueError(this.label, {
        rule: "a layer is applied to what input(…) or another layer gave",
        expected: "a symbolic tensor",
        received: strangers[0],
        advice: "To compute with numbers make a model and use model.predict(x).",
      });
    }
    if (!single && !this.takesList) {
      const advice = "Apply it to each, or to concatenate().apply([…]).";
      throw valueError(this.label, {
        rule: "takes one input",
        expected: "one result of apply or input",
        received: `a list of ${list.length}`,
        advice,
      });
    }
    this.ensureBuilt(single ? inputs.shape : list.map((input) => input.shape));
    const outputs: SymbolicTensor[] = [];
    const source: Application = { layer: this, inputs: list, single, outputs };
    const shapes = list.map((input) => input.shape);
    const dtypes = list.map((input) => input.dtype);
    for (const { shape, dtype } of this.probe(shapes, dtypes, single))
      outputs.push(new SymbolicTensor(shape, dtype, source));
    return outputs;
  }

  /** Output shapes for input shapes. */
  outputShapes(shapes: readonly BatchShape[], dtypes: readonly DType[], single: boolean): BatchShape[] {
    return this.probe(shapes, dtypes, single).map(({ shape }) => shape);
  }

  /** Output shapes and dtypes, found by recording the maths once with unknown extents. */
  private probe(
    shapes: readonly BatchShape[],
    dtypes: readonly DType[],
    single: boolean,
  ): { shape: BatchShape; dtype: DType }[] {
    return withUnknownExtents(() => {
      const inputs = shapes.map((shape, index) =>
        placeholder(
          `probe_${index}`,
          shape.map((extent) => extent ?? Number.NaN),
          dtypes[index],
        ),
      );
      const outputs = checkOutputs(this.label, listOf(this.call(single ? (inputs[0] as Tensor) : inputs, probing)));
      return outputs.map(({ shape, dtype }) => ({
        shape: shape.map((extent) => (Number.isNaN(extent) ? null : extent)),
        dtype,
      }));
    });
  }

  // ── Copies
  // ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    return copies.get(this) ?? noteCopies(this, this.makeCopy(copies), copies);
  }

  /** For `clone`: a new layer of the same options. Layers in the options are cloned with `copies`. */
  protected makeCopy(_copies: Map<Layer, Layer>): Layer {
    const Same = this.constructor as new (config: Options) => Layer;
    return new Same({ ...this.config, trainable: this.trainable });
  }

  // ── For subclasses
  // ───────────────────────────────────────────────────────────────────────────────────────────────────

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

/** One or several, as a list. */
export function listOf<T extends object>(items: T | readonly T[]): readonly T[] {
  return Array.isArray(items) ? items : [items as T];
}

/** A layer inside another, as plain data for the outer one's `getConfig`. */
export function describeLayer(layer: Layer): { kind: string; config: Record<string, unknown> } {
  return { kind: layer.kind, config: layer.getConfig() };
}

/** A user's initializer may give anything. */
function checkInitial(variable: Variable, initial: Variable["initial"]): Variable["initial"] {
  // The constructor of Variable checks shapes; a throw-away one does that here.
  return new Variable(variable.shape, { initial, name: variable.name }).initial;
}
