import { lookUp } from "./errors.ts";

/**
 * What can be given by name. Common things are in every bundle; rare ones stand in a module that is loaded when one of
 * them is asked for, so that an application does not carry all losses because it names one. A name is checked at once,
 * long before what it stands for is needed.
 */
export class Names<T, Rare extends string = string> {
  /** What each name stands for; undefined for rare ones. */
  readonly known: Readonly<Record<string, T | undefined>>;

  constructor(
    private readonly what: string,
    common: Readonly<Record<string, T>>,
    rare: readonly Rare[],
    private readonly load: () => Promise<Readonly<Record<Rare, T>>>,
  ) {
    this.known = { ...Object.fromEntries(rare.map((name) => [name, undefined])), ...common };
  }

  /** What a name stands for, if that is at hand. @throws ValueError on an unknown name, with the nearest. */
  check(owner: string, name: string): T | undefined {
    return lookUp(owner, this.what, this.known, name);
  }

  /** What a known name stands for. */
  async find(name: string): Promise<T> {
    return this.known[name] ?? (await this.load())[name as Rare];
  }
}

/** The first of `name`, `name_1`, `name_2`, … that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let count = 1; isTaken(free); count++) free = `${name}_${count}`;
  return free;
}
