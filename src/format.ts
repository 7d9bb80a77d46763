/** A text of at most `limit` characters; an ellipsis marks where it was cut. */
export const cut = (text: string, limit: number): string =>
  text.length > limit ? `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : text;

/**
 * A value in short, about as it is written in code: strings in quotes, large arrays by their length, objects of a class
 * by its name. Never throws.
 */
export function show(value: unknown, depth = 3): string {
  try {
    return cut(textOf(value, depth), 160);
  } catch {
    // Getters, toString and the traps of a Proxy can throw.
    return "an object that cannot be shown";
  }
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(cut(value, 80));
  if (typeof value === "bigint") return `${value}n`;
  if (Object(value) !== value) return String(value);
  const object = value as Readonly<Record<string, unknown>>;
  if (object.toString === Function.prototype.toString) return `function ${object.name || "(anonymous)"}`;
  if (depth < 0) return "…";
  if (Array.isArray(value))
    return value.length > 8
      ? `an array of ${value.length} values`
      : `[${Array.from(value, (item) => show(item, depth - 1)).join(", ")}]`;
  const kind = String(object.constructor?.name || "Object");
  if (ArrayBuffer.isView(value)) return `${kind}(${object.length ?? value.byteLength})`;
  // Objects of another realm have another Object.prototype.
  if (kind !== "Object") return object.toString === Object.prototype.toString ? `a ${kind}` : String(value);
  const keys = Object.keys(object);
  const shown = keys.slice(0, 6).map((key) => `${cut(key, 40)}: ${show(object[key], depth - 1)}`);
  if (keys[6] !== undefined) shown.push("…");
  return shown[0] === undefined ? "{}" : `{ ${shown.join(", ")} }`;
}

/**
 * Gives an object (or, on a prototype, all that inherits from it) a method that loops over its properties do not see.
 */
export function hide<T extends object>(target: T, key: PropertyKey, value: (this: T) => unknown): T {
  return Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

/** What an object is: its kind, a name if it has one, and what else there is to know, as plain data. */
export interface Described {
  readonly kind: string;
  readonly name?: unknown;
}

/**
 * Makes `String`, and `console.log` of Node, Deno and Bun, show an object as `text` says; default `kind "name" { … }`
 * of its JSON. Browsers show objects in their own way.
 */
export function printed<T extends { toJSON(): unknown }>(target: T, text = describe): T {
  for (const runtime of ["nodejs.util.inspect.custom", "Deno.customInspect"])
    hide(target, Symbol.for(runtime), function (this: T) {
      return String(this);
    });
  return hide(target, "toString", text);
}

function describe(this: { toJSON(): unknown }): string {
  const { kind, name, ...rest } = this.toJSON() as Described;
  return `${kind} ${name === undefined ? "" : `"${name}" `}${show(rest)}`;
}

/** What is printed as one line by `toString`, and as data by JSON (`toJSON`). */
export interface Printed {
  toString(): string;
  toJSON(): unknown;
}

/** The class {@link Printed}: `toString` shows what `toJSON` gives. The call lets bundlers drop it. */
export const Printed: abstract new () => Printed = /* @__PURE__ */ (() => {
  abstract class Base {
    abstract toJSON(): unknown;
  }
  printed(Base.prototype);
  return Base;
})();

/** A number as text, with at most six digits and without trailing zeros. */
export const short = (value: number): string => String(Number(value.toPrecision(6)));

/** `640 B`, `3.2 kB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1000 && unit < 3; unit++) amount /= 1000;
  return `${unit === 0 ? amount : amount.toPrecision(3)} ${units[unit]}`;
}
