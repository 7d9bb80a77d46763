// Dot-product attention (Luong) and additive attention (Bahdanau).
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import type { OwnTable } from "../../options.ts";
import { add, mul, tanh, where } from "../../tensor/ops/elementwise.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import {
  type AttentionBaseOptions,
  allowedPairs,
  attended,
  attendedShapes,
  attentionTable,
  attentionWeights,
  maskOfQuery,
  maskRank,
} from "./attention-core.ts";
import { drop } from "./dropout.ts";

/** Options of {@link additiveAttention}. */
export interface AdditiveAttentionOptions extends AttentionBaseOptions {
  /**
   * Learn a factor: one for all scores in {@link attention} (default false), one for each feature in {@link
   * additiveAttention} (default true).
   */
  useScale?: boolean;
}

/** Options of {@link attention}. */
export interface AttentionOptions extends AdditiveAttentionOptions {
  /** "dot" (default): query·key; "concat": w·Σ tanh(scale·(query + key)) with a learned number w. */
  scoreMode?: "dot" | "concat";
}

const additiveTable = (): OwnTable<AdditiveAttentionOptions, LayerOptions> => ({
  ...attentionTable(),
  useScale: "boolean",
});

/** What the two layers share: masks, softmax, dropout and the weighted mean of the values. */
abstract class ScoredAttention extends Layer<AttentionOptions> {
  constructor(kind: string, options: AttentionOptions, table: OwnTable<AttentionOptions, LayerOptions>) {
    super(kind, options, table);
    checkNumber(this.label, "dropout", this.config.dropout ?? 0, "a number in [0, 1]", (r) => r >= 0 && r <= 1);
  }

  protected override get takesList(): boolean {
    return true;
  }

  protected abstract scores(query: Tensor, key: Tensor, ctx: CallContext): Tensor;

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    const [query, value, key] = attended(this, inputs, 3);
    if (!mayEqual(query.shape.at(-1), key.shape.at(-1))) {
      throw shapeError(this.label, {
        rule: "query and key have the same features",
        expected: `query [batch, …, steps, features], key [batch, …, values, ${query.shape.at(-1)}]`,
        received: `query ${formatShape(query.shape)}, key ${formatShape(key.shape)}`,
      });
    }
    const { dropout = 0, useCausalMask, returnAttentionScores } = this.config;
    const valueMask = this.maskOf(value, ctx);
    const masks = valueMask ? [expandDims(valueMask, -2)] : [];
    const allowed = allowedPairs(query.shape.at(-2) as number, value.shape.at(-2) as number, masks, useCausalMask);
    const scores = attentionWeights(this.scores(query, key, ctx), allowed);
    const weights = drop(scores, dropout, scores.shape, ctx, this, this.config);
    const mean = matmul(weights, value);
    const queryMask = this.maskOf(query, ctx);
    const output = queryMask ? where(expandDims(queryMask, -1), mean, 0) : mean;
    return returnAttentionScores ? [output, weights] : output;
  }

  override computeMask(inputs: Tensor | readonly Tensor[], ctx: CallContext): (Tensor | undefined)[] {
    return maskOfQuery(inputs, ctx);
  }

  private maskOf(tensor: Tensor, ctx: CallContext): Tensor | undefined {
    const mask = ctx.maskOf(tensor);
    if (mask && mask.rank !== tensor.rank - 1) throw maskRank(this, tensor, mask);
    return mask;
  }
}

/** See {@link attention}. */
export class Attention extends ScoredAttention {
  private scale?: Variable;
  private concatScoreWeight?: Variable;

  constructor(options: AttentionOptions = {}) {
    super("attention", options, { ...additiveTable(), scoreMode: "string" });
    const { scoreMode = "dot" } = this.config;
    if (scoreMode !== "dot" && scoreMode !== "concat") {
      throw valueError(this.label, { rule: "unknown scoreMode", expected: '"dot" or "concat"', received: scoreMode });
    }
  }

  override build(): void {
    const { useScale, scoreMode } = this.config;
    if (useScale) this.scale = this.addVariable("scale", [], { initializer: "ones" });
    if (scoreMode === "concat")
      this.concatScoreWeight = this.addVariable("concatScoreWeight", [], { initializer: "ones" });
  }

  protected override scores(query: Tensor, key: Tensor, ctx: CallContext): Tensor {
    const { scale, concatScoreWeight } = this;
    const scaled = (x: Tensor) => (scale ? mul(x, ctx.value(scale)) : x);
    // The query is smaller than the scores.
    if (!concatScoreWeight) return matmul(scaled(query), key, { transposeB: true });
    return mul(sum(tanh(scaled(pairSums(query, key))), -1), ctx.value(concatScoreWeight));
  }
}

/** See {@link additiveAttention}. */
export class AdditiveAttention extends ScoredAttention {
  private scale?: Variable;

  constructor(options: AdditiveAttentionOptions = {}) {
    super("additiveAttention", options, additiveTable() as OwnTable<AttentionOptions, LayerOptions>);
  }

  override build(shapes: BatchShape | readonly BatchShape[]): void {
    if (this.config.useScale ?? true)
      this.scale = this.addVariable("scale", [this.knownExtent(attendedShapes(shapes)[0])]);
  }

  protected override scores(query: Tensor, key: Tensor, ctx: CallContext): Tensor {
    const parts = tanh(pairSums(query, key));
    return sum(this.scale ? mul(parts, ctx.value(this.scale)) : parts, -1);
  }
}

/** [batch, …, steps, values, features]: each query plus each key. */
const pairSums = (query: Tensor, key: Tensor): Tensor => add(expandDims(query, -2), expandDims(key, -3));

/**
 * Dot-product attention: for each step of the query the mean of the values, weighted by softmax(query·key). Inputs
 * `apply([query, value])` or `apply([query, value, key])`: [batch, steps, features], [batch, values, width], [batch,
 * values, features]; key is value where it is not given, and `apply(x)` is self-attention. More axes before the steps
 * are as more batch, and broadcast. Output [batch, steps, width]; with `returnAttentionScores` also the weights [batch,
 * steps, values]. Masked values weigh nothing; masked steps of the query give 0. Variables: scale [] (useScale),
 * concatScoreWeight [] (scoreMode "concat").
 * @throws ValueError on options out of range; ShapeError where the inputs do not fit each other.
 * @see Luong et al. 2015, arXiv:1508.04025; Keras 3 `layers.Attention`.
 */
export function attention(options: AttentionOptions = {}): Attention {
  return new Attention(options);
}

/**
 * Additive attention: as {@link attention}, with the scores Σ scale·tanh(query + key). Variable: scale [features]
 * (useScale).
 * @throws ValueError on options out of range; ShapeError where the inputs do not fit each other.
 * @see Bahdanau et al. 2014, arXiv:1409.0473; Keras 3 `layers.AdditiveAttention`.
 */
export function additiveAttention(options: AdditiveAttentionOptions = {}): AdditiveAttention {
  return new AdditiveAttention(options);
}
