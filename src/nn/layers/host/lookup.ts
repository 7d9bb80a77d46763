// Layers that give each token of a vocabulary an index: of strings, and of whole numbers.
import type { HostArray } from "../../../data/array.ts";
import { type HostText, hostText } from "../../../data/text.ts";
import { literal, valueError } from "../../../errors.ts";
import type { DType } from "../../../ir/dtype.ts";
import type { Shape } from "../../../ir/shape.ts";
import { checkOptions, type OwnTable } from "../../../options.ts";
import type { Layer, LayerOptions } from "../../layer.ts";
import type { Salt } from "./bins.ts";
import { type AdaptColumns, type AdaptOptions, type HostColumn, isTextColumn } from "./columns.ts";
import { checkIndexMode, encodedShape, encodeIndices, type IndexMode } from "./encode-indices.ts";
import { HostLayer } from "./host-layer.ts";
import { type Token, Vocabulary } from "./vocabulary.ts";

/** Options of {@link stringLookup} and {@link integerLookup}. */
export interface LookupOptions<T extends Token> extends LayerOptions {
  /** The most indices, special ones included. Default: no limit. */
  maxTokens?: number;
  /**
   * Indices for values out of vocabulary. Default 1; with 0 such values are an error, with several they are spread
   * over these.
   */
  numOovIndices?: number;
  /** A value that stands for none: index 0 in mode "int", nothing in the others. Default: there is none. */
  maskToken?: T;
  /** Stands for values out of vocabulary in the vocabulary, and in what is inverted. Default "[UNK]", or −1. */
  oovToken?: T;
  /** The tokens, in the order of their indices, in place of `adapt`. */
  vocabulary?: readonly T[];
  /** Inverse document frequencies of the vocabulary, for outputMode "tfIdf". */
  idfWeights?: readonly number[];
  /** See {@link IndexMode}. Default "int". */
  outputMode?: IndexMode;
  /** Whether vectors have maxTokens places, so that their length does not depend on the data. Default false. */
  padToMaxTokens?: boolean;
  /** How numbers are spread over several indices out of vocabulary. Default "floormod": the remainder. */
  oovMethod?: "floormod" | "farmhash";
  /** Changes how values are spread over several indices out of vocabulary. */
  salt?: number | readonly [number, number];
  /** The number of indices, where it is known before the vocabulary: files have it. */
  vocabularySize?: number;
}

const table = {
  maxTokens: "number",
  numOovIndices: "number",
  vocabulary: "list",
  idfWeights: "list",
  outputMode: "string",
  padToMaxTokens: "boolean",
  oovMethod: "string",
  salt: "number or list",
  vocabularySize: "number",
} as const;

/** See {@link stringLookup} and {@link integerLookup}. */
export class Lookup<T extends Token> extends HostLayer<LookupOptions<T>> {
  private readonly tokens: Vocabulary<T>;
  private readonly mode: IndexMode;

  /** Use `stringLookup` or `integerLookup`. */
  constructor(kind: string, given: LookupOptions<T>, kindOfToken: "string" | "number", oovToken: T) {
    const own = { ...table, maskToken: kindOfToken, oovToken: kindOfToken } as unknown as OwnTable<
      LookupOptions<T>,
      LayerOptions
    >;
    super(kind, { inputDType: kindOfToken === "string" ? "string" : "int32", ...given }, own);
    const { config } = this;
    this.mode = config.outputMode ?? "int";
    checkIndexMode(kind, this.mode);
    if (config.oovMethod !== undefined && !["floormod", "farmhash"].includes(config.oovMethod)) {
      throw valueError(kind, {
        rule: "unknown oovMethod",
        expected: "floormod or farmhash",
        received: config.oovMethod,
      });
    }
    const wrong = config.vocabulary?.find((token) => typeof token !== kindOfToken);
    if (wrong !== undefined)
      throw valueError(kind, {
        rule: "a vocabulary is a list of tokens",
        expected: `${kindOfToken}s`,
        received: wrong,
      });
    this.tokens = new Vocabulary<T>(() => this.label, {
      ...config,
      oovToken: config.oovToken ?? oovToken,
      outputMode: this.mode,
      isBuilt: () => this.built,
      hashesNumbers: config.oovMethod === "farmhash",
      salt: config.salt as Salt | undefined,
    });
  }

  /** All tokens by their indices, as `setVocabulary` takes them. @param o.special whether special ones, too. */
  getVocabulary(o: { special?: boolean } = {}): T[] {
    return this.tokens.get(checkOptions(this.label, o, { special: "boolean" }).special);
  }

  /** The number of indices. @throws StateError before it is known. */
  get vocabularySize(): number {
    return this.tokens.size;
  }

  /** Of each index, in mode "tfIdf". */
  get idfWeights(): Float32Array | undefined {
    return this.tokens.idfWeights;
  }

  /**
   * Sets the vocabulary.
   * @throws ValueError on tokens that repeat or are too many; StateError where a model was made for another length.
   */
  setVocabulary(tokens: readonly T[], idfWeights?: ArrayLike<number>): void {
    this.tokens.set(tokens, idfWeights);
  }

  /**
   * Learns the vocabulary: tokens by frequency; of those that are as frequent the last in the order of their bytes
   * comes first. Call it before the model is made, unless vectors have a fixed length.
   * @throws StateError where the vocabulary was given, or a model was made for another length; ValueError without data.
   * @example await lookup.adapt(table.text("city"));
   */
  async adapt(data: AdaptColumns, options: AdaptOptions = {}): Promise<void> {
    const counts = Vocabulary.counts<T>();
    for await (const column of this.columnsOf(data, options)) {
      const values = this.valuesOf(column);
      const row = column.shape.length > 1 ? (column.shape.at(-1) as number) : 1;
      for (let at = 0; at < values.length; at += row) Vocabulary.count(counts, values.slice(at, at + row));
    }
    this.tokens.learn(counts);
  }

  override encode(column: HostColumn): HostArray {
    const { mode, tokens } = this;
    const values = this.valuesOf(column);
    const indices = Int32Array.from(values, (value) => tokens.indexOf(value));
    return encodeIndices(indices, column.shape, mode, mode === "int" ? 0 : tokens.depth, tokens.idfWeights);
  }

  /** The tokens of indices, in the same shape: a list of them, or lists in lists. */
  invert(indices: HostArray): HostText | HostArray {
    const found = Array.from(indices.data, (index) => this.tokens.tokenAt(index));
    return this.inputDType === "string"
      ? { data: hostText(found).data, shape: indices.shape }
      : { data: Float64Array.from(found as number[]), shape: indices.shape };
  }

  protected override encodedShape(shape: Shape): Shape {
    return encodedShape(shape, this.mode, this.mode === "int" ? 0 : this.tokens.depth);
  }

  protected override get encodedDType(): DType {
    return this.mode === "int" ? "int32" : "float32";
  }

  protected override makeCopy(copies: Map<Layer, Layer>): Layer {
    const { kind, config, trainable } = this;
    const copy = kind === "stringLookup" ? stringLookup : integerLookup;
    const made = copy({ ...config, trainable } as never) as unknown as Lookup<T>;
    made.tokens.copy(this.tokens);
    return copies.get(this) ?? made;
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...this.tokens.learntSize };
  }

  private valuesOf(column: HostColumn): ArrayLike<T> & { slice(start: number, end: number): Iterable<T> } {
    const isText = isTextColumn(column);
    if (isText === (this.inputDType === "string")) return column.data as never;
    throw valueError(this.label, {
      rule: `looks up ${isText ? "numbers" : "strings"}`,
      expected: isText ? "numbers" : "strings",
      received: literal(column.data[0]),
    });
  }
}

/**
 * Gives each string of a vocabulary an index: [out of vocabulary, tokens…], in front of them 0 for `maskToken`. Works
 * on the host: alone on columns, or as a first layer of a model whose input has the dtype "string".
 * Shapes: any, to the same, int32; other output modes: [batch, n] to [batch, depth], or "oneHot" [batch, n,
 * depth], with
 * n = 1 [batch, depth].
 * @throws ValueError on options out of range.
 * @example const lookup = stringLookup(); await lookup.adapt(["Bern", "Oslo", "Bern"]); lookup.apply(["Oslo", "Rome"]);
 * // indices 2 and 0
 * @see Keras 3 `layers.StringLookup`. A column [batch] is a sample for each string in all modes here.
 */
export function stringLookup(options: LookupOptions<string> = {}): Lookup<string> {
  return new Lookup<string>("stringLookup", options, "string", "[UNK]");
}

/**
 * As {@link stringLookup}, for whole numbers, such as postcodes.
 * @see Keras 3 `layers.IntegerLookup`.
 */
export function integerLookup(options: LookupOptions<number> = {}): Lookup<number> {
  return new Lookup<number>("integerLookup", options, "number", -1);
}
