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
 * Names that differ within one model. Names that the user gave stay; automatic ones of an earlier model stay where they are free, so that layers can be used
 * in several models; all others are the kind with the lowest free number: `dense`, `dense_1`, … Equal models so have equal names, whatever was built before.
 * @param order the items, and between them what is inside them: that gets a name, too, where it has none.
 * @throws ValueError where the user gave one name twice.
 */
export function nameApart<T extends Nameable>(label: string, what: string, items: readonly T[], order: readonly T[] = items): Map<T, string> {
  const names = new Map<T, string>();
  const owners = new Map<string, T>();
  const give = (item: T, name: string) => {
    names.set(item, name);
    owners.set(name, item);
  };
  for (const item of items) {
    const { ownName: name } = item;
    if (name === undefined) continue;
    const other = owners.get(name);
    if (other) {
      throw valueError(label, {
        rule: `${what} names must be unique`,
        expected: "different names",
        received: `"${name}" twice (${other.kind} and ${item.kind})`,
        advice: "Give one of them another name.",
      });
    }
    give(item, name);
  }
  for (const item of items) {
    const { automaticName: name } = item;
    if (!names.has(item) && name !== undefined && !owners.has(name)) give(item, name);
  }
  const own = new Set(items);
  const counts = new Map<string, number>();
  const used = new Set([...owners.keys(), ...order.flatMap((item) => nameOf(item) ?? [])]);
  for (const item of order) {
    const isInside = !own.has(item);
    if (isInside ? nameOf(item) !== undefined : names.has(item)) continue;
    let count = counts.get(item.kind) ?? 0;
    let name: string;
    do {
      name = count === 0 ? item.kind : `${item.kind}_${count}`;
      count++;
    } while (used.has(name));
    counts.set(item.kind, count);
    if (!isInside) give(item, name);
    item.automaticName ??= name;
  }
  return names;
}

const nameOf = ({ ownName, automaticName }: Nameable): string | undefined => ownName ?? automaticName;

/** Runs what makes a model of layers that have their names already, so that messages tell layers apart; where it fails, the names are taken back. */
export function withNames<T>(label: string, layers: readonly Layer[], make: () => T): T {
  const all = [...new Set([...layers, ...partsOf(layers)])];
  const before = all.map((layer) => layer.automaticName);
  try {
    nameLayers(label, [...new Set(layers)]);
    return make();
  } catch (error) {
    all.forEach((layer, index) => {
      layer.automaticName = before[index];
    });
    throw error;
  }
}

/** As {@link nameApart}, for the layers of a model and those inside them, which come before what they are in, as in Keras. */
export function nameLayers(label: string, layers: readonly Layer[]): Map<Layer, string> {
  const all = new Set(layers.flatMap((layer) => [...partsOf([layer]), layer]));
  const own = new Set(layers);
  const order = [...all].filter((layer) => own.has(layer) || !layer.nameRule);
  return nameApart(label, "layer", layers, order);
}

/** Layers inside these, at any depth. */
export function partsOf(layers: readonly Layer[], found = new Set<Layer>()): Set<Layer> {
  for (const part of layers.flatMap((layer) => layer.namedParts)) {
    if (found.has(part)) continue;
    found.add(part);
    partsOf([part], found);
  }
  return found;
}
