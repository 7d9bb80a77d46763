import { Printed } from "../format.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { RunningSum } from "./metrics/running-sum.ts";

/** A new value of a variable. */
export type VariableUpdate = readonly [Variable, Tensor];

/**
 * A metric that is gathered on the backend: each run updates its variables, and `result` is computed from them when
 * somebody asks.
 *
 * What `compile` is given is a description: it trains with a `fresh()` one for each output, so that one object can
 * serve several outputs, models and calls of `compile`. `model.reported` has the metrics that are at work.
 */
export interface Metric {
  readonly name: string;
  /** Which way is better, for callbacks in mode auto. */
  readonly direction: "min" | "max";
  /**
   * State, all zero at the start of an epoch. Metrics whose state has the shape of the predictions make it in the first
   * `update`: read it after that.
   */
  readonly variables: readonly Variable[];
  /** A metric of the same kind and options with state of its own, such as `return new Mine(this.name)`. */
  fresh(): Metric;
  /**
   * New values of the variables after one more batch. `mask`, of the predictions, is used by means of values per
   * sample; others count all, as in Keras.
   */
  update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[];
  /** The metric so far, from the variables: a scalar, but for metrics per class. Before the first `update` 0. */
  result(): Tensor;
  /** Back to the start. */
  reset(): void;
}

/**
 * What metrics have in common: a name, a direction, and variables that start at zero.
 * @example
 * class LargestError extends MetricBase {
 *   private readonly largest = this.addState("largest");
 *   fresh() { return new LargestError(this.name, this.direction); }
 *   update(yTrue, yPred) {
 *     return [[this.largest, ops.maximum(this.largest, ops.max(ops.abs(ops.sub(yTrue, yPred))))]];
 *   }
 *   result() { return this.largest.tensor; }
 * }
 */
export abstract class MetricBase extends Printed implements Metric {
  readonly variables: Variable[] = [];

  constructor(
    readonly name: string,
    readonly direction: "min" | "max",
  ) {
    super();
  }

  abstract fresh(): Metric;

  abstract update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[];

  abstract result(): Tensor;

  override toJSON(): object {
    const { name, direction } = this;
    return { kind: "metric", name, direction };
  }

  reset(): void {
    for (const variable of this.variables) variable.assign(new Float32Array(sizeOf(variable.shape)));
  }

  /** Makes a variable of zeros. */
  protected addState(name: string, shape: Shape = []): Variable {
    const variable = new Variable(shape, { initial: 0, name: `${this.name}/${name}`, trainable: false });
    this.variables.push(variable);
    return variable;
  }

  /** Makes a sum over batches that stays exact where one float32 stops growing. */
  protected addSum(name: string, shape: Shape = []): RunningSum {
    return new RunningSum(name, (part) => this.addState(part, shape));
  }
}

/** Notes in a metric which factory made it, of which options, so that it can be saved. */
export const described = (kind: string, config: object, metric: Metric): Metric =>
  Object.assign(metric, { kind, config });

/** Options that every metric takes. */
export interface MetricOptions {
  /** Default the factory's name; the key in logs and history. */
  name?: string;
}

export const metricTable: OptionTable<MetricOptions> = { name: "string" };

/** The name of a metric that has no other options, checked. */
export const metricName = (kind: string, options: MetricOptions): string =>
  checkOptions(kind, options, metricTable).name ?? kind;
