// Tables of the names of another library, and what they are called here.

/** Names of a family that have another name here, or none. Other names are here in camelCase. */
export interface NameMap {
  /** What it is called here, as written in code; tests look for it in the package. */
  readonly ours?: Readonly<Record<string, string>>;
  /** What to use where the name is not there. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** A part of the other library. */
export interface Family extends NameMap {
  readonly title: string;
  /** Where its names are looked for, in order, how they are written, and which entry has them if not `aretejs`. */
  readonly where: readonly (readonly [names: object, prefix: string, entry?: string])[];
}

/** The names of the other library, by family. */
export interface LibraryNames {
  readonly version: string;
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** The same sentence for several names, which spaces separate. */
export const each = (names: string, text: string): Record<string, string> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, text]));

/** Conv2D → conv2d, LSTMCell → lstmCell, reduce_max → reduceMax. */
export const camelCase = (name: string): string =>
  /_|^[a-z]/.test(name)
    ? name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    : name
        .replace(/^[A-Z]+(?=[A-Z][a-z]|\d|$)|^[A-Z]/, (first) => first.toLowerCase())
        .replace(/([123])D/, (_, extent: string) => `${extent}d`);

/** The row of a name. @throws Error where the name here does not exist, or nothing says what to use. */
function row(title: string, { where, ours = {}, instead = {} }: Family, name: string): string {
  for (const written of [ours[name], camelCase(name)]) {
    const [, prefix, entry] = where.find(([names]) => written !== undefined && written in names) ?? [];
    if (prefix !== undefined && instead[name] !== undefined)
      throw new Error(`${title}: ${name} is there, as ${prefix}${written}.`);
    if (prefix !== undefined)
      return `| \`${name}\` | \`${prefix}${written}\`${entry === undefined ? "" : ` of \`${entry}\``} |`;
    if (written === ours[name] && written !== undefined)
      throw new Error(`${title}: ${name} is not called ${written} here any more.`);
  }
  const use = instead[name];
  if (use === undefined) throw new Error(`${title}: nothing says what to use for ${name}.`);
  return `| \`${name}\` | *not there*: ${use} |`;
}

/** A table for each family. @throws Error where families and names do not fit each other. */
export function tables(label: string, families: Readonly<Record<string, Family>>, library: LibraryNames): string {
  return Object.entries(families)
    .map(([key, family]) => {
      const names = library.names[key] ?? [];
      const stray = Object.keys({ ...family.ours, ...family.instead }).filter((name) => !names.includes(name));
      if (stray.length > 0) throw new Error(`${label} has no ${stray.join(", ")} in ${key}.`);
      const rows = names.map((name) => row(family.title, family, name));
      const path = key === label ? key : `${label}.${key}`;
      return `### ${family.title}\n\n| \`${path}\` (${library.version}) | here |\n|---|---|\n${rows.join("\n")}`;
    })
    .join("\n\n");
}

/** A page with what stands between its marks replaced. */
export function withTables(page: string, made: string): string {
  const parts = page.split(/(<!-- \/?names -->)/);
  if (parts.length !== 5) throw new Error("the page must have <!-- names --> and <!-- /names --> once.");
  return [parts[0], parts[1], `\n\n${made}\n\n`, parts[3], parts[4]].join("");
}
