// Trials and their results as text: JSON, with numbers that are not finite as objects.
import { valueError } from "../errors.ts";

const key = "$number";

/** @throws ValueError on what JSON would leave out or change: typed arrays, dates, functions and the like. */
export function toJson(owner: string, what: string, value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name: string) {
    // The second argument is what `toJSON` has made of it.
    const item = this[name];
    if (typeof item === "number") return Number.isFinite(item) ? item : { [key]: String(item) };
    if (item === null || typeof item === "string" || typeof item === "boolean" || Array.isArray(item)) return item;
    if (item === undefined && !Array.isArray(this)) return item;
    if (typeof item === "object" && isPlain(item) && !("toJSON" in item)) return item;
    throw valueError(owner, {
      rule: `${what} must be a value of JSON`,
      expected: "numbers, text, booleans, null, lists and plain objects of them",
      received: typeof item === "object" ? `an object of ${item.constructor.name || "a class"}` : item && typeof item,
      context: `at "${name}"`,
      advice: ArrayBuffer.isView(item) ? "Write Array.from(…)." : "",
    });
  });
}

/** The value of a text of {@link toJson}. */
export const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, value) => (isNumber(value) ? Number(value[key]) : value));

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const isNumber = (value: unknown): value is { [key]: string } =>
  typeof value === "object" && value !== null && Object.keys(value).length === 1 && key in value;
