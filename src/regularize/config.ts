// Functions that carry the name and options of the factory that made them.
import { hide, type Printed, printed } from "../format.ts";

/** What a configurable thing is, as plain data: the factory's name and its options. */
export interface Configured {
  /** The factory's name, such as "l2". */
  readonly kind: string;
  /** The factory's options. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Marks a function with the factory and the options that made it, so that it can be saved and shown. */
export function configured<F extends object>(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  fn: F,
): F & Configured {
  return printed(
    hide(Object.assign(fn, { kind, config }), "toJSON", () => ({ kind, ...config })) as F & Configured & Printed,
  );
}

/** Whether a function (or object) says what made it. */
export function isConfigured(value: unknown): value is Configured {
  return (
    (typeof value === "function" || (typeof value === "object" && value !== null)) &&
    "kind" in value &&
    "config" in value
  );
}

/**
 * Options as plain data: functions made by a factory become `{ kind, …options }`; a user's own functions stay as they
 * are.
 */
export function describe(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key,
        typeof value === "function" && isConfigured(value) ? { kind: value.kind, ...value.config } : value,
      ]),
  );
}
