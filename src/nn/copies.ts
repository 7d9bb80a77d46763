import type { Layer } from "./layer.ts";

/**
 * Notes which layer is a copy of which, those inside them included, and gives the copies the originals' names. Gives
 * the copy.
 */
export function noteCopies(original: Layer, copy: Layer, copies: Map<Layer, Layer>): Layer {
  if (copies.has(original)) return copy;
  copies.set(original, copy);
  copy.automaticName = original.automaticName;
  const inner = copy.sublayers;
  original.sublayers.forEach((layer, index) => {
    const its = inner[index];
    if (its) noteCopies(layer, its, copies);
  });
  return copy;
}
