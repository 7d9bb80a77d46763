// Operations of Keras that stand in graphs in the place of layers, such as `x + y`, as layers.
import { activations } from "../../nn/activation-names.ts";
import type { Layer } from "../../nn/layer.ts";
import { unsupported } from "../file-error.ts";
import { type KerasPart, layerOf, type Reading } from "./keras-part.ts";
import { kindOf } from "./names.ts";
import { histories, type Node } from "./nodes.ts";

/** x·scale + offset for an operation of a tensor and a number; `isFirst`: whether the tensor is the first. */
const affine: Readonly<
  Record<string, (c: number, isFirst: boolean) => readonly [scale: number, offset: number] | undefined>
> = {
  Add: (c) => [1, c],
  Subtract: (c, isFirst) => (isFirst ? [1, -c] : [-1, c]),
  Multiply: (c) => [c, 0],
  Divide: (c, isFirst) => (isFirst ? [1 / c, 0] : undefined),
  TrueDivide: (c, isFirst) => (isFirst ? [1 / c, 0] : undefined),
};

/** Operations of two tensors. */
const merges = ["Add", "Subtract", "Multiply", "Maximum", "Minimum"];

/**
 * The layer that does what an operation does; undefined where the part is no operation.
 * @throws FileError on one that no layer does.
 */
export function operationLayer(
  { class_name: name, module, config }: KerasPart,
  node: Node,
  reading: Reading,
): Layer | undefined {
  if (!/(^|\.)ops\./.test(String(module))) return undefined;
  const make = (kind: string, options: object) => layerOf(kind, { name: config.name, ...options }, reading);
  const { args, sources } = node;
  const at = args.findIndex((arg) => typeof arg === "number");
  const number = args[at];
  if (merges.includes(name) && sources.length === 2 && args.length === 2) return make(`${name.toLowerCase()}Layer`, {});
  if (sources.length === 1 && args.length === 2 && typeof number === "number") {
    const [scale, offset] = affine[name]?.(number, at === 1) ?? [];
    if (scale !== undefined) return make("rescaling", { scale, offset });
  }
  const activation = /ops\.nn$/.test(String(module)) && args.length === 1 ? kindOf(name, activations) : undefined;
  if (activation !== undefined && histories(args[0]).length === 1) return make("activation", { activation });
  throw unsupported("loadModel", `Keras's operation ${name}`, "Use a layer in its place.");
}
