// Keras's models as models here: Sequential ones; what only graphs need is in graph-from-keras.ts.
import type { InputDType } from "../../nn/input.ts";
import type { BatchShape } from "../../nn/layer.ts";
import { SymbolicTensor } from "../../nn/symbolic.ts";
import { Model } from "../../train/model.ts";
import { sequential } from "../../train/sequential.ts";
import { damaged, unsupported } from "../file-error.ts";
import { restOf } from "../with-rest.ts";
import { dtypeName, type KerasPart, type LayerFromKeras, partOf, type Reading } from "./keras-part.ts";

/** A model whose weights are filled before they would be drawn. */
export class ReadModel extends Model {
  constructor(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[], options: object, kind: string) {
    super(undefined, undefined, options, kind);
    this.connect(inputs, outputs);
  }
}

/** The name and the seed of a model. */
export const optionsOf = ({ config }: KerasPart, { seed }: Reading) => ({
  seed,
  ...(typeof config.name === "string" && { name: config.name }),
});

/**
 * A model; its weights have no values yet.
 * @param layerFromKeras makes its layers.
 * @throws FileError where the configuration does not make sense.
 */
export function networkFromKeras(part: KerasPart, reading: Reading, layerFromKeras: LayerFromKeras): Model {
  const { config } = part;
  if (!Array.isArray(config.layers)) throw damaged("loadModel", "a model must have layers", "a list", config.layers);
  const layers = config.layers.map((layer) => partOf("a layer", layer));
  const make = config.input_layers === undefined ? chain : (reading.graphFromKeras as typeof chain);
  const model = make(part, layers, reading, layerFromKeras);
  if (config.trainable === false) model.trainable = false;
  return model;
}

function chain(part: KerasPart, all: readonly KerasPart[], reading: Reading, layerFromKeras: LayerFromKeras): Model {
  const [first] = all;
  const hasInput = first?.class_name === "InputLayer";
  const start = hasInput ? inputOf(first) : restOf(reading).inputFrom(part, first);
  const layers = (hasInput ? all.slice(1) : all).map((layer) => layerFromKeras(layer, reading));
  const options = optionsOf(part, reading);
  if (!start) return sequential(layers.length > 0 ? layers : undefined, options);
  if (layers.length === 0) throw unsupported("loadModel", "a model without layers");
  const end = layers.reduce((tensor: SymbolicTensor, layer) => layer.apply(tensor), start);
  return new ReadModel([start], [end], options, "sequential");
}

/** An input layer as the start of a graph. */
export function inputOf({ config, name }: KerasPart): SymbolicTensor {
  const shape = config.batch_shape ?? config.batch_input_shape;
  const given = config.name ?? name;
  return new SymbolicTensor(
    shapeOf(shape),
    dtypeOf(config.dtype),
    undefined,
    typeof given === "string" ? given : undefined,
  );
}

/** The shape of an input. @throws FileError where it is none. */
export function shapeOf(shape: unknown): BatchShape {
  const isShape =
    Array.isArray(shape) &&
    shape.length > 0 &&
    shape.every((extent) => extent === null || (Number.isSafeInteger(extent) && extent > 0));
  if (isShape) return [null, ...shape.slice(1)];
  throw damaged("loadModel", "the shape of an input must be a list of extents", "such as [null, 28, 28]", shape);
}

function dtypeOf(dtype: unknown): InputDType {
  const name = dtypeName(dtype);
  if (name === "string") return name;
  return typeof name === "string" && /^u?int/.test(name) ? "int32" : "float32";
}
