import { valueError } from "../errors.ts";
import type { Layer } from "./layer.ts";

/** What a model gives a name to where the user has not: a layer or an input. */
export interface Nameable {
  readonly kind: string;
  /** The name that the user gave. */
  readonly ownName: string | undefined;
  /** The name that the first model gave of which it became a part. */
  automaticName: string | undefined;
}

/**
 * Names that differ within one model. Names that the user gave stay; automatic ones of an earlier model stay where they
 * are free, so that layers can be used in several models; all others are the kind with the lowest free number: `dense`,
 * `dense_1`, … Equal models so have equal names, whatever was built before.
 * @param order the items, and between them what is inside them: that gets a name, too, where it has none.
 * @throws ValueError where the user gave one name twice.
 */
export function nameApart<T extends Nameable>(
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
 * As {@link nameApart}, for the layers of a model and those inside them, which come before what they are in, as in
 * Keras.
 */
export function nameLayers(label: string, layers: readonly Layer[]): Map<Layer, string> {
  const order = new Set<Layer>();
  const visit = (layer: Layer) => {
    if (order.has(layer)) return;
    layer.namedParts.forEach(visit);
    if (!layer.nameRule) order.add(layer);
  };
  layers.forEach(visit);
  return nameApart(label, "layer", new Set(layers), order);
}

const nameOf = ({ ownName, automaticName }: Nameable): string | undefined => ownName ?? automaticName;
