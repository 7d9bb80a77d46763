import { lookUp, valueError } from "../errors.ts";
import { computeLoss, type Loss } from "../nn/loss.ts";
import { checkLoss, type LossFunction, type LossName, lossOf } from "../nn/losses/names.ts";
import type { Metric, VariableUpdate } from "../nn/metric.ts";
import { checkMetric, type MetricName, type MetricShapes, metricOf } from "../nn/metrics/names.ts";
import { add, mul } from "../tensor/ops/elementwise.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { RunningMean } from "./running-mean.ts";

/** A loss by name, made by a factory, or a function of labels and predictions. */
export type LossGiven = LossName | Loss | LossFunction;
/** A metric by name, made by a factory, or a function of labels and predictions. */
export type MetricGiven = MetricName | Metric | Loss | ((yTrue: Tensor, yPred: Tensor) => Tensor);

/** One thing for all outputs of a model, or one per output, in a list or by the outputs' names. */
export type PerOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** What a model is trained to make small, and what is reported. */
export interface ObjectiveOptions {
  loss: PerOutput<LossGiven>;
  /** What each output's loss counts for in the sum. Default 1. */
  lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /** Reported beside the loss; sample weights do not touch them. A list for all outputs, or lists by output. */
  metrics?: PerOutput<readonly MetricGiven[]> | readonly MetricGiven[];
  /** As metrics, with sample weights and class weights. */
  weightedMetrics?: PerOutput<readonly MetricGiven[]> | readonly MetricGiven[];
}

interface PlacedMetric {
  readonly output: number;
  readonly metric: Metric;
  readonly isWeighted: boolean;
  readonly key: string;
}

/** What a batch is judged by, one of each per output. */
export interface Judged {
  readonly yTrue: readonly Tensor[];
  readonly yPred: readonly Tensor[];
  readonly weights: readonly (Tensor | undefined)[];
  /** Which steps of the predictions count. */
  readonly masks: readonly (Tensor | undefined)[];
}

/** What one batch comes to. */
export interface Reckoning {
  /** Scalar: weighted losses and penalties. */
  readonly loss: Tensor;
  /** New states of the metrics. */
  readonly updates: readonly VariableUpdate[];
}

type MakeMetric = (shapes: MetricShapes) => Metric;

/** Losses and metrics of a model: records what a batch costs and how the reported means go on. */
export class Objective {
  /** One per output, once they are loaded. */
  losses: readonly Loss[] = [];
  private readonly given: readonly LossGiven[];
  /** Per output, as they are given: metrics, then weighted ones. */
  private makers: readonly (readonly (readonly MakeMetric[])[])[] | undefined;
  private readonly weights: readonly number[];
  private readonly total = new RunningMean("loss");
  /** Each output's own loss, where there are several. */
  private readonly parts: readonly RunningMean[];
  private placed: readonly PlacedMetric[] | undefined;

  /**
   * @param label stands in front of messages.
   * @param outputs names of the model's outputs.
   * @throws ValueError on unknown names and on lists that do not fit the outputs.
   */
  constructor(
    private readonly label: string,
    private readonly outputs: readonly string[],
    private readonly options: ObjectiveOptions,
  ) {
    this.given = this.spread("loss", options.loss);
    for (const given of this.given) {
      checkLoss(given, label);
      if ((given as Loss).reduction === "none")
        throw valueError(label, {
          rule: "training needs one number per loss",
          expected: "a reduction",
          received: `loss "${(given as Loss).name}" with "none"`,
        });
    }
    this.weights = options.lossWeights === undefined ? outputs.map(() => 1) : this.spread("lossWeights", options.lossWeights as PerOutput<number>);
    this.parts = outputs.length > 1 ? outputs.map((name) => new RunningMean(`${name}_loss`)) : [];
    for (const lists of this.metricLists()) for (const given of lists.flat()) checkMetric(given, label);
  }

  /** Loads what names stand for, before the first batch is recorded; which accuracy is meant shows when there are labels. */
  async load(): Promise<void> {
    if (this.makers) return;
    this.losses = await Promise.all(this.given.map((given) => lossOf(given, this.label)));
    const each = (list: readonly MetricGiven[]) => Promise.all(list.map((given) => metricOf(given, this.label)));
    this.makers = await Promise.all(this.metricLists().map((lists) => Promise.all(lists.map(each))));
  }

  /** Records what a batch costs. `extra` are penalties, `masks` those of the predictions. */
  reckon({ yTrue, yPred, weights, masks }: Judged, extra: readonly Tensor[]): Reckoning {
    const rows = yPred[0]?.shape[0] ?? 1;
    const values = this.losses.map((loss, index) => computeLoss(loss, yTrue[index] as Tensor, yPred[index] as Tensor, weights[index], masks[index]));
    const weighted = values.map((value, index) => (this.weights[index] === 1 ? value : mul(value, this.weights[index] as number)));
    const loss = [...weighted, ...extra].reduce((a, b) => add(a, b));
    const updates = this.metrics(yTrue, yPred).flatMap(({ output, metric, isWeighted }) =>
      metric.update(yTrue[output] as Tensor, yPred[output] as Tensor, isWeighted ? weights[output] : undefined, masks[output]),
    );
    return {
      loss,
      updates: [...this.total.gather(loss, rows), ...this.parts.flatMap((part, index) => part.gather(values[index] as Tensor, rows)), ...updates],
    };
  }

  /** What is reported, by key, in order; complete once a batch was recorded. */
  get reported(): Readonly<Record<string, Metric>> {
    const entries: [string, Metric][] = [this.total, ...this.parts].map((mean) => [mean.name, mean]);
    return Object.fromEntries([...entries, ...(this.placed ?? []).map(({ key, metric }) => [key, metric] as const)]);
  }

  /** Back to the start of an epoch. */
  reset(): void {
    for (const metric of Object.values(this.reported)) metric.reset();
  }

  private metrics(yTrue: readonly Tensor[], yPred: readonly Tensor[]): readonly PlacedMetric[] {
    if (this.placed) return this.placed;
    const placed: PlacedMetric[] = [];
    this.makers?.forEach((lists, kind) => {
      lists.forEach((makers, output) => {
        for (const make of makers) {
          const metric = make({ yTrue: (yTrue[output] as Tensor).shape, yPred: (yPred[output] as Tensor).shape });
          const plain = this.outputs.length > 1 ? `${this.outputs[output]}_${metric.name}` : metric.name;
          const isWeighted = kind === 1;
          const isTaken = placed.some(({ key }) => key === plain);
          placed.push({ output, metric, isWeighted, key: isTaken && isWeighted ? `weighted_${plain}` : plain });
        }
      });
    });
    this.placed = placed;
    return placed;
  }

  private metricLists(): readonly (readonly (readonly MetricGiven[])[])[] {
    return [this.options.metrics, this.options.weightedMetrics].map((given) => this.perOutput(given));
  }

  private perOutput(given: ObjectiveOptions["metrics"]): readonly (readonly MetricGiven[])[] {
    if (given === undefined) return this.outputs.map(() => []);
    const isFlat = Array.isArray(given) && !given.some(Array.isArray);
    return isFlat ? this.outputs.map(() => given as readonly MetricGiven[]) : this.spread("metrics", given as PerOutput<readonly MetricGiven[]>, []);
  }

  /** One thing per output. */
  private spread<T>(what: string, given: PerOutput<T>, missing?: T): readonly T[] {
    if (Array.isArray(given)) {
      if (given.length === this.outputs.length) return given;
      throw valueError(this.label, { rule: `a list of ${what} has one entry per output`, expected: this.outputs.length, received: given.length });
    }
    if (!isRecord(given)) return this.outputs.map(() => given as T);
    const table = given as Readonly<Record<string, T>>;
    const known = Object.fromEntries(this.outputs.map((name) => [name, true]));
    for (const name of Object.keys(table)) lookUp(this.label, `output in ${what}`, known, name);
    return this.outputs.map((name) => {
      const value = table[name] ?? missing;
      if (value !== undefined) return value;
      throw valueError(this.label, { rule: `${what} must name each output`, expected: this.outputs, received: Object.keys(table) });
    });
  }
}

/** Whether this is a record by output names rather than a loss or metric. */
function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype && !("call" in value) && !("update" in value);
}
