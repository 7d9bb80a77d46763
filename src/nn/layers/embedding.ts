// The embedding layer: a vector for each whole number.
import { checkCounts } from "../../checks.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { cast, notEqual } from "../../tensor/ops/elementwise.ts";
import { gather } from "../../tensor/ops/indexing.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import { type CallContext, Layer, type LayerOptions } from "../layer.ts";

/** Options of {@link embedding}. */
export interface EmbeddingOptions extends LayerOptions {
  /** Default "randomUniform", within ±0.05. */
  embeddingsInitializer?: InitializerName | Initializer;
  /** A penalty of the vectors, or its name. Default: none. */
  embeddingsRegularizer?: PenaltyName | Penalty;
  /** A constraint on the vectors, or its name. Default: none. */
  embeddingsConstraint?: ConstraintName | Constraint;
  /** Whether index 0 is padding: steps that hold it are masked. Real indices then begin at 1. Default false. */
  maskZero?: boolean;
}

type EmbeddingConfig = EmbeddingOptions & {
  /** How many indices there are. */
  inputDim: number;
  /** Length of the vector of each. */
  outputDim: number;
};

const embeddingTable: OwnTable<EmbeddingConfig, LayerOptions> = {
  inputDim: "number!",
  outputDim: "number!",
  embeddingsInitializer: "string or function",
  embeddingsRegularizer: "string or function",
  embeddingsConstraint: "string or function",
  maskZero: "boolean",
};

/** See {@link embedding}. */
export class Embedding extends Layer<EmbeddingConfig> {
  private vectors?: Variable;

  constructor(options: EmbeddingConfig) {
    super("embedding", { ...options, inputDType: options.inputDType ?? "int32" }, embeddingTable);
    const { inputDim, outputDim } = this.config;
    checkCounts(this.label, { inputDim, outputDim });
  }

  override get supportsMasking(): boolean {
    return this.config.maskZero === true;
  }

  override indexLimit(): number {
    return this.config.inputDim;
  }

  /** [inputDim, outputDim]. @throws StateError before the layer is built. */
  get embeddings(): Variable {
    return this.weight("embeddings");
  }

  override build(): void {
    const {
      inputDim,
      outputDim,
      embeddingsInitializer = "randomUniform",
      embeddingsRegularizer,
      embeddingsConstraint,
    } = this.config;
    this.vectors = this.addVariable("embeddings", [inputDim, outputDim], {
      initializer: embeddingsInitializer,
      regularizer: embeddingsRegularizer,
      constraint: embeddingsConstraint,
      role: "embeddings",
    });
  }

  override call(indices: Tensor, ctx: CallContext): Tensor {
    return gather(ctx.value(this.vectors as Variable), cast(indices, "int32"));
  }

  override computeMask(indices: Tensor): Tensor {
    return notEqual(cast(indices, "int32"), 0);
  }
}

/**
 * A learned vector for each whole number. Shapes: indices [batch, …] (int32; float32 is truncated) give [batch, …,
 * outputDim]. Variables: embeddings [inputDim, outputDim]. An index outside [0, inputDim) gives NaN. `fit`, `evaluate`
 * and `predict` refuse data that hold one, or numbers that are not whole, unless `checkData` is false.
 * @param inputDim number of vectors: the largest index plus 1.
 * @param outputDim length of a vector.
 * @throws ValueError on extents that are no whole numbers ≥ 1.
 * @see Keras 3 `layers.Embedding`.
 */
export function embedding(inputDim: number, outputDim: number, options: EmbeddingOptions = {}): Embedding {
  return new Embedding(withArguments("embedding", options, "maskZero", { inputDim, outputDim }));
}
