import { checkCounts } from "../../errors.ts";
import type { Constraint } from "../../regularize/constraints.ts";
import type { Penalty } from "../../regularize/penalties.ts";
import { cast, notEqual } from "../../tensor/ops/elementwise.ts";
import { gather } from "../../tensor/ops/indexing.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Initializer, InitializerName } from "../initializers.ts";
import { Layer, type LayerOptions } from "../layer.ts";

/** Options of {@link embedding}. */
export interface EmbeddingOptions extends LayerOptions {
  /** Default "randomUniform", within ±0.05. */
  embeddingsInitializer?: InitializerName | Initializer;
  embeddingsRegularizer?: Penalty;
  embeddingsConstraint?: Constraint;
  /** Whether index 0 is padding: steps that hold it are masked. Real indices then begin at 1. Default false. */
  maskZero?: boolean;
}

/** See {@link embedding}. */
export class Embedding extends Layer {
  private embeddings?: Variable;

  constructor(private readonly options: EmbeddingOptions & { inputDim: number; outputDim: number }) {
    super("embedding", { inputDType: "int32", ...options });
    const { inputDim, outputDim } = options;
    checkCounts(this.label, { inputDim, outputDim });
  }

  override get supportsMasking(): boolean {
    return this.options.maskZero === true;
  }

  override indexLimit(): number {
    return this.options.inputDim;
  }

  override build(): void {
    const { inputDim, outputDim, embeddingsInitializer = "randomUniform", embeddingsRegularizer, embeddingsConstraint } = this.options;
    this.embeddings = this.addVariable("embeddings", [inputDim, outputDim], {
      initializer: embeddingsInitializer,
      regularizer: embeddingsRegularizer,
      constraint: embeddingsConstraint,
      role: "embeddings",
    });
  }

  override call(indices: Tensor): Tensor {
    return gather(this.embeddings as Variable, cast(indices, "int32"));
  }

  override computeMask(indices: Tensor): Tensor {
    return notEqual(cast(indices, "int32"), 0);
  }
}

/**
 * A learned vector for each whole number.
 * Shapes: indices [batch, …] (int32; float32 is truncated) give [batch, …, outputDim]. Variables: embeddings [inputDim, outputDim].
 * An index outside [0, inputDim) gives NaN. `fit`, `evaluate` and `predict` refuse data that hold one, or numbers that are not whole, unless `checkData` is false.
 * @param inputDim number of vectors: the largest index plus 1.
 * @param outputDim length of a vector.
 * @throws ValueError on extents that are no whole numbers ≥ 1.
 * @see Keras 3 `layers.Embedding`.
 */
export function embedding(inputDim: number, outputDim: number, options: EmbeddingOptions = {}): Embedding {
  return new Embedding({ ...options, inputDim, outputDim });
}
