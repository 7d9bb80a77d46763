// Encoding of categories as vectors, and of numbers as categories.
import { checkCount, checkCounts, checkFraction } from "../../../checks.ts";
import { shapeError, stateError, valueError } from "../../../errors.ts";
import { formatShape, mayBeShape } from "../../../ir/shape.ts";
import { checkOptions, withArguments } from "../../../options.ts";
import { cast, lessEqual, mul } from "../../../tensor/ops/elementwise.ts";
import { oneHot } from "../../../tensor/ops/indexing.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { max, sum } from "../../../tensor/ops/reduction.ts";
import { expandDims, squeeze } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { Variable } from "../../../tensor/variable.ts";
import { type CallContext, Layer, type LayerOptions, layerOptions, listOf } from "../../layer.ts";
import { shapesOnly } from "../../recording.ts";
import { adaptBatches } from "../adapt-batches.ts";
import { FunctionLayer } from "../function.ts";
import type { AdaptData } from "./normalization.ts";

/**
 * How whole numbers become vectors: one for each number; one for each sample with 1 where a number occurs; or with how
 * often it occurs.
 */
export type EncodingMode = "oneHot" | "multiHot" | "count";

/** Options of {@link categoryEncoding}. */
export interface CategoryEncodingOptions extends LayerOptions {
  /** Default "multiHot". */
  outputMode?: EncodingMode;
}

const modes: readonly string[] = ["oneHot", "multiHot", "count"];

function encode(tokens: Tensor, depth: number, mode: EncodingMode, weights?: Tensor): Tensor {
  const isLone = tokens.rank > 1 && tokens.shape.at(-1) === 1;
  if (mode === "oneHot") return oneHot(isLone ? squeeze(tokens, -1) : tokens, depth);
  // A sample that is one number has an axis of its own.
  const hot = oneHot(tokens.rank === 1 ? expandDims(tokens, -1) : tokens, depth);
  return mode === "multiHot" ? max(hot, 1) : sum(weights ? mul(hot, expandDims(weights, -1)) : hot, 1);
}

/**
 * Whole numbers in [0, numTokens) as vectors of that length; others are passed over. Shapes: [batch, n] gives [batch,
 * numTokens] ("multiHot", "count") or [batch, n, numTokens] ("oneHot"; n = 1 gives [batch, numTokens]). With further
 * axes, "multiHot" and "count" take axis 1 together, as Keras does. With "count", `apply([tokens, weights])` adds
 * weights of the tokens' shape instead of ones.
 * @param numTokens an integer ≥ 1.
 * @throws ValueError on options out of range; ShapeError on weights of another shape or another mode.
 * @see Keras 3 `layers.CategoryEncoding`.
 */
export function categoryEncoding(numTokens: number, options: CategoryEncodingOptions = {}): Layer {
  const config = layerOptions(
    "categoryEncoding",
    options,
    { numTokens: "number!", outputMode: "string" },
    { numTokens },
  );
  const { outputMode = "multiHot" } = config;
  checkCounts("categoryEncoding", { numTokens });
  checkMode("categoryEncoding", outputMode, modes);
  return new FunctionLayer<Tensor | readonly Tensor[]>(
    "categoryEncoding",
    { inputDType: "int32", ...config } as LayerOptions,
    (inputs, _, layer) => {
      const [tokens, weights] = listOf<Tensor>(inputs) as readonly [Tensor, Tensor?];
      if (weights && (outputMode !== "count" || !mayBeShape(weights.shape, tokens.shape))) {
        throw shapeError(layer.label, {
          rule: 'weights are for outputMode "count", one for each token',
          expected: formatShape(tokens.shape),
          received: `${formatShape(weights.shape)} in mode "${outputMode}"`,
        });
      }
      return encode(cast(tokens, "int32"), numTokens, outputMode, weights);
    },
  );
}

/** Options of {@link discretization}. */
export interface DiscretizationOptions extends LayerOptions {
  /** In place of boundaries, which `adapt` then finds: how many bins, ≥ 2. */
  numBins?: number;
  /** Of `adapt`: tolerated error of the shares, in (0, 1). Default 0.01. */
  epsilon?: number;
  /** "int" (default) gives the number of the bin; the others encode it as {@link categoryEncoding} does. */
  outputMode?: "int" | EncodingMode;
}

interface AllOptions extends DiscretizationOptions {
  /** With numBins: what `adapt` has found. */
  binBoundaries?: readonly number[];
}

/** See {@link discretization}. */
export class Discretization extends Layer<AllOptions> {
  private boundaries: readonly number[] | undefined;
  /** With numBins: the boundaries, and +∞ in the places of those that are missing. It is no weight. */
  private readonly edges: Variable | undefined;

  /** Use `discretization`. */
  constructor(given: AllOptions) {
    const kind = "discretization";
    super(kind, given, { binBoundaries: "list", numBins: "number", epsilon: "number", outputMode: "string" });
    const { binBoundaries, numBins, epsilon = 0.01, outputMode = "int" } = this.config;
    if (numBins !== undefined) checkCount(kind, "numBins", numBins, 2);
    checkFraction(kind, "epsilon", epsilon);
    if (numBins === undefined || binBoundaries) {
      // Those that adapt has found may repeat, where many of the data are equal.
      const rises = (b: number, before = Number.NEGATIVE_INFINITY) =>
        b > before || (numBins !== undefined && b === before);
      if (
        !binBoundaries?.length ||
        !binBoundaries.every((b, at) => Number.isFinite(b) && rises(b, binBoundaries[at - 1]))
      )
        throw valueError(kind, {
          rule: "binBoundaries must rise",
          expected: "finite numbers, each larger than the one before",
          received: binBoundaries,
          ...(!binBoundaries && { advice: "Or give numBins, and call adapt(data)." }),
        });
    }
    this.boundaries = binBoundaries;
    if (numBins !== undefined) {
      const count = Math.max(numBins - 1, binBoundaries?.length ?? 0);
      this.edges = new Variable([count], { initial: padded(binBoundaries ?? [], count), trainable: false });
    }
    checkMode(kind, outputMode, ["int", ...modes]);
  }

  /**
   * Finds boundaries that put about as many of the values into each bin, as `binBoundaries` of `aretejs/data`, but with
   * those that repeat. They are saved with the model.
   * @throws StateError where boundaries were given; ValueError without data, or where no boundary follows from them.
   */
  async adapt(
    data: AdaptData,
    options: {
      /** Batches to read at most. Default: all. */
      steps?: number;
    } = {},
  ): Promise<void> {
    const { label, edges, config } = this;
    const { steps } = checkOptions(`adapt of ${label}`, options, { steps: "number" });
    const { numBins, epsilon = 0.01 } = config;
    if (numBins === undefined || !edges)
      throw stateError(label, {
        rule: "boundaries were given",
        expected: "discretization({ numBins })",
        received: "adapt",
      });
    const { quantiles } = await import("../../../data/bin-boundaries.ts");
    const found = await quantiles(label, adaptBatches(data, steps), numBins, epsilon);
    if (found.length === 0)
      throw valueError(label, {
        rule: "adapt found no boundary",
        expected: "more numbers, or a smaller epsilon",
        received: epsilon,
      });
    edges.assign(padded(found, edges.shape[0] as number));
    this.boundaries = found;
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    const { boundaries = [], edges, config } = this;
    const { outputMode = "int" } = config;
    if (boundaries.length === 0 && ctx !== shapesOnly)
      throw stateError(this.label, {
        rule: "there are no boundaries yet",
        expected: "await layer.adapt(data)",
        received: "a new layer",
      });
    // A backend that was disposed of took its copy along.
    if (edges?.placement?.isLost) edges.assign(padded(boundaries, edges.shape[0] as number));
    const bounds = edges ? ctx.value(edges) : tensor([...boundaries]);
    const bins = cast(sum(lessEqual(bounds, expandDims(x, -1)), -1), "int32");
    return outputMode === "int" ? bins : encode(bins, (bounds.shape[0] as number) + 1, outputMode);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), ...(this.boundaries && { binBoundaries: this.boundaries }) };
  }

  protected override makeCopy(): Layer {
    const { config, trainable, boundaries } = this;
    return new Discretization({ ...config, trainable, ...(boundaries && { binBoundaries: boundaries }) });
  }
}

/**
 * The bin in which each number lies: how many of the boundaries it reaches. n boundaries make n + 1 bins.
 * Shapes: any, to the same, int32; with another outputMode as {@link categoryEncoding}.
 * @param binBoundaries finite and rising; or options with numBins, for `await layer.adapt(data)`.
 * @throws ValueError on boundaries that do not rise, or an unknown mode.
 * @example const age = discretization({ numBins: 4, outputMode: "oneHot" }); await age.adapt(people.numbers("age"));
 * @see Keras 3 `layers.Discretization`.
 */
export function discretization(
  binBoundaries: readonly number[] | (DiscretizationOptions & Required<Pick<DiscretizationOptions, "numBins">>),
  options: DiscretizationOptions = {},
): Discretization {
  const isGiven = typeof binBoundaries !== "object" || binBoundaries === null || "length" in binBoundaries;
  const args = isGiven ? { binBoundaries } : binBoundaries;
  return new Discretization(withArguments("discretization", options, "outputMode", args) as AllOptions);
}

/** `count` numbers: the boundaries, then +∞. */
function padded(boundaries: readonly number[], count: number): Float32Array {
  const edges = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
  edges.set(boundaries);
  return edges;
}

function checkMode(name: string, mode: string, known: readonly string[]): void {
  if (!known.includes(mode))
    throw valueError(name, { rule: "unknown outputMode", expected: `one of ${known.join(", ")}`, received: mode });
}
