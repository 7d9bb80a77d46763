// Pooling to a given output size.
import { shapeError, valueError } from "../../errors.ts";
import { checkSize, formatShape } from "../../ir/shape.ts";
import type { Tensor } from "../tensor.ts";
import { gather } from "./indexing.ts";
import { concat } from "./joining.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { averagePool, maxPool } from "./pooling.ts";
import { zeros } from "./shaping.ts";
import { perAxis } from "./window.ts";

/**
 * Pools to `outputSize` windows per spatial axis: window i of m over n elements reaches from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉,
 * so windows may overlap by one element and differ by one in length. The largest value of each. Shapes: x [batch,
 * …spatial, channels] gives [batch, …outputSize, channels].
 * @param outputSize integers ≥ 1: one, or one for each spatial axis.
 * @param name begins error messages.
 * @see Keras 3 `ops.adaptive_max_pool`.
 */
export const adaptiveMaxPool = (x: Operand, outputSize: number | readonly number[], name = "adaptiveMaxPool"): Tensor =>
  adaptivePool(name, maxPool, x, outputSize);

/** The mean of each window of {@link adaptiveMaxPool}. @see Keras 3 `ops.adaptive_average_pool`. */
export const adaptiveAveragePool = (
  x: Operand,
  outputSize: number | readonly number[],
  name = "adaptiveAveragePool",
): Tensor => adaptivePool(name, averagePool, x, outputSize);

/** Each window of an axis is worked out on the host. */
const mostWindows = 2 ** 20;

/** One axis after the other. */
function adaptivePool(name: string, pool: typeof maxPool, x: Operand, outputSize: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const axes = t.rank - 2;
  const fits = axes >= 1 && axes <= 3 && t.shape.slice(1, -1).every((extent) => extent !== 0);
  if (!fits) {
    throw shapeError(name, {
      rule: "pools over one to three spatial axes that are not empty",
      expected: "[batch, …spatial, channels]",
      received: formatShape(t.shape),
    });
  }
  return perAxis(name, "outputSize", outputSize, axes).reduce(
    (result, count, axis) => poolAxis(name, pool, result, axis, count),
    t,
  );
}

/**
 * Where windows are evenly spaced that is one pooling; else each length is pooled at every place, and what is wanted is
 * picked from that.
 */
function poolAxis(name: string, pool: typeof maxPool, x: Tensor, axis: number, count: number): Tensor {
  const extent = x.shape[axis + 1] as number;
  const shape = checkSize(
    name,
    x.shape.map((n, at) => (at === axis + 1 ? count : n)),
  );
  if (count > mostWindows)
    throw valueError(name, {
      rule: "too many windows",
      expected: `at most ${mostWindows} along an axis`,
      received: count,
    });
  if (Number.isNaN(extent)) return zeros(shape);
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * extent) / count));
  const lengths = starts.map((start, i) => Math.ceil(((i + 1) * extent) / count) - start);
  const along = (n: number) => x.shape.slice(1, -1).map((_, other) => (other === axis ? n : 1));
  const [length = 1] = lengths;
  // One window is as long as the axis; evenly placed windows end with the axis.
  const stride = starts[1] ?? extent;
  const isEven = stride > 0 && lengths.every((n) => n === length) && starts.every((start, i) => start === i * stride);
  if (isEven) return pool(x, along(length), { strides: along(stride) });
  const different = [...new Set(lengths)];
  const pools = different.map((n) => pool(x, along(n), { strides: along(1) }));
  const places = starts.map((start, i) => {
    const before = different.slice(0, different.indexOf(lengths[i] as number));
    return before.reduce((at, n) => at + extent - n + 1, start);
  });
  return gather(concat(pools, axis + 1), tensor(Int32Array.from(places)), axis + 1);
}
