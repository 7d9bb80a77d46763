// Keras's configurations as models, with what is loaded on demand for some of them.
import { usualFactories } from "../../nn/usual-factories.ts";
import type { Model } from "../../train/model.ts";
import { withRest } from "../with-rest.ts";
import { layerFromKeras } from "./from-keras.ts";
import type { KerasPart, Reading, Rest } from "./keras-part.ts";
import { networkFromKeras } from "./network-from-keras.ts";

/** Reads; with what few files need where the user named something, or it turns out to be needed. */
export const readWithRest = <T>(reading: Reading, read: (reading: Reading) => T | Promise<T>): Promise<T> =>
  withRest(
    (rest?: Rest) => read({ ...reading, rest }),
    () => import("./from-keras-rest.ts"),
    Object.keys(reading.custom).length > 0,
  );

/** A model; its weights have no values yet. @throws FileError where the configuration does not make sense. */
export async function modelFromKeras(part: KerasPart, reading: Reading): Promise<Model> {
  const graph = hasGraph(part) ? await import("./graph-from-keras.ts") : undefined;
  return readWithRest({ ...reading, graphFromKeras: graph?.graphFromKeras }, (all) => {
    const factories = { ...usualFactories, ...all.rest?.restFactories, ...all.factories };
    return networkFromKeras(part, { ...all, factories }, layerFromKeras);
  });
}

/** Whether a configuration is Functional, or one in it. */
const hasGraph = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("input_layers" in value || Object.values(value).some(hasGraph));
