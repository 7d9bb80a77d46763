// Encoding of categories as vectors, and of numbers as categories.
import { checkCounts } from "../../../checks.ts";
import { shapeError, valueError } from "../../../errors.ts";
import { formatShape, mayBeShape } from "../../../ir/shape.ts";
import { cast, lessEqual, mul } from "../../../tensor/ops/elementwise.ts";
import { oneHot } from "../../../tensor/ops/indexing.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { max, sum } from "../../../tensor/ops/reduction.ts";
import { expandDims, squeeze } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions, listOf } from "../../layer.ts";
import { FunctionLayer, functionLayer } from "../function.ts";

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
  return mode === "multiHot" ? max(hot, -2) : sum(weights ? mul(hot, expandDims(weights, -1)) : hot, -2);
}

/**
 * Whole numbers in [0, numTokens) as vectors of that length; others are passed over. Shapes: [batch, n] gives [batch,
 * numTokens] ("multiHot", "count") or [batch, n, numTokens] ("oneHot"; n = 1 gives [batch, numTokens]). With "count",
 * `apply([tokens, weights])` adds weights of the tokens' shape instead of ones.
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
  /** "int" (default) gives the number of the bin; the others encode it as {@link categoryEncoding} does. */
  outputMode?: "int" | EncodingMode;
}

/**
 * The bin in which each number lies: how many of the boundaries it reaches. n boundaries make n + 1 bins.
 * Shapes: any, to the same, int32; with another outputMode as {@link categoryEncoding}.
 * @param binBoundaries finite and rising.
 * @throws ValueError on boundaries that do not rise, or an unknown mode.
 * @see Keras 3 `layers.Discretization` with given boundaries.
 */
export function discretization(binBoundaries: readonly number[], options: DiscretizationOptions = {}): Layer {
  const config = layerOptions(
    "discretization",
    options,
    { binBoundaries: "list!", outputMode: "string" },
    { binBoundaries },
  );
  const { outputMode = "int" } = config;
  const rises =
    Array.isArray(binBoundaries) &&
    binBoundaries.length > 0 &&
    binBoundaries.every((b, i) => Number.isFinite(b) && !(b <= (binBoundaries[i - 1] ?? -Infinity)));
  if (!rises)
    throw valueError("discretization", {
      rule: "binBoundaries must rise",
      expected: "finite numbers, each larger than the one before",
      received: binBoundaries,
    });
  checkMode("discretization", outputMode, ["int", ...modes]);
  return functionLayer("discretization", config, (x) => {
    const bins = cast(sum(lessEqual(tensor([...binBoundaries]), expandDims(x, -1)), -1), "int32");
    return outputMode === "int" ? bins : encode(bins, binBoundaries.length + 1, outputMode);
  });
}

function checkMode(name: string, mode: string, known: readonly string[]): void {
  if (!known.includes(mode))
    throw valueError(name, { rule: "unknown outputMode", expected: `one of ${known.join(", ")}`, received: mode });
}
