// Texts as numbers: sequences of indices, or vectors of what occurs.
import { checkCount } from "../../../checks.ts";
import type { HostArray } from "../../../data/array.ts";
import type { TextInput } from "../../../data/text.ts";
import { shapeError, valueError } from "../../../errors.ts";
import type { DType } from "../../../ir/dtype.ts";
import { formatShape, type Shape } from "../../../ir/shape.ts";
import { checkOptions } from "../../../options.ts";
import type { Layer, LayerOptions } from "../../layer.ts";
import { type AdaptColumns, type AdaptOptions, type HostColumn, toTextColumn } from "./columns.ts";
import { checkIndexMode, encodeIndices, type IndexMode } from "./encode-indices.ts";
import { HostLayer, stringsOf } from "./host-layer.ts";
import { type Splitting, type Standardization, type TokenizeOptions, tokenizer } from "./tokenize.ts";
import { Vocabulary } from "./vocabulary.ts";

/** Options of {@link textVectorization}. */
export interface TextVectorizationOptions extends LayerOptions {
  /** The most indices, special ones included. Default: no limit. */
  maxTokens?: number;
  /**
   * How texts are made alike: "lowerAndStripPunctuation" (default), "lower", "stripPunctuation", null for not at all,
   * or a function. The names change ASCII characters only.
   */
  standardize?: Standardization | ((text: string) => string) | null;
  /** "whitespace" (default), "character", null (a text is one token), or a function that gives tokens. */
  split?: Splitting | ((text: string) => readonly string[]) | null;
  /** Runs of tokens that count as tokens: of 1 to n for a number, else of these lengths. Default: single tokens. */
  ngrams?: number | readonly number[];
  /** See {@link IndexMode}; not "oneHot". Default "int". */
  outputMode?: Exclude<IndexMode, "oneHot">;
  /** Cut or pad (with 0) sequences to this length, in mode "int". Default: as the longest. */
  outputSequenceLength?: number;
  /** Whether vectors have maxTokens places, so that their length does not depend on the data. Default false. */
  padToMaxTokens?: boolean;
  /** The tokens, in the order of their indices, in place of `adapt`. */
  vocabulary?: readonly string[];
  /** Inverse document frequencies of the vocabulary, for outputMode "tfIdf". */
  idfWeights?: readonly number[];
  /** The number of indices, where it is known before the vocabulary: files have it. */
  vocabularySize?: number;
}

/** See {@link textVectorization}. */
export class TextVectorization extends HostLayer<TextVectorizationOptions> {
  private readonly tokens: Vocabulary<string>;
  private readonly mode: Exclude<IndexMode, "oneHot">;
  private readonly cut: (text: string) => string[];

  /** Use `textVectorization`. */
  constructor(given: TextVectorizationOptions = {}) {
    const kind = "textVectorization";
    super(
      kind,
      { inputDType: "string", ...given },
      {
        maxTokens: "number",
        standardize: "string or function or null",
        split: "string or function or null",
        ngrams: "number or list",
        outputMode: "string",
        outputSequenceLength: "number",
        padToMaxTokens: "boolean",
        vocabulary: "list",
        idfWeights: "list",
        vocabularySize: "number",
      },
    );
    const { outputMode = "int", outputSequenceLength: length, vocabulary } = this.config;
    this.mode = outputMode;
    checkIndexMode(kind, outputMode);
    if ((outputMode as string) === "oneHot")
      throw valueError(kind, { rule: "texts have many tokens", expected: "multiHot or count", received: outputMode });
    if (length !== undefined) checkCount(kind, "outputSequenceLength", length, 1);
    if (length !== undefined && outputMode !== "int") {
      throw valueError(kind, {
        rule: 'outputSequenceLength is for outputMode "int"',
        expected: "int",
        received: outputMode,
      });
    }
    this.cut = tokenizer(kind, this.tokenizing());
    if (vocabulary) toTextColumn(`vocabulary of ${kind}`, vocabulary);
    this.tokens = new Vocabulary<string>(() => this.label, {
      ...this.config,
      maskToken: "",
      oovToken: "[UNK]",
      outputMode,
      isBuilt: () => this.built,
    });
  }

  /** All tokens by their indices, as `setVocabulary` takes them. @param o.special whether special ones, too. */
  getVocabulary(o: { special?: boolean } = {}): string[] {
    return this.tokens.get(checkOptions(this.label, o, { special: "boolean" }).special);
  }

  /** The number of indices: `inputDim` of an embedding behind it. @throws StateError before it is known. */
  get vocabularySize(): number {
    return this.tokens.size;
  }

  /** Of each index, in mode "tfIdf". */
  get idfWeights(): Float32Array | undefined {
    return this.tokens.idfWeights;
  }

  /** Sets the vocabulary. @throws ValueError on tokens that repeat or are too many. */
  setVocabulary(tokens: readonly string[], idfWeights?: ArrayLike<number>): void {
    this.tokens.set(tokens, idfWeights);
  }

  /**
   * Learns the vocabulary of texts, as {@link Lookup.adapt}.
   * @throws StateError where it was given; ValueError without data.
   */
  async adapt(data: AdaptColumns, options: AdaptOptions = {}): Promise<void> {
    const counts = Vocabulary.counts<string>();
    for await (const column of this.columnsOf(data, options)) {
      for (const text of stringsOf(this.label, column).data) Vocabulary.count(counts, this.cut(text));
    }
    this.tokens.learn(counts);
  }

  /** The tokens of each text. */
  tokenize(texts: TextInput): string[][] {
    return this.samples(toTextColumn(this.label, texts));
  }

  /** The indices of each text, not padded. */
  ragged(texts: TextInput): Int32Array[] {
    return this.tokenize(texts).map((tokens) => Int32Array.from(tokens, (token) => this.tokens.indexOf(token)));
  }

  override encode(column: HostColumn): HostArray {
    const { mode, tokens } = this;
    const rows = this.samples(column).map((row) => Int32Array.from(row, (token) => tokens.indexOf(token)));
    const { outputSequenceLength } = this.config;
    const length = outputSequenceLength ?? rows.reduce((longest, row) => Math.max(longest, row.length), 1);
    const indices = new Int32Array(rows.length * length).fill(mode === "int" ? 0 : -1);
    rows.forEach((row, at) => {
      indices.set(row.subarray(0, length), at * length);
    });
    return encodeIndices(indices, [rows.length, length], mode, mode === "int" ? 0 : tokens.depth, tokens.idfWeights);
  }

  protected override encodedShape(shape: Shape): Shape {
    const [batch = 1] = shape;
    const { outputSequenceLength = Number.NaN } = this.config;
    return [batch, this.mode === "int" ? outputSequenceLength : this.tokens.depth];
  }

  protected override get encodedDType(): DType {
    return this.mode === "int" ? "int32" : "float32";
  }

  protected override makeCopy(): Layer {
    const copy = new TextVectorization({ ...this.config, trainable: this.trainable });
    copy.tokens.copy(this.tokens);
    return copy;
  }

  /** With the defaults: Keras's class wants them all. */
  override getConfig(): Record<string, unknown> {
    return {
      standardize: "lowerAndStripPunctuation",
      split: "whitespace",
      ngrams: null,
      ...super.getConfig(),
      ...this.tokens.learntSize,
    };
  }

  private tokenizing(): TokenizeOptions {
    const { standardize = "lowerAndStripPunctuation", split = "whitespace", ngrams } = this.config;
    const lengths = typeof ngrams === "number" ? Array.from({ length: ngrams }, (_, at) => at + 1) : ngrams;
    for (const length of lengths ?? []) checkCount("textVectorization", "each length in ngrams", length, 1);
    return { standardize, split, ngrams: lengths?.length === 0 ? undefined : lengths };
  }

  /** The tokens of each sample. Strings that are not split may be several in a sample. */
  private samples(column: HostColumn): string[][] {
    const { data, shape } = stringsOf(this.label, column);
    const row = shape.length > 1 ? (shape.at(-1) as number) : 1;
    if (shape.length > 2 || (row !== 1 && this.config.split !== null)) {
      throw shapeError(this.label, {
        rule: "takes a text for each sample",
        expected: "[batch] or [batch, 1]",
        received: formatShape(shape),
      });
    }
    const cut = data.map((text) => this.cut(text)) as unknown as string[][];
    if (row === 1) return Array.from(cut);
    return Array.from({ length: shape[0] as number }, (_, at) => cut.slice(at * row, (at + 1) * row).flat());
  }
}

/**
 * Texts as sequences of indices [batch, length] (int32: 0 padding, 1 out of vocabulary, then tokens), or as vectors of
 * what occurs in them [batch, depth]. Works on the host: alone on columns, or as the first layer of a model.
 * Shapes: [batch] or [batch, 1] strings.
 * @throws ValueError on options out of range.
 * @example const vectorize = textVectorization({ outputSequenceLength: 100 }); await vectorize.adapt(texts);
 * const model = sequential([vectorize, embedding(vectorize.vocabularySize, 16, { maskZero: true }), lstm(8),
 * dense(1)]);
 * @see Keras 3 `layers.TextVectorization`. Without outputSequenceLength, what `fit` is given is padded as a whole.
 */
export function textVectorization(options: TextVectorizationOptions = {}): TextVectorization {
  return new TextVectorization(options);
}
