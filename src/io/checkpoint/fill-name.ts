// Names of files that hold values of a run, such as `{epoch:02d}`.
import { literal, lookUp, valueError } from "../../errors.ts";

/** A value in a name: `{epoch}`, `{epoch:02d}`, `{valLoss:.3f}`. */
export const fields = /\{(\w+)(?::0?(\d*)d|:\.(\d+)f)?\}/;

/** @throws ValueError on braces in a name that say no value. */
export function checkName(name: string): void {
  const [rest] = /\{[^}]*\}?|\}/.exec(name.replace(new RegExp(fields, "g"), "")) ?? [];
  if (rest === undefined) return;
  throw valueError("modelCheckpoint", {
    rule: "braces in the name of a checkpoint hold a value",
    expected: "{name}, {name:02d} or {name:.3f}",
    received: literal(rest),
  });
}

/** As it is reported: `val_loss` for `valLoss`. */
const plain = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The values that a name asks for, as they are reported. */
export const fieldsOf = (name: string): string[] =>
  Array.from(name.matchAll(new RegExp(fields, "g")), ([, key = ""]) => plain(key));

/**
 * `{epoch}` and other names in braces, replaced by values: whole numbers as they are, others with four digits, or as
 * `:02d` and `:.2f` say. `{valLoss}` is the value that is reported as `val_loss`.
 * @throws ValueError on a name that nothing reports, with the nearest.
 */
export function fillName(name: string, values: Readonly<Record<string, number>>): string {
  const fill = (_: string, key: string, width?: string, digits?: string) => {
    const value = lookUp("modelCheckpoint", "value in target", values, Object.hasOwn(values, key) ? key : plain(key));
    if (digits !== undefined) return value.toFixed(Number(digits));
    return Number.isInteger(value) ? String(value).padStart(Number(width || 0), "0") : value.toFixed(4);
  };
  return name.replace(new RegExp(fields, "g"), fill);
}
