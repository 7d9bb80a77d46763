import { literal, valueError } from "../errors.ts";
import { input } from "../nn/input.ts";
import { Layer } from "../nn/layer.ts";
import { nameLayers } from "../nn/layer-names.ts";
import type { SymbolicTensor } from "../nn/symbolic.ts";
import { checkOptions } from "../options.ts";
import { Model } from "./model.ts";
import { type ModelOptions, modelTable } from "./options.ts";

/**
 * A model whose layers follow one another. The first layer says what comes in (`inputShape`), unless it was built
 * before. Layers of another model may be used: the two then share their weights.
 * @throws ValueError where the list is empty or holds something else, the input's shape is not known, or layers share a
 * name.
 * @example const model = sequential([flatten({ inputShape: [28, 28] }), dense(10, { activation: "softmax" })], { seed:
 * 42 });
 * @see Keras 3 `Sequential`.
 */
export function sequential(layers: readonly Layer[], options: ModelOptions = {}): Model {
  const [first] = Array.isArray(layers) ? layers : [];
  const stranger = Array.isArray(layers) ? layers.find((layer) => !(layer instanceof Layer)) : layers;
  if (!first || stranger !== undefined) {
    throw valueError("sequential", {
      rule: "a model is a list of layers",
      expected: "sequential([dense(…), …])",
      received: Array.isArray(layers) && layers.length === 0 ? "an empty list" : literal(stranger),
    });
  }
  const start = inputOf(first);
  // The model does that, too; done before, messages about layers that do not fit tell them apart.
  nameLayers("sequential", layers);
  const end = layers.reduce<SymbolicTensor>((tensor, layer) => layer.apply(tensor), start);
  return new Model([start], [end], options, "sequential");
}

function inputOf(first: Layer): SymbolicTensor {
  if (first instanceof Model && first.inputs.length === 1) {
    const [only] = first.inputs as [SymbolicTensor];
    return input(only.shape.slice(1), { dtype: only.dtype });
  }
  if (first.inputShape) return input(first.inputShape, { dtype: first.inputDType });
  throw valueError("sequential", {
    rule: "the first layer must say what comes in",
    expected: "inputShape, the shape of one sample",
    received: "none",
    context: first.label,
    advice: `For example ${first.kind}(…, { inputShape: [784] }).`,
  });
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
