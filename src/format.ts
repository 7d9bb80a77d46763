/** A text of at most `limit` characters; an ellipsis stands where it was cut. */
export function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}

/** A value in short, about as it is written in code: strings in quotes, large arrays by their length, objects of a class by its name. Never throws. */
export function show(value: unknown, depth = 0): string {
  try {
    return cut(textOf(value, depth), 160);
  } catch {
    // Getters, toString and the traps of a Proxy can throw.
    return `${typeof value === "function" ? "a function" : "an object"} that cannot be shown`;
  }
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(cut(value, 80));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return value.toString === Function.prototype.toString ? `function ${value.name || "(anonymous)"}` : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    if (value.length > 8) return `an array of ${value.length} values`;
    return depth > 2 ? "[…]" : `[${Array.from(value, (item) => show(item, depth + 1)).join(", ")}]`;
  }
  const kind: unknown = value.constructor?.name;
  const name = typeof kind === "string" ? kind : "";
  if (ArrayBuffer.isView(value)) return `${name}(${"length" in value ? value.length : value.byteLength})`;
  if (name === "Object" || Object.getPrototypeOf(value) === null) return depth > 2 ? "{…}" : showRecord(value as Record<string, unknown>, depth);
  if (value.toString !== Object.prototype.toString) return String(value);
  return name ? `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}` : "an object";
}

function showRecord(record: Readonly<Record<string, unknown>>, depth: number): string {
  const keys = Object.keys(record);
  const shown = keys.slice(0, 6).map((key) => `${cut(key, 40)}: ${show(record[key], depth + 1)}`);
  return shown.length === 0 ? "{}" : `{ ${shown.join(", ")}${keys.length > shown.length ? ", …" : ""} }`;
}

/** Gives an object (or, on a prototype, all that inherits from it) a method that loops over its properties do not see. */
export function hide<T extends object>(target: T, key: PropertyKey, method: (this: T) => unknown): T {
  return Object.defineProperty(target, key, { value: method, configurable: true, writable: true });
}

/** Makes `console.log` of Node, Deno and Bun show an object as `String` does. Browsers show objects in their own way. */
export function printed<T extends object>(target: T): T {
  for (const key of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    hide(target, Symbol.for(key), function (this: T) {
      return String(this);
    });
  }
  return target;
}

/** Base of classes whose `toString` is what `console.log` shows. The call around it lets bundlers drop it. */
export const Printed: new () => object = /* @__PURE__ */ (() => {
  class Base {}
  printed(Base.prototype);
  return Base;
})();

/** A number for the eye: so many significant digits, without trailing zeros. */
export const short = (value: number, digits = 6): string => String(Number(value.toPrecision(digits)));
