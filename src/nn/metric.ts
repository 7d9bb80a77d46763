import { checkOptions, type OptionTable } from "../options.ts";
import type { Shape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** A new value of a variable. */
export type VariableUpdate = readonly [Variable, Tensor];

/**
 * A metric that is gathered on the backend: each run updates its variables, and `result` is computed from them when somebody asks.
 */
export interface Metric {
  readonly name: string;
  /** Which way is better, for callbacks in mode auto. */
  readonly direction: "min" | "max";
  /** State, all zero at the start of an epoch. Metrics whose state has the shape of the predictions make it in the first `update`: read it after that. */
  readonly variables: readonly Variable[];
  /** New values of the variables after one more batch. `mask`, of the predictions, is used by means of values per sample; others count all, as in Keras. */
  update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[];
  /** The metric so far, from the variables: a scalar, but for metrics per class. */
  result(): Tensor;
  /** Back to the start. */
  reset(): void;
}

/** What metrics have in common: a name, a direction, and variables that start at zero. */
export abstract class MetricBase implements Metric {
  readonly variables: Variable[] = [];

  constructor(
    readonly name: string,
    readonly direction: "min" | "max",
  ) {}

  abstract update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[];

  abstract result(): Tensor;

  reset(): void {
    for (const variable of this.variables) variable.assign(new Float32Array(sizeOf(variable.shape)));
  }

  /** Makes a variable of zeros. */
  protected addState(name: string, shape: Shape = []): Variable {
    const variable = new Variable(shape, { initial: 0, name: `${this.name}/${name}`, trainable: false });
    this.variables.push(variable);
    return variable;
  }
}

/** Options that every metric takes. */
export interface MetricOptions {
  /** Default the factory's name; the key in logs and history. */
  name?: string;
}

export const metricTable: OptionTable<MetricOptions> = { name: "string" };

/** The name of a metric that has no other options, checked. */
export const metricName = (kind: string, options: MetricOptions): string => checkOptions(kind, options, metricTable).name ?? kind;
