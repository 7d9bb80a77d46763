// The network of the npm package nsfwjs, a MobileNetV2 as a TensorFlow.js model with quantized weights, cut off behind
// the layers that suit small pictures.
import type { Model } from "aretejs";
import { loadTfjsModel, type TfjsModel } from "aretejs/io";
import { side } from "./network.ts";

/** Up to here the network stays as it is; layers behind may be trained. */
const lastFrozen = "block_10_project_BN";
/** Where the network is cut off: at a sixteenth of the pictures' size, with 576 channels. */
const lastLayer = "block_13_expand_relu";

/** A part of `model.json`, as far as it is changed here. */
interface Topology {
  readonly layers: readonly { readonly name: string; readonly config: object }[];
}

/**
 * The first blocks of the trained network, for smaller pictures, with two outputs: behind {@link lastFrozen} and
 * behind {@link lastLayer}.
 */
export async function loadBody(): Promise<Model> {
  const { MobileNetV2Model: source } = await import("nsfwjs/models/mobilenet_v2");
  const { default: json } = await source.modelJson();
  const texts = await Promise.all(source.weightBundles.map((load) => load()));
  const shards = texts.map(({ default: text }) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)));
  // Not strict: the file also has the weights of the layers that were cut off. Copies with random weights have the
  // seed.
  return loadTfjsModel(cutOff(json), { shards, strict: false, seed: 1, onNote: () => {} });
}

/** The same network up to {@link lastLayer}, with an input of another size. */
function cutOff(json: TfjsModel): TfjsModel {
  const topology = json.modelTopology as { readonly model_config: { readonly config: Topology } };
  const { config, ...rest } = topology.model_config;
  const end = config.layers.findIndex(({ name }) => name === lastLayer);
  const [first, ...layers] = config.layers.slice(0, end + 1);
  const start = { ...first, config: { ...first?.config, batch_input_shape: [null, side, side, 3] } };
  const outputs = [lastFrozen, lastLayer].map((name) => [name, 0, 0]);
  return {
    ...json,
    modelTopology: {
      model_config: { ...rest, config: { ...config, layers: [start, ...layers], output_layers: outputs } },
    },
  };
}
