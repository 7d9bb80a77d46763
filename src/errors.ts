/** Every error that aretejs throws on purpose. Its message follows one form, made by {@link message}. */
export class AreteError extends Error {
  override name = "AreteError";
}

/** A shape or rank does not fit. */
export class ShapeError extends AreteError {
  override name = "ShapeError";
}

/** An argument has a value that is not allowed. */
export class ValueError extends AreteError {
  override name = "ValueError";
}

/** A method was called before what it needs had happened (for example `fit` before `compile`). */
export class StateError extends AreteError {
  override name = "StateError";
}

/** A backend has no room for what was asked. */
export class OutOfMemoryError extends AreteError {
  override name = "OutOfMemoryError";
}

/** The parts of a message: `<name>: <rule>. Expected …, received … (<context>). <advice>`. */
export interface Complaint {
  rule: string;
  expected: unknown;
  received: unknown;
  context?: string;
  advice?: string;
}

/** The one message form: `<name>: <rule>. Expected <x>, received <y> (<context>). <what to do>.` */
export function message(name: string, { rule, expected, received, context, advice }: Complaint): string {
  const where = context ? ` (${context})` : "";
  return `${name}: ${rule}. Expected ${show(expected)}, received ${show(received)}${where}.${advice ? ` ${advice}` : ""}`;
}

export const shapeError = (name: string, complaint: Complaint): ShapeError => new ShapeError(message(name, complaint));
export const valueError = (name: string, complaint: Complaint): ValueError => new ValueError(message(name, complaint));
export const stateError = (name: string, complaint: Complaint): StateError => new StateError(message(name, complaint));

/** Values as they stand in a message: strings as they are, shapes as `[2, 3]`, functions by their name. */
function show(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (Array.isArray(value)) return value.length > 8 ? `an array of ${value.length} values` : `[${value.map(show).join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Float32Array).length})`;
  if (value !== null && typeof value === "object") return value.constructor?.name === "Object" ? JSON.stringify(value) : value.constructor.name;
  return String(value);
}

/** Throws unless `value` is a finite number for which `holds` is true. `range` reads like "a number in [0, 1)". */
export function checkNumber(name: string, what: string, value: unknown, range: string, holds: (value: number) => boolean): number {
  if (typeof value === "number" && Number.isFinite(value) && holds(value)) return value;
  throw valueError(name, { rule: `${what} must be ${range}`, expected: range, received: value });
}

/** Throws unless each of these, by its name, is a whole number ≥ 1. */
export function checkCounts(name: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [what, count] of Object.entries(counts)) {
    if (!Number.isInteger(count) || (count as number) < 1) {
      throw valueError(name, { rule: `${what} must be a whole number`, expected: "an integer ≥ 1", received: count });
    }
  }
}

/** Finds `name` in `table`; an unknown name is an error that gives the nearest known ones. */
export function lookUp<T>(owner: string, what: string, table: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(table, name)) return table[name] as T;
  const known = Object.keys(table);
  const near = nearest(name, known);
  throw valueError(owner, {
    rule: `unknown ${what}`,
    expected: known.length <= 12 ? `one of ${known.join(", ")}` : `one of ${known.length} names`,
    received: JSON.stringify(name) ?? String(name),
    advice: near.length > 0 ? `Did you mean ${near.map((known) => `"${known}"`).join(" or ")}?` : `Known: ${known.join(", ")}.`,
  });
}

/**
 * The known names nearest to `name`, at most three that are about as near; none when nothing is near. Case and punctuation do not count; near are names that differ by few
 * edits, that have `name` as their initials (`lr`), or as a part.
 */
export function nearest(name: string, known: readonly string[]): string[] {
  const plain = (text: string) =>
    String(text)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, "");
  const wanted = plain(name);
  const distanceTo = (candidate: string) => {
    if (wanted === plain(candidate.replaceAll(/(?!^)[a-z]/g, ""))) return 0;
    const distance = editDistance(wanted, plain(candidate));
    if (wanted.length > 2 && plain(candidate).includes(wanted)) return Math.min(distance, 2);
    return distance <= Math.max(1, Math.floor(candidate.length / 3)) ? distance : Number.POSITIVE_INFINITY;
  };
  const found = known.map((candidate) => ({ candidate, distance: distanceTo(candidate) })).sort((a, b) => a.distance - b.distance);
  return found
    .filter(({ distance }) => Number.isFinite(distance) && distance <= (found[0]?.distance ?? 0) + 1)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions, replacements and exchanges of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? replaced) + 1 : replaced;
      next.push(Math.min(replaced, exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
