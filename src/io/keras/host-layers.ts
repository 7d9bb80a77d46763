// Layers that work on the host in `.keras` files: how they are made, and their vocabularies, which are files of
// their own.

import type { Layer } from "../../nn/layer.ts";
import {
  hashing,
  integerLookup,
  Lookup,
  stringLookup,
  TextVectorization,
  textVectorization,
} from "../../nn/layers/host/index.ts";
import { Network } from "../../nn/network.ts";
import type { LayerFactory } from "../../nn/usual-factories.ts";
import { decode } from "../binary.ts";
import { fileError } from "../file-error.ts";
import { findHdf5, type Hdf5Group } from "../hdf5/open.ts";
import { numbersIn } from "./assign.ts";
import { layerPaths } from "./weights.ts";

/** Makes the layers from options, by kind. */
export const hostFactories: Readonly<Record<string, LayerFactory>> = {
  hashing: ({ numBins, ...options }) => hashing(numBins, options),
  integerLookup,
  stringLookup,
  textVectorization,
};

/** A layer that has a vocabulary, and where a file keeps it. */
type Placed = readonly [layer: Lookup<string> | Lookup<number> | TextVectorization, path: string];

/** Those of a network and of networks inside it; what is shared is where Keras meets it first. */
function placesIn(network: Network, folder = "layers", seen = new Set<Layer>()): Placed[] {
  return layerPaths(network.layers, folder).flatMap(([layer, path]): Placed[] => {
    if (seen.has(layer)) return [];
    seen.add(layer);
    if (layer instanceof Network) return placesIn(layer, `${path}/layers`, seen);
    return layer instanceof Lookup || layer instanceof TextVectorization ? [[layer, path]] : [];
  });
}

/** Gives the layers of a network that was read their vocabularies. @throws FileError where one is missing. */
export async function readVocabularies(
  network: Network,
  file: Hdf5Group,
  read: (name: string) => Promise<Uint8Array | undefined>,
): Promise<void> {
  for (const [layer, path] of placesIn(network)) {
    // A vocabulary that was given as an option is in the configuration.
    if (layer.getVocabulary({ special: false }).length > 0) continue;
    const name = `assets/${path}/vocabulary.txt`;
    const bytes = await read(name);
    if (!bytes) {
      throw fileError("loadModel", {
        rule: `the vocabulary of ${layer.label} must be in the file`,
        expected: name,
        received: "none",
      });
    }
    const lines = decode(name, bytes).split("\n");
    while (lines.at(-1) === "") lines.pop();
    const found = findHdf5(file, `${path}/vars/idf_weights`);
    const weights = found?.kind === "dataset" ? ((await numbersIn(found)) as ArrayLike<number>) : undefined;
    const tokens = layer.kind === "integerLookup" ? lines.map(Number) : lines;
    // Frequencies may be padded to maxTokens.
    const idf = weights && Array.from(weights).slice(0, tokens.length);
    (layer as Lookup<string>).setVocabulary(tokens as string[], idf);
  }
}

/** A file of the vocabulary of each layer, by its name in the archive, and frequencies by their groups in HDF5. */
export function writtenVocabularies(network: Network): {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly weights: readonly { readonly path: string; readonly data: Float32Array }[];
} {
  const placed = placesIn(network);
  // Keras saves the lookup inside a text vectorization again.
  const everywhere = (layer: Placed[0], path: string) =>
    layer instanceof TextVectorization ? [path, `${path}/_lookup_layer`] : [path];
  return {
    files: placed.flatMap(([layer, path]) => {
      if (layer.getConfig().vocabulary !== undefined) return [];
      const text = vocabularyText(layer);
      return everywhere(layer, path).map((place) => ({ name: `assets/${place}/vocabulary.txt`, text }));
    }),
    weights: placed.flatMap(([layer, path]) => {
      const data = layer.idfWeights;
      return data ? everywhere(layer, path).map((place) => ({ path: `${place}/vars`, data })) : [];
    }),
  };
}

/** What Python's `splitlines` ends lines at. */
const LINE_ENDS = "\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029";

/** A token in each line, as Keras has it. @throws FileError on a token that has line breaks itself. */
function vocabularyText(layer: Placed[0]): string {
  const tokens: readonly (string | number)[] = layer.getVocabulary();
  const broken = tokens.find((token) => Array.from(String(token)).some((sign) => LINE_ENDS.includes(sign)));
  if (broken === undefined) return tokens.join("\n");
  throw fileError("saveModel", {
    rule: `files have a token of ${layer.label} in each line`,
    expected: "tokens without line breaks",
    received: JSON.stringify(broken),
    advice: "Give it as the option vocabulary, or clean the texts.",
  });
}
