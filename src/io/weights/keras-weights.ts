// Weights from the HDF5 files of Keras, and from those in `.keras` files.

import { named } from "../../tensor/named-variables.ts";
import type { Model } from "../../train/model.ts";
import { fileError } from "../file-error.ts";
import { findHdf5, type Hdf5Dataset, type Hdf5Group } from "../hdf5/open.ts";
import { openHdf5 } from "../hdf5/read.ts";
import { isHdf5 } from "../hdf5/signature.ts";
import { assignAll, readPairs, weightPairs } from "../keras/assign.ts";
import { legacyPairs } from "../keras/legacy.ts";
import { weightGroups } from "../keras/weights.ts";
import { openZip } from "../zip/read.ts";
import type { WeightsReport } from "./assign.ts";

/**
 * Sets all weights of a model, by the order of its layers. @throws FileError where the file is damaged or does not fit;
 * then nothing has changed.
 */
export async function loadKerasWeights(model: Model, bytes: Uint8Array, name: string): Promise<WeightsReport> {
  const file = openHdf5(isHdf5(bytes) ? bytes : await weightsOf(bytes, name), name);
  // Keras 3 has its layers in groups by class, older files by name.
  const isOfKeras3 = findHdf5(file, "layers") !== undefined && !file.attributes.has("layer_names");
  if (isOfKeras3) await checkOthers(model, file, name);
  assignAll(await readPairs(isOfKeras3 ? await weightPairs(model, file) : legacyPairs(model, file)));
  return { set: named(model.variables).map(([weight]) => weight), missing: [], unexpected: [], wrongShape: [] };
}

/** The file of weights in a `.keras` file. @throws FileError where there is none. */
async function weightsOf(archive: Uint8Array, name: string): Promise<Uint8Array> {
  const entry = openZip(archive, name).get("model.weights.h5");
  if (entry) return entry.read();
  throw fileError(name, {
    rule: "a .keras file must hold its weights",
    expected: "model.weights.h5",
    received: "none",
  });
}

/**
 * Refuses weights that the model has no place for: those of layers that it lacks, and more than a layer has.
 * @throws FileError.
 */
async function checkOthers(model: Model, file: Hdf5Group, name: string): Promise<void> {
  const groups = await weightGroups(model);
  const refuse = (path: string, expected: string) => {
    throw fileError(name, { rule: "the arrays must be the weights of the model", expected, received: path });
  };
  for (const { path, name: layer, variables, extra } of groups) {
    const found = findHdf5(file, path);
    const count = found?.kind === "group" ? found.children.size : 0;
    if (count > variables.length + extra)
      refuse(`${count} arrays in ${path}`, `${variables.length + extra} of "${layer}"`);
  }
  const layers = findHdf5(file, "layers") as Hdf5Group;
  for (const [part, group] of layers.children.entries()) {
    const path = `layers/${part}/`;
    if (hasWeights(group) && !groups.some((own) => own.path.startsWith(path)))
      refuse(path.slice(0, -1), `layers of the model: ${groups.map((own) => own.path).join(", ")}`);
  }
}

/** Whether there are arrays in a group. The states of random generators are no weights. */
const hasWeights = (node: Hdf5Group | Hdf5Dataset): boolean =>
  node.kind === "dataset" || [...node.children].some(([part, child]) => part !== "seed_generator" && hasWeights(child));
