import type { ArrayInput, HostArray } from "../data/array.ts";
import { literal, shapeError, stateError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkSampleShape, input } from "../nn/input.ts";
import { type BatchShape, Layer } from "../nn/layer.ts";
import { nameLayers } from "../nn/layer-names.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { checkOptions } from "../options.ts";
import { checkLayer, Model } from "./model.ts";
import { type CompileModelOptions, type ModelOptions, modelTable } from "./options.ts";
import { checkBuilt } from "./session.ts";

/**
 * A chain of layers whose input is not known yet: it is built, for the shape of one sample, by `build`, by the first
 * data that it is used with, or where it is applied. From then on it is a {@link Model} as any other.
 * @see Keras 3 `Sequential`.
 */
export class Sequential extends Model {
  private chain: readonly Layer[] = [];
  private optimizerGiven: CompileModelOptions["optimizer"];

  constructor(layers: readonly Layer[], options: ModelOptions) {
    super(undefined, undefined, options, "sequential");
    this.become([...layers]);
    if (options?.trainable === false) this.trainable = false;
  }

  /** Builds it for a shape unless it is built. */
  override ensureBuilt(inputShape: BatchShape): void {
    if (!this.built) this.build(inputShape);
  }

  /**
   * Connects the layers and makes their weights.
   * @param inputShape of a batch: the first axis is null, or any number.
   * @throws StateError without layers; ShapeError where it is built for another shape, or a layer does not fit.
   * @example model.build([null, 784]);
   */
  override build(inputShape: BatchShape): void {
    const [first] = this.chain;
    const { label } = this;
    if (!first) {
      throw stateError(label, {
        rule: "there are no layers",
        expected: "at least one layer",
        received: "none",
        advice: "Call model.add(layer) first.",
      });
    }
    checkSampleShape(
      label,
      "inputShape behind its first axis",
      Array.isArray(inputShape) ? inputShape.slice(1) : inputShape,
    );
    if (this.built) {
      const known = this.inputs[0]?.shape.slice(1) ?? [];
      if (known.length === inputShape.length - 1 && known.every((extent, axis) => extent === inputShape[axis + 1]))
        return;
      throw shapeError(label, {
        rule: "it is built for another input",
        expected: formatShape(this.inputs[0]?.shape ?? []),
        received: formatShape(inputShape),
      });
    }
    const unbuilt = [this, ...this.chain.flatMap(unbuiltIn)];
    try {
      this.connectFrom(input(inputShape.slice(1), { dtype: this.inputDType }), this.chain);
      if (typeof this.optimizerGiven === "object")
        this.optimizerGiven.serve(`compile of ${label}`, this, this.trainableVariables);
    } catch (error) {
      for (const layer of unbuilt) layer.undoBuild();
      throw error;
    }
  }

  /** As for any model; what needs the variables is done when it is built. */
  override compile(options: CompileModelOptions = {}): void {
    if (!this.built && this.chain.length === 0) this.build([null]);
    super.compile(options);
    this.optimizerGiven = options.optimizer;
  }

  override add(layer: Layer): void {
    if (this.built) super.add(layer);
    else {
      this.session.checkIdle("add");
      this.become([...this.chain, checkLayer(`add of ${this.label}`, layer)]);
    }
  }

  override pop(): Layer {
    const last = this.chain.at(-1);
    if (this.built || !last) return super.pop();
    this.session.checkIdle("pop");
    this.become(this.chain.slice(0, -1));
    return last;
  }

  override async getWeights(): Promise<HostArray[]> {
    checkBuilt("getWeights", this);
    return super.getWeights();
  }

  override setWeights(weights: readonly ArrayInput[]): void {
    checkBuilt("setWeights", this);
    super.setWeights(weights);
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Model {
    if (this.built) return super.makeCopy(copies);
    const { name, seed, trainable } = { ...this.config, seed: this.seed, trainable: this.trainable };
    const layers = this.chain.map((layer) => layer.clone(copies));
    return new Sequential(layers, { seed, trainable, ...(name !== undefined && { name }) });
  }

  /** Has these layers from now on, uncompiled. The first may say what comes in: then it is built. */
  private become(layers: readonly Layer[]): void {
    // Without an input there are no applications to find the names from.
    nameLayers(this.label, layers);
    const [first] = layers;
    const start = first && inputOf(first);
    if (start) this.connectFrom(start, layers);
    else Object.assign(this, { layers: [...new Set(layers)], inputDType: first?.inputDType ?? "float32" });
    this.chain = layers;
    this.session.configure(undefined);
  }

  private connectFrom(start: SymbolicTensor, layers: readonly Layer[]): void {
    this.connect([start], [layers.reduce((tensor, layer) => layer.apply(tensor), start)]);
    this.initialize(this.seed);
  }
}

/**
 * A model whose layers follow one another. The first layer may say what comes in (`inputShape`); otherwise the model is
 * built at the first data, or by `model.build([null, 784])`. Until then it has no weights. Layers of another model may
 * be used: the two then share their weights.
 * @param layers default none: add them with `model.add(layer)`.
 * @throws ValueError where the list is empty or holds something else, or layers share a name.
 * @example const model = sequential([flatten({ inputShape: [28, 28] }), dense(10, { activation: "softmax" })], { seed:
 * 42 });
 * @see Keras 3 `Sequential`.
 */
export function sequential(layers?: readonly Layer[], options: ModelOptions = {}): Model {
  if (layers === undefined) return new Sequential([], options);
  const [first] = Array.isArray(layers) ? layers : [];
  const stranger = Array.isArray(layers) ? layers.find((layer) => !(layer instanceof Layer)) : layers;
  if (!first || stranger !== undefined) {
    throw valueError("sequential", {
      rule: "a model is a list of layers",
      expected: "sequential([dense(…), …])",
      received: Array.isArray(layers) && layers.length === 0 ? "an empty list" : literal(stranger),
    });
  }
  // The model does that, too; done before, so that messages about layers that do not fit have their names.
  nameLayers("sequential", layers);
  const start = inputOf(first);
  if (!start) return new Sequential(layers, options);
  const end = layers.reduce<SymbolicTensor>((tensor, layer) => layer.apply(tensor), start);
  return new Model([start], [end], options, "sequential");
}

/** Those of a layer and the layers inside it that are not built. */
const unbuiltIn = (layer: Layer): Layer[] => [...(layer.built ? [] : [layer]), ...layer.sublayers.flatMap(unbuiltIn)];

/** What comes in, where the first layer says so. */
function inputOf(first: Layer): SymbolicTensor | undefined {
  if (first instanceof Model && first.inputs.length === 1) {
    const [only] = first.inputs as [SymbolicTensor];
    return input(only.shape.slice(1), { dtype: only.dtype });
  }
  return first.inputShape && input(first.inputShape, { dtype: first.inputDType });
}

/** Options of {@link model}. */
export interface FunctionalOptions extends ModelOptions {
  /** What comes in: one or several results of `input(…)`. */
  inputs: SymbolicTensor | readonly SymbolicTensor[];
  /** What comes out: one or several results of `layer.apply(…)`. */
  outputs: SymbolicTensor | readonly SymbolicTensor[];
}

/**
 * A model of any graph of layers: several inputs and outputs, branches, layers that are used more than once. The model
 * is an object with methods, not a function: `await net.predict(x)` where Keras has `net(x)`, `net.apply(input)` inside
 * another model.
 * @throws ValueError or StateError where the outputs do not follow from the inputs, or layers share a name.
 * @example const x = input([784]); const m = model({ inputs: x, outputs: dense(10).apply(dense(300).apply(x)) });
 * @see Keras 3 functional `Model`.
 */
export function model(given: FunctionalOptions): Model {
  if (!given?.inputs || !given.outputs) {
    throw valueError("model", {
      rule: "takes one object with inputs and outputs",
      expected: "model({ inputs: x, outputs: y })",
      received: given?.inputs ? "no outputs" : given?.outputs ? "no inputs" : "neither",
    });
  }
  const { inputs, outputs, ...options } = checkOptions("model", given, {
    inputs: "object or list!",
    outputs: "object or list!",
    ...modelTable,
  });
  // Copies: the caller may change a list of its own later.
  const list = (tensors: SymbolicTensor | readonly SymbolicTensor[]) => [tensors].flat() as SymbolicTensor[];
  return new Model(list(inputs), list(outputs), options);
}

/**
 * A model of equal layers under the same names, with weights of its own, fresh from the initializers. Copy the weights
 * with `clone.setWeights(await old.getWeights())`. The seed is the old model's.
 * @see Keras 3 `clone_model`.
 */
export function cloneModel(old: Model): Model {
  if (old instanceof Model) return old.clone();
  throw valueError("cloneModel", { rule: "only models can be cloned", expected: "a model", received: old });
}
