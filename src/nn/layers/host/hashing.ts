// Bins for strings or whole numbers without a vocabulary.
import { checkCount } from "../../../checks.ts";
import type { HostArray } from "../../../data/array.ts";
import type { DType } from "../../../ir/dtype.ts";
import type { Shape } from "../../../ir/shape.ts";
import { withArguments } from "../../../options.ts";
import type { LayerOptions } from "../../layer.ts";
import { Bins, checkSalt } from "./bins.ts";
import type { HostColumn } from "./columns.ts";
import { checkIndexMode, encodedShape, encodeIndices, type IndexMode } from "./encode-indices.ts";
import { HostLayer } from "./host-layer.ts";

/** Options of {@link hashing}. */
export interface HashingOptions extends LayerOptions {
  /** A value that has bin 0 for itself. Default: there is none. */
  maskValue?: string | number;
  /** One or two whole numbers that make other bins, by SipHash in place of FarmHash. */
  salt?: number | readonly [number, number];
  /** See {@link IndexMode}; not "tfIdf". Default "int". */
  outputMode?: Exclude<IndexMode, "tfIdf">;
}

interface AllOptions extends HashingOptions {
  /** Number of indices, ≥ 1. */
  numBins: number;
}

/** See {@link hashing}. */
export class Hashing extends HostLayer<AllOptions> {
  private readonly bins: Bins;

  /** Use `hashing`. */
  constructor(given: AllOptions) {
    super(
      "hashing",
      { inputDType: "string", ...given },
      {
        numBins: "number!",
        maskValue: "number or string",
        salt: "number or list",
        outputMode: "string",
      },
    );
    const { numBins, salt, outputMode = "int" } = this.config;
    checkCount("hashing", "numBins", numBins, 1);
    checkIndexMode("hashing", outputMode, 4);
    const isMasked = this.isMasked;
    this.bins = new Bins(
      () => this.label,
      isMasked ? numBins - 1 : numBins,
      salt === undefined ? undefined : checkSalt("hashing", salt),
    );
  }

  private get isMasked(): boolean {
    return this.config.maskValue !== undefined && this.config.numBins > 1;
  }

  override encode({ data, shape }: HostColumn): HostArray {
    const { numBins, maskValue, outputMode = "int" } = this.config;
    const { isMasked, bins } = this;
    const indices = Int32Array.from(data as ArrayLike<string | number>, (value) =>
      isMasked ? (value === maskValue ? 0 : bins.of(value) + 1) : bins.of(value),
    );
    return encodeIndices(indices, shape, outputMode, numBins);
  }

  protected override encodedShape(shape: Shape): Shape {
    return encodedShape(shape, this.config.outputMode ?? "int", this.config.numBins);
  }

  protected override get encodedDType(): DType {
    return (this.config.outputMode ?? "int") === "int" ? "int32" : "float32";
  }
}

/**
 * Puts strings, or whole numbers, into bins by their hash: the bins are those of Keras. No vocabulary, but different
 * values may share a bin. For numbers let `inputDType` be "int32".
 * Shapes: as {@link stringLookup}, with numBins places.
 * @param numBins an integer ≥ 1.
 * @throws ValueError on options out of range.
 * @see Keras 3 `layers.Hashing`.
 */
export function hashing(numBins: number, options: HashingOptions = {}): Hashing {
  return new Hashing(withArguments("hashing", options, "salt", { numBins }));
}
