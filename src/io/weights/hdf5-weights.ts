// Weights from the HDF5 files of Keras.

import { named } from "../../tensor/named-variables.ts";
import type { Model } from "../../train/model.ts";
import { findHdf5 } from "../hdf5/open.ts";
import { openHdf5 } from "../hdf5/read.ts";
import { assignAll, readPairs, weightPairs } from "../keras/assign.ts";
import { legacyPairs } from "../keras/legacy.ts";
import type { WeightsReport } from "./assign.ts";

/**
 * Sets all weights of a model, by the order of its layers. @throws FileError where the file is damaged or does not fit;
 * then nothing has changed.
 */
export async function loadHdf5Weights(model: Model, bytes: Uint8Array, name: string): Promise<WeightsReport> {
  const file = openHdf5(bytes, name);
  // Keras 3 has its layers in groups by class, older files by name.
  const isOfKeras3 = findHdf5(file, "layers") !== undefined && !file.attributes.has("layer_names");
  assignAll(await readPairs(isOfKeras3 ? weightPairs(model, file) : legacyPairs(model, file)));
  return { set: named(model.variables).map(([weight]) => weight), missing: [], unexpected: [], wrongShape: [] };
}
