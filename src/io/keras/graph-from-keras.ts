// Keras's Functional configurations as models: graphs of layers.
import type { Layer } from "../../nn/layer.ts";
import { Network } from "../../nn/network.ts";
import type { SymbolicTensor } from "../../nn/symbolic.ts";
import type { Model } from "../../train/model.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { KerasPart, LayerFromKeras, Reading } from "./keras-part.ts";
import { inputOf, optionsOf, ReadModel } from "./network-from-keras.ts";
import { argumentsOf, type History, histories, type Node, nodesOf } from "./nodes.ts";
import { operationLayer } from "./operations.ts";

/** A layer of a graph, made when it is first used. */
interface Entry {
  readonly part: KerasPart;
  readonly nodes: readonly Node[];
  layer?: Layer;
  /** The outputs of each use. */
  readonly outputs: (readonly SymbolicTensor[] | undefined)[];
}

/**
 * A model of a Functional configuration; its weights have no values yet.
 * @param layers its layers. @param layerFromKeras makes them.
 * @throws FileError where the configuration does not make sense.
 */
export function graphFromKeras(
  part: KerasPart,
  layers: readonly KerasPart[],
  reading: Reading,
  layerFromKeras: LayerFromKeras,
): Model {
  const entries = new Map<string, Entry>();
  for (const layer of layers) {
    const name = String(layer.name ?? layer.config.name);
    if (entries.has(name))
      throw damaged("loadModel", "layers must have different names", "one of a name", `two of ${name}`);
    entries.set(name, { part: layer, nodes: nodesOf(layer), outputs: [] });
  }
  const starts = histories(part.config.input_layers);
  const inputs = starts.map(([name]) => {
    const entry = find(entries, name);
    if (entry.outputs[0]) throw damaged("loadModel", "inputs must be different", "one of a name", `two of ${name}`);
    const input = inputOf(entry.part);
    entry.outputs[0] = [input];
    return input;
  });
  const ends = histories(part.config.output_layers);
  checkMasks(entries);
  const make = (layer: KerasPart, options: Readonly<Record<string, unknown>>) =>
    layerFromKeras(layer, reading, options);
  for (const end of ends) build(entries, end, reading, make);
  const outputs = ends.map((end) => tensorAt(entries, end));
  return new ReadModel(inputs, outputs, optionsOf(part, reading), "model");
}

function find(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (entry) return entry;
  throw damaged("loadModel", "a use of a layer must refer to one of the model", "a known layer", name);
}

function tensorAt(entries: ReadonlyMap<string, Entry>, [name, node, output]: History): SymbolicTensor {
  const { part, outputs } = find(entries, name);
  // Cells give their output once more, as the first state.
  const isCell = /^(SimpleRNN|GRU|LSTM)Cell$/.test(part.class_name);
  const tensor = outputs[node]?.[isCell && output > 0 ? output - 1 : output];
  if (tensor) return tensor;
  throw damaged("loadModel", `"${name}" must have what is taken from it`, "an output", `use ${node}, output ${output}`);
}

/** Makes what a tensor needs, then its layer's use; without recursion, since networks are deep. */
function build(
  entries: ReadonlyMap<string, Entry>,
  end: History,
  reading: Reading,
  make: (part: KerasPart, options: Readonly<Record<string, unknown>>) => Layer,
): void {
  const open = new Set<string>();
  const stack: History[] = [end];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const [name, at] = top;
    const entry = find(entries, name);
    if (entry.outputs[at]) {
      stack.pop();
      continue;
    }
    const node = entry.nodes[at];
    if (!node) throw damaged("loadModel", `"${name}" must have its uses`, `${entry.nodes.length} uses`, `use ${at}`);
    const missing = node.sources.filter(([source, use]) => !find(entries, source).outputs[use]);
    if (missing.length > 0) {
      const key = `${at} ${name}`;
      if (open.has(key))
        throw damaged(
          "loadModel",
          "a graph must have no cycle",
          "layers that follow each other",
          `"${name}" within a cycle`,
        );
      open.add(key);
      stack.push(...missing);
      continue;
    }
    const { isAlone, tensors, options } = argumentsOf(entry.part, node, (history) => tensorAt(entries, history));
    entry.layer ??= operationLayer(entry.part, node, reading) ?? make(entry.part, options);
    // A network of one input takes it alone, in whatever form it was given.
    const isSingle = isAlone || (tensors.length === 1 && entry.layer instanceof Network);
    entry.outputs[at] = entry.layer.applyAll(isSingle ? (tensors[0] as SymbolicTensor) : tensors);
    stack.pop();
  }
}

/**
 * Masks flow from embeddings and masking layers by themselves, here as in Keras, which notes them in the file. A mask
 * that is anything else is refused, since it would be lost.
 */
function checkMasks(entries: ReadonlyMap<string, Entry>): void {
  const masked = new Set<string>();
  for (const { part, nodes } of entries.values()) {
    if (part.class_name === "Masking" || (part.class_name === "Embedding" && part.config.mask_zero === true))
      for (const { sources } of nodes) for (const source of sources) masked.add(source.join());
  }
  const stack: History[] = [...entries.values()].flatMap(({ nodes }) => nodes.flatMap(({ masks }) => masks));
  const seen = new Set<string>();
  for (let top = stack.pop(); top; top = stack.pop()) {
    const [name, at] = top;
    const { part, nodes } = find(entries, name);
    if (seen.has(`${at} ${name}`)) continue;
    seen.add(`${at} ${name}`);
    const sources = nodes[at]?.sources ?? [];
    const isOperation = /(^|\.)ops\./.test(String(part.module));
    if (!isOperation || sources.length === 0)
      throw unsupported(
        "loadModel",
        `the mask "${name}" that a layer is called with`,
        "Masks come from Embedding and Masking.",
      );
    if (part.class_name !== "NotEqual" || !masked.has((sources[0] as History).join())) {
      if (part.class_name === "NotEqual")
        throw unsupported(
          "loadModel",
          `a mask that is computed by "${name}"`,
          "Masks come from Embedding and Masking.",
        );
      stack.push(...sources);
    }
  }
}
