// Keras's configurations as models, with what is loaded on demand for some of them.
import { usualFactories } from "../../nn/usual-factories.ts";
import type { Model } from "../../train/model.ts";
import { withRest } from "../with-rest.ts";
import { layerFromKeras } from "./from-keras.ts";
import type { KerasPart, Reading, Rest } from "./keras-part.ts";
import { networkFromKeras } from "./network-from-keras.ts";

/** A model; its weights have no values yet. @throws FileError where the configuration does not make sense. */
export async function modelFromKeras(part: KerasPart, reading: Reading): Promise<Model> {
  const graph = hasGraph(part) ? await import("./graph-from-keras.ts") : undefined;
  return withRest(
    (rest?: Rest) => {
      const factories = { ...usualFactories, ...rest?.restFactories, ...reading.factories };
      const all: Reading = { ...reading, factories, rest, graphFromKeras: graph?.graphFromKeras };
      return networkFromKeras(part, all, layerFromKeras);
    },
    () => import("./from-keras-rest.ts"),
  );
}

/** Whether a configuration is Functional, or one in it. */
const hasGraph = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("input_layers" in value || Object.values(value).some(hasGraph));
