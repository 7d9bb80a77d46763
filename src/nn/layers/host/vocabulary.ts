// A vocabulary: tokens and their indices, learnt from data or given, with Keras's order and special indices.
import { checkCount } from "../../../checks.ts";
import { literal, stateError, valueError } from "../../../errors.ts";
import { cut, show } from "../../../format.ts";
import { log } from "../../../tensor/portable.ts";
import { Bins, checkSalt, type Salt } from "./bins.ts";
import type { IndexMode } from "./encode-indices.ts";

/** A string, or a whole number. */
export type Token = string | number;

/** Options of a vocabulary. */
export interface VocabularyOptions<T extends Token> {
  readonly maxTokens?: number | undefined;
  readonly numOovIndices?: number | undefined;
  readonly maskToken?: T | undefined;
  readonly oovToken: T;
  readonly outputMode: IndexMode;
  readonly padToMaxTokens?: boolean | undefined;
  readonly vocabulary?: readonly T[] | undefined;
  readonly idfWeights?: readonly number[] | undefined;
  readonly vocabularySize?: number | undefined;
  /** Whether numbers are put into several out-of-vocabulary indices by their hash, not by the remainder. */
  readonly hashesNumbers?: boolean | undefined;
  readonly salt?: Salt | undefined;
  /** Whether a model has been made for the length of the vectors. */
  readonly isBuilt: () => boolean;
}

/** How often tokens were met while a vocabulary is learnt. */
interface Counts<T> {
  readonly tokens: Map<T, number>;
  /** In how many samples each occurs. */
  readonly documents: Map<T, number>;
  samples: number;
}

/** Tokens and their indices: the mask (mode "int" alone), those out of vocabulary, then the tokens. */
export class Vocabulary<T extends Token> {
  /** Of each index, in mode "tfIdf". */
  idfWeights: Float32Array | undefined;
  private tokens: readonly T[] = [];
  private indices = new Map<T, number>();
  private readonly oovCount: number;
  private readonly bins: Bins;

  /** @param label names the layer, for messages. */
  constructor(
    private readonly label: () => string,
    private readonly options: VocabularyOptions<T>,
  ) {
    const { maxTokens, numOovIndices = 1, padToMaxTokens, vocabulary, idfWeights, outputMode, salt } = options;
    const owner = label();
    if (maxTokens !== undefined) checkCount(owner, "maxTokens", maxTokens, 2);
    this.oovCount = checkCount(owner, "numOovIndices", numOovIndices, 0);
    if (padToMaxTokens && maxTokens === undefined)
      throw valueError(owner, { rule: "padToMaxTokens needs maxTokens", expected: "both", received: "no maxTokens" });
    if (idfWeights && outputMode !== "tfIdf")
      throw valueError(owner, {
        rule: 'idfWeights are for outputMode "tfIdf"',
        expected: "tfIdf",
        received: outputMode,
      });
    this.bins = new Bins(label, Math.max(1, numOovIndices), salt === undefined ? undefined : checkSalt(owner, salt));
    if (vocabulary) this.set(vocabulary, idfWeights);
  }

  /** The first index that is out of vocabulary. */
  private get oovStart(): number {
    return this.options.maskToken !== undefined && this.options.outputMode === "int" ? 1 : 0;
  }

  private get tokenStart(): number {
    return this.oovStart + this.oovCount;
  }

  private get isKnown(): boolean {
    return this.tokens.length > 0;
  }

  /** The number of indices. @throws StateError before it is known. */
  get size(): number {
    if (this.isKnown) return this.tokenStart + this.tokens.length;
    const { vocabularySize } = this.options;
    if (vocabularySize !== undefined && vocabularySize > this.tokenStart) return vocabularySize;
    throw this.unknown();
  }

  /** What the options do not say, and a file must: the size of a vocabulary that was learnt or set. */
  get learntSize(): { vocabularySize?: number } {
    return this.isKnown && !this.options.vocabulary ? { vocabularySize: this.size } : {};
  }

  /** The length of vectors. */
  get depth(): number {
    return this.options.padToMaxTokens ? (this.options.maxTokens as number) : this.size;
  }

  /** All tokens by their indices. @param special whether with those of the mask and of what is out of vocabulary. */
  get(special = true): T[] {
    if (!special) return [...this.tokens];
    const { maskToken, oovToken } = this.options;
    const first = Array.from({ length: this.tokenStart }, (_, at) =>
      at < this.oovStart ? (maskToken as T) : oovToken,
    );
    return [...first, ...this.tokens];
  }

  /**
   * Sets the tokens. Mask and out-of-vocabulary tokens may be in front, as {@link get} gives them.
   * @throws ValueError on tokens that repeat, or are more than maxTokens; StateError where a model was made for
   * another number of them.
   */
  set(given: readonly T[], idfWeights?: ArrayLike<number>): void {
    const { maxTokens, outputMode, oovToken, maskToken } = this.options;
    const owner = this.label();
    const special =
      this.tokenStart > 0 &&
      this.get()
        .slice(0, this.tokenStart)
        .every((token, at) => token === given[at]);
    const tokens = special ? given.slice(this.tokenStart) : [...given];
    const seen = new Set<T>();
    const twice = tokens.find((token) => seen.size === seen.add(token).size);
    const misplaced = tokens.find((token) => token === maskToken || (this.oovCount > 0 && token === oovToken));
    if (tokens.length === 0 || twice !== undefined || misplaced !== undefined) {
      throw valueError(owner, {
        rule: "a vocabulary has each token once, the mask and out-of-vocabulary tokens in front or not at all",
        expected: "different tokens",
        received: tokens.length === 0 ? "none" : `${show(twice ?? misplaced)} among them`,
      });
    }
    const size = this.tokenStart + tokens.length;
    if (maxTokens !== undefined && size > maxTokens)
      throw valueError(owner, { rule: "the vocabulary is larger than maxTokens", expected: maxTokens, received: size });
    if ((outputMode === "tfIdf") !== (idfWeights !== undefined) || (idfWeights && idfWeights.length !== given.length)) {
      throw valueError(owner, {
        rule: 'a vocabulary of outputMode "tfIdf" has inverse document frequencies, one for each token, no other has',
        expected: outputMode === "tfIdf" ? `${given.length} idfWeights` : "none",
        received: idfWeights ? `${idfWeights.length} idfWeights` : "none",
      });
    }
    this.become(tokens);
    if (idfWeights) this.weigh(special ? Array.from(idfWeights) : this.withOov(Array.from(idfWeights)));
  }

  /** Makes counts of nothing, for {@link count}. */
  static counts<T extends Token>(): Counts<T> {
    return { tokens: new Map(), documents: new Map(), samples: 0 };
  }

  /** Counts the tokens of one sample. */
  static count<T extends Token>(counts: Counts<T>, sample: Iterable<T>): void {
    const { tokens, documents } = counts;
    counts.samples++;
    const seen = new Set<T>();
    for (const token of sample) {
      tokens.set(token, (tokens.get(token) ?? 0) + 1);
      if (seen.has(token)) continue;
      seen.add(token);
      documents.set(token, (documents.get(token) ?? 0) + 1);
    }
  }

  /** Takes the most frequent tokens; of those that are as frequent, the last in the order of their bytes, as Keras. */
  learn({ tokens: counts, documents, samples }: Counts<T>): void {
    const { maskToken, oovToken, maxTokens, outputMode, vocabulary } = this.options;
    if (vocabulary)
      throw stateError(this.label(), {
        rule: "the vocabulary was given",
        expected: "a layer without",
        received: "adapt",
      });
    if (maskToken !== undefined) counts.delete(maskToken);
    counts.delete(oovToken);
    if (counts.size === 0)
      throw valueError(this.label(), { rule: "adapt needs data", expected: "a token or more", received: "none" });
    const sorted = [...counts].sort(([a, n], [b, m]) => m - n || compareTokens(b, a)).map(([token]) => token);
    this.become(maxTokens === undefined ? sorted : sorted.slice(0, Math.max(1, maxTokens - this.tokenStart)));
    if (outputMode !== "tfIdf") return;
    this.weigh(this.withOov(this.tokens.map((token) => log(1 + samples / (1 + (documents.get(token) ?? 0))))));
  }

  /** The index of a token; −1 for what counts for nothing. @throws ValueError where it must be known and is not. */
  indexOf(token: T): number {
    const { maskToken, outputMode, hashesNumbers } = this.options;
    if (!this.isKnown) throw this.unknown();
    if (token === maskToken && maskToken !== undefined) return outputMode === "int" ? 0 : -1;
    const index = this.indices.get(token);
    if (index !== undefined) return index;
    if (this.oovCount === 1) return this.oovStart;
    if (this.oovCount > 1) {
      if (typeof token === "string" || hashesNumbers) return this.oovStart + this.bins.of(token);
      const rest = (token as number) % this.oovCount;
      return this.oovStart + (rest < 0 ? rest + this.oovCount : rest);
    }
    throw valueError(this.label(), {
      rule: "with numOovIndices 0 all values must be in the vocabulary",
      expected: `one of ${this.size} tokens`,
      received: typeof token === "string" ? show(cut(token, 40)) : literal(token),
      advice: "Let numOovIndices be 1.",
    });
  }

  /** The token of an index; for all that no token has, the out-of-vocabulary token. */
  tokenAt(index: number): T {
    const { maskToken, oovToken } = this.options;
    return index === 0 && this.oovStart === 1 ? (maskToken as T) : (this.tokens[index - this.tokenStart] ?? oovToken);
  }

  /** Takes over what another one has learnt. */
  copy(other: Vocabulary<T>): void {
    if (!other.isKnown) return;
    this.become(other.tokens);
    this.idfWeights = other.idfWeights;
  }

  private become(tokens: readonly T[]): void {
    const { outputMode, padToMaxTokens, vocabularySize, isBuilt } = this.options;
    const size = this.tokenStart + tokens.length;
    const before = this.isKnown ? this.size : vocabularySize;
    if (isBuilt() && outputMode !== "int" && !padToMaxTokens && size !== before) {
      throw stateError(this.label(), {
        rule: "a model was made for another length of the vectors",
        expected: before,
        received: size,
        advice: "Adapt first, then make the model; or give maxTokens and padToMaxTokens.",
      });
    }
    this.tokens = tokens;
    this.indices = new Map(tokens.map((token, at) => [token, this.tokenStart + at]));
  }

  private unknown(): Error {
    return stateError(this.label(), {
      rule: "there is no vocabulary yet",
      expected: "await layer.adapt(data), or the option vocabulary",
      received: "a new layer",
    });
  }

  /** What is out of vocabulary weighs as the mean. */
  private withOov(weights: readonly number[]): number[] {
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    return [...new Array<number>(this.tokenStart).fill(mean), ...weights];
  }

  private weigh(weights: readonly number[]): void {
    this.idfWeights = new Float32Array(this.depth);
    this.idfWeights.set(weights.slice(0, this.depth));
  }
}

/** Numbers by size, strings by their bytes in UTF-8. */
function compareTokens(a: Token, b: Token): number {
  if (typeof a === "number" || typeof b === "number") return Number(a) - Number(b);
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  // The halves of characters beyond U+FFFF lie below U+E000 in UTF-16, but their bytes above all others.
  const rank = (text: string) => {
    const unit = at < text.length ? text.charCodeAt(at) : -1;
    return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
  };
  return rank(a) - rank(b);
}
