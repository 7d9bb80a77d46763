// Layers that are one ONNX node each rather than what they are made of.
import type { Variable } from "../../tensor/variable.ts";
import { axesOf, channelsFirst, type EmitLayer, type Exporter, type LayerUse } from "./exporter.ts";
import { recurrent } from "./recurrent.ts";

/** What emits a use of a layer as a whole; undefined where its operations are emitted one by one. */
export function layerEmitter(use: LayerUse): EmitLayer | undefined {
  const { kind } = use.layer;
  const { axis = -1, rmsScaling } = use.layer.getConfig();
  const rank = use.inputs[0]?.rank ?? 0;
  const isLast = [-1, rank - 1].includes(Number(Array.isArray(axis) && axis.length === 1 ? axis[0] : axis));
  if (kind === "batchNormalization" && isLast) return batchNormalization;
  if (kind === "layerNormalization" && isLast && !rmsScaling) return layerNormalization;
  return ["lstm", "gru", "simpleRnn", "rnn"].includes(kind) ? recurrent : undefined;
}

/** A weight by its name, or as many equal numbers where the layer has none. */
function weightOr(use: LayerUse, name: string, value: number, exporter: Exporter): string {
  const variable = use.layer.variables.find((each: Variable) => each.name.endsWith(`/${name}`));
  if (variable) return exporter.weight(variable);
  const features = use.inputs[0]?.shape.at(-1) as number;
  const data = new Float32Array(features).fill(value);
  return exporter.graph.initializer(data, "float32", [features], name);
}

const epsilonOf = ({ layer }: LayerUse): { float: number } => ({ float: Number(layer.getConfig().epsilon ?? 1e-3) });

const batchNormalization: EmitLayer = (use, exporter) => {
  const [x] = use.inputs;
  const rank = x?.rank ?? 0;
  const order = rank > 2 ? channelsFirst(rank) : axesOf(rank);
  const inputs = [
    x ? exporter.get(x, order) : "",
    weightOr(use, "gamma", 1, exporter),
    weightOr(use, "beta", 0, exporter),
    weightOr(use, "movingMean", 0, exporter),
    weightOr(use, "movingVariance", 1, exporter),
  ];
  return [{ name: exporter.graph.node("BatchNormalization", inputs, { epsilon: epsilonOf(use) }), order }];
};

const layerNormalization: EmitLayer = (use, exporter) => {
  const [x] = use.inputs;
  const inputs = [x ? exporter.get(x) : "", weightOr(use, "gamma", 1, exporter), weightOr(use, "beta", 0, exporter)];
  const name = exporter.graph.node("LayerNormalization", inputs, { axis: -1, epsilon: epsilonOf(use) });
  return [{ name, order: axesOf(x?.rank ?? 0) }];
};
