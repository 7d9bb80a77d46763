import { divideSafely } from "../nn/loss.ts";
import { MetricBase, type VariableUpdate } from "../nn/metric.ts";
import { mul } from "../tensor/ops/elementwise.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The mean of a scalar over batches, weighted by their number of samples: how losses are reported. */
export class RunningMean extends MetricBase {
  private readonly total = this.addSum("total");
  private readonly count = this.addSum("count");

  constructor(name: string) {
    super(name, "min");
  }

  override fresh(): RunningMean {
    return new RunningMean(this.name);
  }

  /** Adds a batch's value. Takes the place of `update`, which gets labels and predictions. */
  gather(value: Tensor, rows: number): readonly VariableUpdate[] {
    return [...this.total.add(mul(value, rows)), ...this.count.add(rows)];
  }

  override update(): readonly VariableUpdate[] {
    return [];
  }

  override result(): Tensor {
    return divideSafely(this.total.value, this.count.value);
  }
}
