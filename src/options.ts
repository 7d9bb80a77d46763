import { literal, lookUp, valueError } from "./errors.ts";
import { show } from "./format.ts";

/** The kinds of value that a type holds. Typed arrays count as lists. */
type KindOf<T> = T extends undefined
  ? never
  : T extends null
    ? "null"
    : T extends number
      ? "number"
      : T extends string
        ? "string"
        : T extends boolean
          ? `${T}`
          : T extends (...args: never[]) => unknown
            ? "function"
            : T extends readonly unknown[] | ArrayBufferView
              ? "list"
              : "object";

type KindsOf<T> = "true" extends KindOf<T> ? "boolean" | Exclude<KindOf<T>, "true" | "false"> : KindOf<T>;

/** The members of a union in any order, with "or" between them. */
type AnyOrder<U extends string, K extends U = U> = K extends K
  ? [Exclude<U, K>] extends [never]
    ? K
    : `${K} or ${AnyOrder<Exclude<U, K>>}`
  : never;

/**
 * The options of a type with the kinds of value that each takes: "number", "string", "boolean", "false", "function",
 * "list" (arrays and typed arrays), "object" or "null", joined by " or "; "!" behind an option that must be given.
 * TypeScript refuses a table that lacks an option, has one that the type lacks, or has another kind than the type.
 * @example const table: OptionTable<{ units: number; activation?: string | ((x: Tensor) => Tensor) }> = { units:
 * "number!", activation: "string or function" };
 */
export type OptionTable<O> = {
  readonly [K in keyof O]-?: `${AnyOrder<KindsOf<O[K]>>}${Partial<Pick<O, K>> extends Pick<O, K> ? "" : "!"}`;
};

/** The table of what a type has besides the options of its base. */
export type OwnTable<O, Base> = OptionTable<Omit<O, keyof Base>>;

/**
 * Options together with the arguments before them.
 * @param example an option for the message.
 * @throws ValueError on options that are no plain object, and where they repeat an argument.
 */
export function withArguments<O extends object, P extends object = object>(
  owner: string,
  options: O | null | undefined,
  example: string,
  args?: P,
): O & P {
  if (isPlain(options ?? {})) {
    const twice = args && Object.keys(args).find((key) => Object.hasOwn(options ?? {}, key));
    if (twice === undefined) return { ...options, ...args } as O & P;
    throw valueError(owner, {
      rule: `${twice} is given twice`,
      expected: `it before the options, ${owner}(${twice}, …)`,
      received: `it among the options, too`,
    });
  }
  throw valueError(owner, {
    rule: "options are given in an object",
    expected: `an object such as { ${example}: … }`,
    received: literal(options),
    // A factory in the place of what it makes, such as a loss, is called with tensors.
    advice: options && "dtype" in Object(options) ? `Call ${owner}() first.` : "",
  });
}

/**
 * Checks options against their table. Gives a copy without those that are null or undefined: these count as not given,
 * but for null where it is one of the option's kinds.
 * @param open whether options that the table does not have pass, as they are.
 * @throws ValueError on an unknown option (with the nearest known), one of the wrong kind, or one that is missing.
 */
export function checkOptions<O extends object>(
  owner: string,
  options: O | null | undefined,
  table: OptionTable<NoInfer<O>>,
  open = false,
): O {
  const known = table as Readonly<Record<string, string>>;
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(withArguments(owner, options, Object.keys(table)[0] as string))) {
    const kinds = open && !Object.hasOwn(known, key) ? kindOf(value) : lookUp(owner, "option", known, key);
    if (value === undefined || (value === null && !kinds.includes("null"))) continue;
    if (
      !kinds
        .replace("!", "")
        .split(" or ")
        .some((kind) => kind === kindOf(value) || (kind === "false" && value === false))
    ) {
      throw valueError(owner, {
        rule: `${key} is of the wrong kind`,
        expected: kinds.replace("!", ""),
        received: literal(value),
        advice: adviceOn(owner, key, value, known),
      });
    }
    checked[key] = value;
  }
  for (const key in known) {
    if (!isRequired(known, key) || key in checked) continue;
    throw valueError(owner, { rule: `${key} must be given`, expected: known[key]?.slice(0, -1), received: "nothing" });
  }
  return checked as O;
}

const isPlain = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false;
  // An object of another realm has another Object.prototype.
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const isRequired = (table: object, key: string): boolean =>
  (table as Record<string, string>)[key]?.endsWith("!") === true;

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) || ArrayBuffer.isView(value) ? "list" : typeof value;

/**
 * What to write instead: positional arguments that were given as options, a list for one number, and the ends of names
 * that say what is meant.
 */
function adviceOn(owner: string, key: string, value: unknown, table: Readonly<Record<string, string>>): string {
  if (typeof value === "function") return `Call it: ${value.name || "f"}().`;
  if (key === "backend") return "Write await wasm() or js().";
  if (key.endsWith("Regularizer")) return 'Write "l2" or l2(0.01), for example.';
  if (key.endsWith("Constraint")) return 'Write "nonNeg" or maxNorm(3), for example.';
  if (table[key] === "list" && typeof value === "number") return `Write [${value}].`;
  if (!isRequired(table, key) || !isPlain(value)) return "";
  const given = value as Record<string, unknown>;
  const first = Object.keys(table).filter((name) => isRequired(table, name));
  const rest = Object.keys(given).some((name) => !first.includes(name)) ? ", { … }" : "";
  return `Write ${owner}(${first.map((name) => (name in given ? show(given[name]) : name)).join(", ")}${rest}).`;
}
