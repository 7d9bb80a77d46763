import { lookUp } from "./errors.ts";

/**
 * What can be given by name: losses, metrics, optimizers. Common ones are in every bundle; rare ones are in modules
 * that are loaded when one of them is used, so that an application does not load all losses because it names one. A name
 * is checked at once, long before the factory of that name is needed.
 */
export class Names<T, Rare extends string = string> {
  /** The value of each name; undefined for those that are loaded on demand. */
  readonly known: Readonly<Record<string, T | undefined>>;

  constructor(
    private readonly what: string,
    common: Readonly<Record<string, T>>,
    rare: readonly Rare[],
    private readonly load: (name: Rare) => Promise<Readonly<Partial<Record<Rare, T>>>>,
  ) {
    this.known = { ...Object.fromEntries(rare.map((name) => [name, undefined])), ...common };
  }

  /** The value of a common name, undefined for a rare one. @throws ValueError on an unknown name, with the nearest. */
  check(owner: string, name: string): T | undefined {
    return lookUp(owner, this.what, this.known, name);
  }

  /** The value of a known name, which may have to be loaded. */
  async find(name: string): Promise<T> {
    return this.known[name] ?? ((await this.load(name as Rare))[name as Rare] as T);
  }
}

/** The first of `name`, `name_1`, `name_2`, … that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let count = 1; isTaken(free); count++) free = `${name}_${count}`;
  return free;
}
