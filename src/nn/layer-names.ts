import { valueError } from "../errors.ts";
import type { Layer } from "./layer.ts";

/** A layer or an input: a model names it where the user has not. */
export interface Nameable {
  readonly kind: string;
  /** The name that the user gave. */
  readonly ownName: string | undefined;
  /** The name that the first model has given it. */
  automaticName: string | undefined;
}

/**
 * Unique names within one model. Names that the user gave stay; automatic ones of an earlier model stay where they are
 * free, so that layers can be used in several models; all others are the kind with the lowest free number: `dense`,
 * `dense_1`, … Equal models so have equal names, whatever was built before.
 * @param order the items together with the layers inside them, which are named, too, where they have no name.
 * @throws ValueError where the user gave one name twice.
 */
export function uniqueNames<T extends Nameable>(
  label: string,
  what: string,
  items: ReadonlySet<T>,
  order: Iterable<T> = items,
): Map<T, string> {
  const names = new Map<T, string>();
  const owners = new Map<string, T>();
  for (const key of ["ownName", "automaticName"] as const) {
    for (const item of items) {
      const name = item[key];
      if (name === undefined || names.has(item)) continue;
      const other = owners.get(name);
      if (!other) {
        names.set(item, name);
        owners.set(name, item);
      } else if (key === "ownName") {
        throw valueError(label, {
          rule: `${what} names must be unique`,
          expected: "different names",
          received: `"${name}" twice (${other.kind} and ${item.kind})`,
          advice: "Give one of them another name.",
        });
      }
    }
  }
  const used = new Set(owners.keys());
  for (const item of order) used.add(nameOf(item) as string);
  const counts = new Map<string, number>();
  for (const item of order) {
    if (items.has(item) ? names.has(item) : nameOf(item)) continue;
    const { kind } = item;
    let count = counts.get(kind) ?? 0;
    let name = kind;
    while (used.has(name)) name = `${kind}_${++count}`;
    counts.set(kind, count);
    used.add(name);
    names.set(item, name);
    item.automaticName ??= name;
  }
  return names;
}

/**
 * As {@link uniqueNames}, for the layers of a model. Layers inside another one are numbered before it, as in Keras.
 */
export function nameLayers(label: string, layers: readonly Layer[]): Map<Layer, string> {
  const order = new Set<Layer>();
  const visit = (layer: Layer) => {
    if (order.has(layer)) return;
    layer.namedParts.forEach(visit);
    if (!layer.nameRule) order.add(layer);
  };
  layers.forEach(visit);
  return uniqueNames(label, "layer", new Set(layers), order);
}

const nameOf = ({ ownName, automaticName }: Nameable): string | undefined => ownName ?? automaticName;
