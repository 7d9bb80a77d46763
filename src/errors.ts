import { cut, show } from "./format.ts";

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

/** No message is longer, whatever a user hands in. */
const longest = 500;

/**
 * The one message form: `<name>: <rule>. Expected <x>, received <y> (<context>). <what to do>.` Strings are words of
 * the message, other values are shown as in code; a received string that reads like another kind of value is called a
 * string. What is too long is cut, the longest parts first.
 */
export function message(name: string, { rule, expected, received, context, advice }: Complaint): string {
  const parts = [
    name,
    rule,
    wordsOf(expected),
    wordsOf(isMisleading(received) ? literal(received) : received),
    context ?? "",
    advice ?? "",
  ] as const;
  let text: string;
  let limit = longest;
  do {
    const [who, what, wanted, given, where, hint] = parts.map((part) => cut(part, limit));
    text = `${who}: ${what}. Expected ${wanted}, received ${given}${where && ` (${where})`}.${hint && ` ${hint}`}`;
    limit -= 20;
  } while (text.length > longest);
  return text;
}

export const shapeError = (name: string, complaint: Complaint): ShapeError => new ShapeError(message(name, complaint));
export const valueError = (name: string, complaint: Complaint): ValueError => new ValueError(message(name, complaint));
export const stateError = (name: string, complaint: Complaint): StateError => new StateError(message(name, complaint));

const wordsOf = (value: unknown): string => (typeof value === "string" ? value : show(value));

/** Whether a string that was received, and has no quotes, would look like something else: a number, null, nothing. */
function isMisleading(value: unknown): boolean {
  return (
    typeof value === "string" &&
    !/^".*"$/s.test(value) &&
    (!Number.isNaN(Number(value)) || /^(true|false|null|undefined|NaN|[^\p{L}\d[]*)$|\p{Cc}/u.test(value))
  );
}

/** A value that a user has given, for `received`: strings come in quotes and are called so. */
export const literal = (value: unknown): unknown => (typeof value === "string" ? `the string ${show(value)}` : value);

/** Throws unless `value` is a finite number for which `holds` is true. `range` reads like "a number in [0, 1)". */
export function checkNumber(
  name: string,
  what: string,
  value: unknown,
  range: string,
  holds: (value: number) => boolean,
): number {
  if (typeof value === "number" && Number.isFinite(value) && holds(value)) return value;
  throw valueError(name, { rule: `${what} must be ${range}`, expected: range, received: literal(value) });
}

/** Finds `name` in `table`; an unknown name is an error that gives the nearest known ones. */
export function lookUp<T>(owner: string, what: string, table: Readonly<Record<string, T>>, name: string): T {
  if (typeof name === "string" && Object.hasOwn(table, name)) return table[name] as T;
  const known = Object.keys(table);
  const near = typeof name === "string" ? nearest(cut(name, 80), known) : [];
  throw valueError(owner, {
    rule: `unknown ${what}`,
    expected: known.length <= 12 ? `one of ${known.join(", ")}` : `one of ${known.length} names`,
    received: show(name),
    advice:
      near.length > 0
        ? `Did you mean ${near.map((known) => `"${known}"`).join(" or ")}?`
        : known.length > 12
          ? `Known: ${known.join(", ")}.`
          : "",
  });
}

/**
 * The known names nearest to `name`, at most three that are about as near; none when nothing is near. Case and
 * punctuation do not count; near are names that differ by few edits, that have `name` as their initials (`lr`), or as a
 * part.
 */
export function nearest(name: string, known: readonly string[]): string[] {
  const plain = (text: string) =>
    String(text)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, "");
  const wanted = plain(String(name).replace(/lr$/i, "learningRate"));
  const distanceTo = (candidate: string) => {
    if (wanted === plain(candidate.replaceAll(/(?!^)[a-z]/g, ""))) return 0;
    const distance = editDistance(wanted, plain(candidate));
    if (wanted.length > 2 && plain(candidate).includes(wanted)) return Math.min(distance, 2);
    return distance <= Math.max(1, Math.floor(candidate.length / 3)) ? distance : Number.POSITIVE_INFINITY;
  };
  const found = known
    .map((candidate) => ({ candidate, distance: distanceTo(candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return found
    .filter(({ distance }) => Number.isFinite(distance) && distance <= (found[0]?.distance ?? 0) + 1)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions, replacements and exchanges of neighbours that turn one text into the other. */
export function editDistance(a: string, b: string): number {
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
