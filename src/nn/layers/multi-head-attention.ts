// Multi-head attention and grouped-query attention.
import { checkCounts } from "../../checks.ts";
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual, normalizeAxis, type Shape, sizeOf } from "../../ir/shape.ts";
import { type OwnTable, withArguments } from "../../options.ts";
import { mul, sigmoid } from "../../tensor/ops/elementwise.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { reshape, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../layer.ts";
import {
  type AttentionBaseOptions,
  allowedPairs,
  alongScores,
  attended,
  attendedShapes,
  attentionTable,
  attentionWeights,
  maskOfQuery,
  maskRank,
} from "./attention-core.ts";
import { drop } from "./dropout.ts";
import { type KernelOptions, weightsTable } from "./kernel.ts";
import { Projection } from "./projection.ts";

/** Options of {@link groupQueryAttention}, and of {@link multiHeadAttention} besides its own. */
export interface HeadAttentionOptions extends AttentionBaseOptions, Omit<KernelOptions, "activation"> {
  /** A step sees only steps that are fewer than so many away. Default: all. */
  slidingWindow?: number;
  /** Multiply what the heads give by sigmoid of another projection of the query. Default false. */
  useGate?: boolean;
}

/** Options of {@link multiHeadAttention}. */
export interface MultiHeadAttentionOptions extends HeadAttentionOptions {
  /** Features of a value in each head. Default keyDim. */
  valueDim?: number;
  /** Features of the output, one number or several axes. Default: the query's. */
  outputShape?: number | Shape;
  /** Axes of the input that steps run along; the others but batch and features are as more batch. Default: all. */
  attentionAxes?: number | readonly number[];
}

const headTable = (): OwnTable<HeadAttentionOptions, LayerOptions> => ({
  ...attentionTable(),
  ...weightsTable,
  slidingWindow: "number",
  useGate: "boolean",
});

const multiHeadTable = (): OwnTable<MultiHeadAttentionOptions, LayerOptions> => ({
  ...headTable(),
  valueDim: "number",
  outputShape: "number or list",
  attentionAxes: "number or list",
});

type MultiHeadConfig = MultiHeadAttentionOptions & {
  /** Number of heads, ≥ 1. */
  numHeads: number;
  /** Length of queries and keys in each head. */
  keyDim: number;
};
type GroupQueryConfig = HeadAttentionOptions & {
  /** Length of queries, keys and values in each head. */
  headDim: number;
  /** Heads of queries: a multiple of those of keys and values. */
  numQueryHeads: number;
  /** Heads of keys and values, ≥ 1. */
  numKeyValueHeads: number;
};

/** How many heads of which size. */
interface Heads {
  readonly heads: number;
  /** Heads of keys and values, which divide those of queries. */
  readonly shared: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

/** What both layers do: project, split into heads, weigh, join, project. */
abstract class HeadAttention<Options extends MultiHeadAttentionOptions> extends Layer<Options> {
  private readonly heads: Heads;
  private query?: Projection;
  private key?: Projection;
  private gate?: Projection | undefined;
  private value?: Projection;
  private attentionOutput?: Projection;
  private outputShape: Shape = [];

  constructor(
    kind: string,
    options: Options,
    table: OwnTable<Options, LayerOptions>,
    headsOf: (options: Options) => Heads,
  ) {
    super(kind, options, table);
    this.heads = headsOf(this.config);
    const { dropout = 0, outputShape = 1, slidingWindow = 1 } = this.config;
    const counts = [outputShape, slidingWindow].flat();
    if (counts.length < 2 || counts.some((n) => !Number.isInteger(n) || n < 1)) {
      throw valueError(this.label, {
        rule: "outputShape and slidingWindow must be whole numbers",
        expected: "integers ≥ 1",
        received: [outputShape, slidingWindow],
      });
    }
    checkNumber(this.label, "dropout", dropout, "a number in [0, 1]", (r) => r >= 0 && r <= 1);
  }

  protected override get takesList(): boolean {
    return true;
  }

  override build(shapes: BatchShape | readonly BatchShape[]): void {
    const features = attendedShapes(shapes).map((shape) => [this.knownExtent(shape)]);
    const [query = [], value = [], key = []] = features;
    const { heads, shared, keyDim, valueDim } = this.heads;
    const { outputShape = query, useGate } = this.config;
    this.outputShape = [outputShape].flat();
    const project = (name: string, from: Shape, to: Shape) =>
      new Projection(name, from, to, this.config, this.addVariable.bind(this));
    this.query = project("query", query, [heads, keyDim]);
    this.key = project("key", key, [shared, keyDim]);
    this.gate = useGate ? project("gate", query, [heads, valueDim]) : undefined;
    this.value = project("value", value, [shared, valueDim]);
    this.attentionOutput = project("attentionOutput", [heads, valueDim], this.outputShape);
  }

  override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor | readonly Tensor[] {
    const [query, value, key, given] = attended(this, inputs, 4);
    const { heads, shared, keyDim, valueDim } = this.heads;
    const { dropout = 0, returnAttentionScores } = this.config;
    const { free, steps } = this.axesOf(query);
    const fold = (x: Tensor) => folded(x, free, steps);
    const x = fold(query);
    // The query is smaller than the scores; its factor goes with its bias.
    const q = splitHeads(mul((this.query as Projection).apply(x, ctx), 1 / Math.sqrt(keyDim)), shared, heads / shared);
    const k = splitHeads((this.key as Projection).apply(fold(key), ctx), shared, 1);
    const v = splitHeads((this.value as Projection).apply(fold(value), ctx), shared, 1);

    const weights = attentionWeights(
      matmul(q, k, { transposeB: true }),
      this.allowed([query, value, key], given, ctx, fold),
    );
    const kept = drop(weights, dropout, weights.shape, ctx, this, this.config);
    // [batch, shared, repeats, steps, features] to [batch, steps, all features]: heads side by side.
    const [batch, length] = x.shape as [number, number];
    const joined = reshape(transpose(matmul(kept, v), [0, 3, 1, 2, 4]), [batch, length, heads * valueDim]);
    const gated = this.gate ? mul(joined, sigmoid(this.gate.apply(x, ctx))) : joined;
    const output = unfolded(
      (this.attentionOutput as Projection).apply(gated, ctx),
      query,
      free,
      steps,
      this.outputShape,
    );
    if (!returnAttentionScores) return output;
    const extents = (tensor: Tensor, axes: readonly number[]) => axes.map((axis) => tensor.shape[axis] as number);
    return [
      output,
      reshape(weights, [
        query.shape[0] as number,
        ...extents(query, free),
        heads,
        ...extents(query, steps),
        ...extents(value, steps),
      ]),
    ];
  }

  override computeMask(inputs: Tensor | readonly Tensor[], ctx: CallContext): (Tensor | undefined)[] {
    return maskOfQuery(inputs, ctx);
  }

  /** Which of the inner axes are as more batch, and along which the steps run. */
  private axesOf({ rank }: Tensor): { free: number[]; steps: number[] } {
    const inner = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
    const { attentionAxes = inner } = this.config;
    const steps = [attentionAxes].flat().map((axis) => normalizeAxis(this.label, axis, rank));
    if (new Set(steps).size < steps.length || steps.length === 0 || steps.some((axis) => !inner.includes(axis))) {
      throw valueError(this.label, {
        rule: "attentionAxes are axes between batch and features, each once",
        expected: `some of ${formatShape(inner)}`,
        received: attentionAxes,
      });
    }
    return { free: inner.filter((axis) => !steps.includes(axis)), steps };
  }

  /** All masks in one, to broadcast with scores [batch, shared, repeats, steps, values]. */
  private allowed(
    inputs: readonly [Tensor, Tensor, Tensor],
    given: Tensor | undefined,
    ctx: CallContext,
    fold: (x: Tensor) => Tensor,
  ): Tensor | undefined {
    const { useCausalMask, slidingWindow } = this.config;
    const [steps, values] = inputs.map((input) => fold(input).shape[1]) as [number, number];
    const columns = [...new Set(inputs.slice(1).map((input) => ctx.maskOf(input)))].map((mask) => [mask, -2] as const);
    const masks = [[ctx.maskOf(inputs[0]), -1] as const, ...columns].flatMap(([mask, at]) => {
      if (!mask) return [];
      if (mask.rank === inputs[0].rank - 1)
        return [alongScores(reshape(fold(reshape(mask, [...mask.shape, 1])), [-1, at === -1 ? steps : values]), at, 5)];
      throw maskRank(this, inputs[0], mask);
    });
    return allowedPairs(
      steps,
      values,
      [...masks, ...(given ? [this.pairs(given, inputs, steps, values)] : [])],
      useCausalMask,
      slidingWindow,
    );
  }

  /** The mask that is the fourth input. */
  private pairs(mask: Tensor, [query]: readonly Tensor[], steps: number, values: number): Tensor {
    const { heads, shared } = this.heads;
    const batch = (query as Tensor).shape[0];
    // As in Keras, axes that are not there and axes of 1 serve all: first the heads, then the batch.
    const [columns = 0, rows = 0, ...outer] = [...mask.shape].reverse();
    const [of, entries] = mask.rank === 4 ? (outer as [number, number]) : [1, outer[0] ?? 1];
    const fits =
      (query as Tensor).rank === 3 &&
      mask.rank >= 2 &&
      mask.rank <= 4 &&
      (rows === 1 || mayEqual(rows, steps)) &&
      (columns === 1 || mayEqual(columns, values)) &&
      (entries === 1 || mayEqual(entries, batch)) &&
      [1, heads].includes(of);
    if (fits) return reshape(mask, [entries, ...(of === 1 ? [1, 1] : [shared, heads / shared]), rows, columns]);
    throw shapeError(this.label, {
      rule: "the attention mask says which pairs of steps count",
      expected: `[${steps}, ${values}], [batch, ${steps}, ${values}] or [batch, ${heads}, ${steps}, ${values}]`,
      received: formatShape(mask.shape),
      context: `query ${formatShape((query as Tensor).shape)}`,
    });
  }
}

/** [batch, …, features] to [batch · free axes, steps, features]. */
function folded(x: Tensor, free: readonly number[], steps: readonly number[]): Tensor {
  if (x.rank === 3) return x;
  const extent = (axes: readonly number[]) => sizeOf(axes.map((axis) => x.shape[axis] as number));
  return reshape(transpose(x, [0, ...free, ...steps, x.rank - 1]), [
    (x.shape[0] as number) * extent(free),
    extent(steps),
    x.shape.at(-1) as number,
  ]);
}

/** [batch · free axes, steps, units] to the axes of the query and `units`. */
function unfolded(y: Tensor, query: Tensor, free: readonly number[], steps: readonly number[], units: Shape): Tensor {
  const order = [0, ...free, ...steps];
  const parts = reshape(y, [...order.map((axis) => query.shape[axis] as number), ...units]);
  return transpose(parts, [
    ...order.map((_, axis) => order.indexOf(axis)),
    ...units.map((_, axis) => order.length + axis),
  ]);
}

/** [batch, steps, features] to [batch, shared, repeats, steps, features of a head]: a view. */
function splitHeads(x: Tensor, shared: number, repeats: number): Tensor {
  return transpose(reshape(x, [x.shape[0] as number, x.shape[1] as number, shared, repeats, -1]), [0, 2, 3, 1, 4]);
}

/** See {@link multiHeadAttention}. */
export class MultiHeadAttention extends HeadAttention<MultiHeadConfig> {
  constructor(options: MultiHeadConfig) {
    super(
      "multiHeadAttention",
      options,
      { numHeads: "number!", keyDim: "number!", ...multiHeadTable() },
      ({ numHeads, keyDim, valueDim = keyDim }) => {
        checkCounts("multiHeadAttention", { numHeads, keyDim, valueDim });
        return { heads: numHeads, shared: numHeads, keyDim, valueDim };
      },
    );
  }
}

/** See {@link groupQueryAttention}. */
export class GroupQueryAttention extends HeadAttention<GroupQueryConfig> {
  constructor(options: GroupQueryConfig) {
    const table: OwnTable<GroupQueryConfig, LayerOptions> = {
      headDim: "number!",
      numQueryHeads: "number!",
      numKeyValueHeads: "number!",
      ...headTable(),
    };
    super("groupQueryAttention", options, table, ({ headDim, numQueryHeads, numKeyValueHeads }) => {
      checkCounts("groupQueryAttention", { headDim, numQueryHeads, numKeyValueHeads });
      if (numQueryHeads % numKeyValueHeads !== 0) {
        throw valueError("groupQueryAttention", {
          rule: "numKeyValueHeads must divide numQueryHeads",
          expected: `a divisor of ${numQueryHeads}`,
          received: numKeyValueHeads,
        });
      }
      return { heads: numQueryHeads, shared: numKeyValueHeads, keyDim: headDim, valueDim: headDim };
    });
  }
}

/**
 * Attention by several heads: query, key and value are projected for each head, the heads' weighted means of the values
 * are joined and projected again.
 *
 * Inputs `apply([query, value])`, `apply([query, value, key])` or `apply(x)` (self-attention): [batch, steps,
 * features], [batch, values, …]; a fourth is a mask of pairs, [steps, values], [batch, steps, values] or [batch, heads,
 * steps, values] (or 1 in places of these), not 0 where a step may see a value. Output [batch, steps, features]; with
 * `returnAttentionScores` also the weights [batch, heads, steps, values]. Masks of the inputs are joined with the
 * others, and the query's goes on. A step that may see nothing weighs all values alike.
 *
 * Variables: query/kernel [features, heads, keyDim], query/bias [heads, keyDim], the same of key and value (valueDim),
 * attentionOutput/kernel [heads, valueDim, features], attentionOutput/bias [features].
 * @param numHeads an integer ≥ 1.
 * @param keyDim features of query and key in each head.
 * @throws ValueError on options out of range; ShapeError where inputs or masks do not fit each other.
 * @see Vaswani et al. 2017, arXiv:1706.03762; Keras 3 `layers.MultiHeadAttention`.
 */
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions = {},
): MultiHeadAttention {
  return new MultiHeadAttention(withArguments("multiHeadAttention", options, "dropout", { numHeads, keyDim }));
}

/**
 * {@link multiHeadAttention} in which several heads of queries share one of keys and values.
 * @param headDim features of each head.
 * @param numQueryHeads heads of queries.
 * @param numKeyValueHeads heads of keys and values: a divisor of numQueryHeads.
 * @throws ValueError on options out of range; ShapeError where inputs or masks do not fit each other.
 * @see Ainslie et al. 2023, arXiv:2305.13245; Keras 3 `layers.GroupQueryAttention`.
 */
export function groupQueryAttention(
  headDim: number,
  numQueryHeads: number,
  numKeyValueHeads: number,
  options: HeadAttentionOptions = {},
): GroupQueryAttention {
  return new GroupQueryAttention(
    withArguments("groupQueryAttention", options, "dropout", { headDim, numQueryHeads, numKeyValueHeads }),
  );
}
