// Which array of a TensorFlow.js model is which weight.
import type { Layer } from "../../nn/layer.ts";
import { Network } from "../../nn/network.ts";
import type { Variable } from "../../tensor/variable.ts";
import { valueFor } from "../../train/weights.ts";
import { fileError } from "../file-error.ts";
import { setValues } from "../keras/assign.ts";
import { type StoredArray, storedArray } from "../weights/assign.ts";

/**
 * Sets the weights of all layers: those of a layer are the arrays whose names have the layer's name as a part, in the
 * order of the layer's weights.
 * @param strict whether arrays without a layer are an error; otherwise `note` is told.
 * @throws FileError where a layer's weights are missing or of another shape. Then nothing has changed.
 */
export function assignByLayer(
  file: string,
  network: Network,
  arrays: ReadonlyMap<string, StoredArray>,
  strict: boolean,
  note: (text: string) => void,
): void {
  const layers = new Map(leavesOf(network).map((layer) => [layer.name, layer]));
  const byLayer = new Map<Layer, StoredArray[]>();
  const unused: string[] = [];
  for (const [name, array] of arrays) {
    const parts = name.split("/").slice(0, -1);
    const layer = layers.get(parts.findLast((part) => layers.has(part)) ?? "");
    if (layer) byLayer.set(layer, [...(byLayer.get(layer) ?? []), array]);
    else unused.push(name);
  }
  const values = [...layers.values()].flatMap((layer) => {
    const variables = inOrder(layer.variables);
    const found = byLayer.get(layer) ?? [];
    if (found.length !== variables.length) {
      throw fileError(file, {
        rule: `the file must have the weights of ${layer.label}`,
        expected: variables.length,
        received: found.length,
      });
    }
    return variables.map((variable, index) => {
      const array = found[index] as StoredArray;
      return { variable, isOwn: array.isOwn, value: valueFor(file, variable.name, storedArray(array), variable) };
    });
  });
  if (unused.length > 0) {
    const text = `${unused.length} arrays belong to no layer: ${unused.slice(0, 3).join(", ")}${unused.length > 3 ? ", …" : ""}`;
    if (!strict) note(text);
    else
      throw fileError(file, {
        rule: text,
        expected: "a layer for each array",
        received: "none",
        advice: "Pass strict: false to leave them out.",
      });
  }
  for (const { variable, isOwn, value } of values) setValues(variable, value.data, isOwn);
}

/** The layers that have weights, in networks also those inside. */
const leavesOf = (network: Network): Layer[] =>
  network.layers.flatMap((layer) =>
    layer instanceof Network ? leavesOf(layer) : layer.variables.length > 0 ? [layer] : [],
  );

/** As Keras 2 lists them: what is trained, then the rest. */
const inOrder = (variables: readonly Variable[]): Variable[] => [
  ...variables.filter(({ trainable }) => trainable),
  ...variables.filter(({ trainable }) => !trainable),
];
