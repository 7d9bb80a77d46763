// From texts to tokens: standardizing, splitting, n-grams, as Keras does it.
import { valueError } from "../../../errors.ts";

/** How texts are made alike: ASCII letters in lower case, ASCII punctuation removed, or both. */
export type Standardization = "lowerAndStripPunctuation" | "lower" | "stripPunctuation";

/** What a text is cut into. */
export type Splitting = "whitespace" | "character";

/** Options of {@link tokenizer}. */
export interface TokenizeOptions {
  readonly standardize: Standardization | ((text: string) => string) | null;
  readonly split: Splitting | ((text: string) => readonly string[]) | null;
  /** Lengths of the runs of tokens that become tokens. */
  readonly ngrams: readonly number[] | undefined;
}

const PUNCTUATION = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;

/** Keras lowers ASCII letters alone. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const standardizations: Readonly<Record<Standardization, (text: string) => string>> = {
  lowerAndStripPunctuation: (text) => lower(text).replace(PUNCTUATION, ""),
  lower,
  stripPunctuation: (text) => text.replace(PUNCTUATION, ""),
};

const splittings: Readonly<Record<Splitting, (text: string) => readonly string[]>> = {
  // What C's isspace counts as space.
  whitespace: (text) => text.split(/[ \t\n\v\f\r]+/).filter((token) => token !== ""),
  character: (text) => Array.from(text),
};

/** A function that makes tokens of a text. @throws ValueError on unknown names. */
export function tokenizer(owner: string, { standardize, split, ngrams }: TokenizeOptions): (text: string) => string[] {
  const clean = choose(owner, "standardize", standardizations, standardize) ?? ((text: string) => text);
  const cut = choose(owner, "split", splittings, split) ?? ((text: string) => [text]);
  return (text) => {
    const tokens = cut(clean(text));
    return ngrams ? ngrams.flatMap((length) => runs(tokens, length)) : [...tokens];
  };
}

function runs(tokens: readonly string[], length: number): string[] {
  const count = Math.max(0, tokens.length - length + 1);
  return Array.from({ length: count }, (_, start) => tokens.slice(start, start + length).join(" "));
}

function choose<F extends (text: string) => unknown>(
  owner: string,
  what: string,
  table: Readonly<Record<string, F>>,
  given: string | F | null,
): F | undefined {
  if (given === null) return undefined;
  if (typeof given === "function") return given;
  const found = Object.hasOwn(table, given) ? table[given] : undefined;
  if (found) return found;
  throw valueError(owner, {
    rule: `unknown ${what}`,
    expected: `one of ${Object.keys(table).join(", ")}, null or a function`,
    received: given,
  });
}
