// Changes values in JSON, so that what it describes breaks and not its syntax.

/** What a hostile or broken file may say instead. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  3,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  "x",
  "__proto__",
  "constructor",
  "toString",
  "Dense",
  "Sequential",
  "Functional",
  "Lambda",
  [],
  [null],
  [0],
  [-1, 1e9],
  {},
  { class_name: "Dense" },
  { class_name: "__keras_tensor__", config: {} },
];

/** JSON with one to three of its values replaced, removed or exchanged. */
export function mutateJson(text: string, random: () => number): string {
  const root = JSON.parse(text) as unknown;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const count = 1 + Math.floor(random() * 3);
  for (let i = 0; i < count; i++) {
    const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit((node as Record<string, unknown>)[key]);
      }
    };
    visit(root);
    if (places.length === 0) break;
    const [holder, key] = pick(places);
    const how = random();
    if (how < 0.6) holder[key] = structuredClone(pick(values));
    else if (how < 0.75) {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    } else {
      // What stands elsewhere: other layers' settings, or the whole as a part of itself.
      const [other, name] = pick(places);
      holder[key] = structuredClone(other[name]);
    }
  }
  return JSON.stringify(root);
}
