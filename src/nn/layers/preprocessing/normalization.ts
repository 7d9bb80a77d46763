// Standardization by the mean and variance of given data.
import { type ArrayInput, type HostArray, toHostArrayAsync } from "../../../data/array.ts";
import { shapeError, stateError, valueError } from "../../../errors.ts";
import { formatShape, normalizeAxis, type Shape, sizeOf } from "../../../ir/shape.ts";
import { withArguments } from "../../../options.ts";
import { flatten, isNumericView } from "../../../tensor/nested.ts";
import { add, div, maximum, mul, sqrt, sub } from "../../../tensor/ops/elementwise.ts";
import { constantData, constantValue, tensor } from "../../../tensor/ops/leaf.ts";
import { broadcastTo, reshape } from "../../../tensor/ops/shaping.ts";
import { type NestedArray, nest, Tensor } from "../../../tensor/tensor.ts";
import type { Variable } from "../../../tensor/variable.ts";
import { type BatchShape, type CallContext, Layer, type LayerOptions } from "../../layer.ts";
import { adaptBatches } from "../adapt-batches.ts";

/** Options of {@link normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /** Axes that have a mean each, such as features; null for one mean of everything. Default −1. */
  axis?: number | readonly number[] | null;
  /**
   * Known values instead of `adapt`: one number for all, or one for each place along the axes, in any form of an
   * array (a constant tensor, too); several axes may share values as in NumPy's broadcasting. Both or neither.
   */
  mean?: ArrayInput;
  /** Its variance; given together with `mean`. */
  variance?: ArrayInput;
  /** Undo a normalization: x·deviation + mean. Default false. */
  invert?: boolean;
}

/** Data for `adapt`: an array, or batches of arrays, `[x, …]` or `{ x, … }`, such as a Dataset. */
export type AdaptData = ArrayInput | AsyncIterable<unknown> | Iterable<unknown>;

/** See {@link normalization}. */
export class Normalization extends Layer<NormalizationOptions> {
  private mean?: Variable;
  private variance?: Variable;
  /** The axes with a mean each, counted back from behind the last one: −1 is the last. */
  private kept: readonly number[] = [];
  private isAdapting = false;
  private readonly given: { readonly mean: Tensor; readonly variance: Tensor } | undefined;

  constructor(given: NormalizationOptions = {}) {
    const options = withArguments("normalization", given, "axis");
    const [mean, variance] = (["mean", "variance"] as const).map((what) => known(what, options[what] ?? undefined)) as [
      Known,
      Known,
    ];
    // Plain numbers, so that a configuration can be saved.
    const plain = { ...options, ...(mean && { mean: mean.nested }), ...(variance && { variance: variance.nested }) };
    super("normalization", plain, {
      axis: "number or list or null",
      mean: "number or list or object",
      variance: "number or list or object",
      invert: "boolean",
    });
    if (!mean !== !variance || variance?.data.some((v) => v < 0)) {
      throw valueError(this.label, {
        rule: "mean and variance are given together",
        expected: "numbers, variances ≥ 0",
        received: mean ? (variance ? "a variance below 0" : "mean alone") : "variance alone",
        advice: "Or call adapt(data).",
      });
    }
    this.given = mean && variance && { mean: mean.tensor, variance: variance.tensor };
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override build(shape: BatchShape): void {
    const { axis = -1 } = this.config;
    const axes = [axis ?? []]
      .flat()
      .map((at) => normalizeAxis(this.label, at, shape.length))
      .sort((a, b) => a - b);
    this.kept = axes.map((at) => at - shape.length);
    const extents = axes.map((at) => this.knownExtent(shape, at));
    if (this.given) {
      spread(this.label, "mean", this.given.mean, extents);
      spread(this.label, "variance", this.given.variance, extents);
      return;
    }
    this.mean = this.addVariable("mean", extents, { initializer: "zeros", trainable: false });
    this.variance = this.addVariable("variance", extents, { initializer: "ones", trainable: false });
  }

  override call(x: Tensor, ctx: CallContext): Tensor {
    if (this.isAdapting)
      throw stateError(this.label, {
        rule: "adapt comes first",
        expected: "await layer.adapt(data)",
        received: "adapt(data)",
      });
    const axes = this.axesOf(x.shape);
    const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
    const extents = axes.map((axis) => x.shape[axis] as number);
    const [center, variance] = (["mean", "variance"] as const).map((what) =>
      reshape(
        this.given ? spread(this.label, what, this.given[what], extents) : ctx.value(this[what] as Variable),
        shape,
      ),
    ) as [Tensor, Tensor];
    // Keras's least deviation.
    const deviation = maximum(sqrt(variance), 1e-7);
    return this.config.invert ? add(center, mul(x, deviation)) : div(sub(x, center), deviation);
  }

  /**
   * Sets mean and variance to those of the data, before training. Call it before the model is compiled or after; what
   * is adapted is saved with the weights.
   * @throws StateError where mean and variance were given; ShapeError where data do not fit what the layer was built
   * for; ValueError where there are none.
   */
  async adapt(data: AdaptData): Promise<void> {
    if (this.given) {
      throw stateError(this.label, {
        rule: "mean and variance were given",
        expected: "a layer without them",
        received: "adapt",
      });
    }
    let moments: Moments | undefined;
    this.isAdapting = true;
    try {
      for await (const given of adaptBatches(data)) {
        const batch = await toHostArrayAsync(this.label, given as ArrayInput);
        if (batch.data.length === 0) continue;
        this.ensureBuilt([null, ...batch.shape.slice(1)]);
        moments ??= new Moments((this.mean as Variable).shape);
        moments.add(batch, this.axesOf(batch.shape));
      }
    } finally {
      this.isAdapting = false;
    }
    if (!moments)
      throw valueError(this.label, { rule: "adapt needs data", expected: "a batch or more", received: "none" });
    this.mean?.assign(moments.mean);
    this.variance?.assign(moments.variance());
  }

  /**
   * The axes of data with a mean each. Data may have another number of axes than what the layer was built for: the
   * means of features [steps, features] serve for windows [batch, steps, features], too.
   * @throws ShapeError where there are fewer axes, or other extents.
   */
  private axesOf(shape: Shape): number[] {
    const axes = this.kept.map((axis) => axis + shape.length);
    const extents = this.mean?.shape;
    if (axes.some((axis) => axis < 0) || extents?.some((extent, index) => extent !== shape[axes[index] as number])) {
      throw shapeError(this.label, {
        rule: "data must fit the layer",
        expected: `${formatShape(extents ?? [])} at axes ${formatShape(this.kept)}`,
        received: formatShape(shape),
      });
    }
    return axes;
  }
}

/** A mean or variance that was given. */
type Known = { readonly data: Float64Array; readonly tensor: Tensor; readonly nested: NestedArray } | undefined;

function known(what: string, given: ArrayInput | undefined): Known {
  if (given === undefined) return undefined;
  const owner = `${what} of normalization`;
  const array =
    given instanceof Tensor
      ? { data: constantData(given) ?? [constantValue(given) ?? Number.NaN], shape: given.shape }
      : arrayOf(owner, given);
  const data = Float64Array.from(array.data);
  const at = data.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at >= 0) {
    throw valueError(owner, {
      rule: "must be known, finite numbers",
      expected: "finite numbers, or a constant tensor",
      received: given instanceof Tensor ? given.op.name : data[at],
    });
  }
  const { shape } = array;
  return { data, tensor: tensor(data, shape, { dtype: "float32" }), nested: nest(data, shape) };
}

function arrayOf(
  owner: string,
  given: Exclude<ArrayInput, Tensor>,
): { readonly data: ArrayLike<number>; readonly shape: Shape } {
  if (typeof given === "object" && given !== null && "data" in given)
    return { data: given.data as ArrayLike<number>, shape: given.shape };
  return isNumericView(given) ? { data: given, shape: [given.length] } : flatten(owner, given, Float64Array);
}

/** Known values for each place along the axes. @throws ShapeError where they do not fit. */
function spread(label: string, what: string, values: Tensor, extents: Shape): Tensor {
  const size = sizeOf(values.shape);
  if (size === 1 || size === sizeOf(extents)) return broadcastTo(reshape(values, size === 1 ? [] : extents), extents);
  const first = extents.length - values.rank;
  const fits = first >= 0 && values.shape.every((extent, axis) => extent === 1 || extent === extents[first + axis]);
  if (fits) return broadcastTo(values, extents);
  throw shapeError(label, {
    rule: `a ${what} for each place along the axis`,
    expected: formatShape(extents),
    received: formatShape(values.shape),
  });
}

/** Running mean and sum of squared differences for each place, by Welford's update. */
class Moments {
  readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private readonly counts: Float64Array;

  constructor(shape: Shape) {
    const size = sizeOf(shape);
    [this.mean, this.squares, this.counts] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  }

  add({ data, shape }: HostArray, kept: readonly number[]): void {
    const index = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < data.length; i++) {
      const place = kept.reduce((sum, axis) => sum * (shape[axis] as number) + (index[axis] as number), 0);
      this.observe(place, data[i] as number);
      for (let axis = shape.length - 1; axis >= 0 && ++(index[axis] as number) === shape[axis]; axis--) index[axis] = 0;
    }
  }

  variance(): Float64Array {
    return this.squares.map((sum, place) => sum / (this.counts[place] as number));
  }

  private observe(place: number, value: number): void {
    const count = ++(this.counts[place] as number);
    const before = value - (this.mean[place] as number);
    const mean = (this.mean[place] as number) + before / count;
    this.mean[place] = mean;
    this.squares[place] = (this.squares[place] as number) + before * (value - mean);
  }
}

/**
 * Shifts and scales so that the data have mean 0 and variance 1 at each place along `axis`: (x − mean)/√variance. The
 * values are given, or found by `await layer.adapt(data)` and then kept as weights that are not trained. Variables:
 * mean, variance (extents of `axis`).
 * @throws ValueError on mean without variance; ShapeError where they do not fit the axis.
 * @see Keras 3 `layers.Normalization`.
 */
export function normalization(options: NormalizationOptions = {}): Normalization {
  return new Normalization(options);
}
