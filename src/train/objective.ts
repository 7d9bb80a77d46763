import { lookUp, stateError, valueError } from "../errors.ts";
import { computeLoss, type Loss } from "../nn/loss.ts";
import { checkLoss, type LossFunction, type LossName, lossOf } from "../nn/losses/names.ts";
import type { Metric, VariableUpdate } from "../nn/metric.ts";
import { checkMetric, type MetricName, type MetricShapes, metricOf } from "../nn/metrics/names.ts";
import { add, mul } from "../tensor/ops/elementwise.ts";
import { sizeOf } from "../tensor/shape.ts";
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
  /** One loss for all outputs, a list, or by output. An output with null, or left out of a record, has no loss; it needs no labels unless it has metrics. */
  loss?: PerOutput<LossGiven | null> | undefined;
  /** What each output's loss counts for in the sum. Default 1. */
  lossWeights?: readonly (number | null)[] | Readonly<Record<string, number>>;
  /**
   * Reported beside the loss; sample weights do not touch them. A list for all outputs, or lists by output. Metrics are made anew for each output and
   * each `compile`. A metric is reported by its name, with several outputs by `<output>_<name>`; where that is taken (by another metric, `loss`,
   * `<output>_loss`, `learning_rate`, or a validation result `val_…`), `_1`, `_2`, … follow, as in Keras.
   */
  metrics?: PerOutput<readonly (MetricGiven | null)[] | MetricGiven | null> | readonly (MetricGiven | null)[];
  /** As metrics, with sample weights and class weights; where the name is taken, by `weighted_<name>`. */
  weightedMetrics?: ObjectiveOptions["metrics"];
}

interface PlacedMetric {
  readonly output: number;
  readonly metric: Metric;
  readonly isWeighted: boolean;
  readonly key: string;
}

/** What a batch is judged by, one of each per output. */
export interface Judged {
  /** None for outputs that need no labels. */
  readonly yTrue: readonly (Tensor | undefined)[];
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
  /** One per output, once they are loaded; none for outputs without one. */
  losses: readonly (Loss | undefined)[] = [];
  /** Which outputs are compared with labels. */
  readonly needsLabels: readonly boolean[];
  private readonly given: readonly (LossGiven | null)[];
  private readonly weights: readonly number[];
  /** Per kind (metrics, weighted ones) and output, as they are given. */
  private readonly lists: readonly (readonly (readonly MetricGiven[])[])[];
  private makers: readonly (readonly (readonly MakeMetric[])[])[] | undefined;
  private readonly total = new RunningMean("loss");
  /** Each output's own loss, where there are several. */
  private readonly parts: readonly (RunningMean | undefined)[];
  /** Taken keys; callbacks add the learning rate. */
  private readonly keys = new Set(["loss", "learning_rate"]);
  private readonly lossKeys: readonly string[];
  private placed: readonly PlacedMetric[] | undefined;

  /**
   * @param label stands in front of messages.
   * @param outputs names of the model's outputs.
   * @throws ValueError on unknown names and on lists that do not fit the outputs.
   */
  constructor(
    private readonly label: string,
    private readonly outputs: readonly string[],
    options: ObjectiveOptions,
  ) {
    this.given = this.spread<LossGiven | null>("loss", options.loss ?? null, null);
    for (const given of this.given) {
      if (given === null) continue;
      checkLoss(given, label);
      if ((given as Loss).reduction === "none")
        throw valueError(label, {
          rule: "training needs one number per loss",
          expected: "a reduction",
          received: `loss "${(given as Loss).name}" with "none"`,
        });
    }
    this.weights = this.spread<number | null>("lossWeights", (options.lossWeights ?? null) as PerOutput<number | null>, null).map((weight) => weight ?? 1);
    this.lists = [options.metrics, options.weightedMetrics].map((given) => this.perOutput(given));
    for (const given of this.lists.flat(2)) checkMetric(given, label);
    this.needsLabels = outputs.map((_, output) => this.given[output] !== null || this.lists.some((lists) => (lists[output] as readonly unknown[]).length > 0));
    const hasParts = this.given.filter((given) => given !== null).length > 1;
    this.lossKeys = outputs.map((name, output) => (hasParts && this.given[output] !== null ? takeKey(this.keys, `${name}_loss`, 1) : ""));
    this.parts = this.lossKeys.map((key) => (key === "" ? undefined : new RunningMean(key)));
  }

  /** Loads what names stand for, before the first batch is recorded; which accuracy is meant shows when there are labels. */
  async load(): Promise<void> {
    if (this.makers) return;
    this.losses = await Promise.all(this.given.map((given) => (given === null ? undefined : lossOf(given, this.label))));
    const each = (list: readonly MetricGiven[]) => Promise.all(list.map((given) => metricOf(given, this.label)));
    this.makers = await Promise.all(this.lists.map((lists) => Promise.all(lists.map(each))));
  }

  /**
   * Records what a batch costs. `extra` are penalties, `masks` those of the predictions.
   * @throws StateError where there is neither a loss nor a penalty.
   */
  reckon({ yTrue, yPred, weights, masks }: Judged, extra: readonly Tensor[]): Reckoning {
    const rows = yPred[0]?.shape[0] ?? 1;
    const values = this.losses.map((loss, index) => loss && computeLoss(loss, yTrue[index] as Tensor, yPred[index] as Tensor, weights[index], masks[index]));
    const weighted = values.flatMap((value, index) => (value ? [this.weights[index] === 1 ? value : mul(value, this.weights[index] as number)] : []));
    const [first, ...others] = [...weighted, ...extra];
    if (!first)
      throw stateError(this.label, { rule: "there is no loss", expected: "a loss for at least one output", received: "none", advice: "Pass compile a loss." });
    const loss = others.reduce((a, b) => add(a, b), first);
    const placed = this.placed ?? this.place(yTrue, yPred);
    const updates = placed.map(({ output, metric, isWeighted }) =>
      metric.update(yTrue[output] as Tensor, yPred[output] as Tensor, isWeighted ? weights[output] : undefined, masks[output]),
    );
    // Only now: how many values a metric reports shows after its first update, and a batch that does not fit must leave nothing behind.
    if (!this.placed) this.placed = placed.map((one) => ({ ...one, key: this.keyOf(one) }));
    return {
      loss,
      updates: [...this.total.gather(loss, rows), ...this.parts.flatMap((part, index) => part?.gather(values[index] as Tensor, rows) ?? []), ...updates.flat()],
    };
  }

  /** What is reported, by key, in order; complete once a batch was recorded. */
  get reported(): Readonly<Record<string, Metric>> {
    const means = [this.total, ...this.parts].flatMap((mean) => (mean ? [[mean.name, mean] as const] : []));
    return Object.fromEntries([...means, ...(this.placed ?? []).map(({ key, metric }) => [key, metric] as const)]);
  }

  /** Back to the start of an epoch. */
  reset(): void {
    for (const metric of Object.values(this.reported)) metric.reset();
  }

  /** Metrics for labels and predictions like these. */
  private place(yTrue: readonly (Tensor | undefined)[], yPred: readonly Tensor[]): readonly PlacedMetric[] {
    return (this.makers ?? []).flatMap((lists, kind) =>
      lists.flatMap((makers, output) =>
        makers.map((make) => {
          const metric = make({ yTrue: (yTrue[output] as Tensor).shape, yPred: (yPred[output] as Tensor).shape });
          return { output, metric, isWeighted: kind === 1, key: metric.name };
        }),
      ),
    );
  }

  private keyOf({ metric, output, isWeighted }: PlacedMetric): string {
    const plain = this.outputs.length > 1 ? `${this.outputs[output]}_${metric.name}` : metric.name;
    return takeKey(this.keys, isWeighted && this.keys.has(plain) ? `weighted_${plain}` : plain, sizeOf(metric.result().shape));
  }

  private perOutput(given: ObjectiveOptions["metrics"]): readonly (readonly MetricGiven[])[] {
    const isFlat = Array.isArray(given) && !given.some(Array.isArray);
    const lists = isFlat ? this.outputs.map(() => given) : this.spread<unknown>("metrics", given ?? null, null);
    return lists.map((list) => (Array.isArray(list) ? list : [list]).filter((one) => one !== null && one !== undefined) as MetricGiven[]);
  }

  /** One thing per output, `missing` where a record or a list has none. */
  private spread<T>(what: string, given: PerOutput<T>, missing: T): readonly T[] {
    if (Array.isArray(given)) {
      if (given.length === this.outputs.length) return given.map((value) => value ?? missing);
      throw valueError(this.label, { rule: `a list of ${what} has one entry per output`, expected: this.outputs.length, received: given.length });
    }
    if (!this.isByOutput(given)) return this.outputs.map(() => given as T);
    const table = new Map(Object.entries(given as Readonly<Record<string, T>>));
    const known = Object.fromEntries(this.outputs.map((name) => [name, true]));
    for (const name of table.keys()) lookUp(this.label, `output in ${what}`, known, name);
    return this.outputs.map((name) => table.get(name) ?? missing);
  }

  /** Whether this is a record by output names rather than a loss or metric, which has methods; an output may have the name of one. */
  private isByOutput(value: unknown): boolean {
    if (typeof value !== "object" || value === null || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) return false;
    const has = (method: string) => typeof (value as Record<string, unknown>)[method] === "function" && !this.outputs.includes(method);
    return !has("call") && !has("update");
  }
}

/**
 * The first of `name`, `name_1`, `name_2`, … under which a metric of so many values can be reported: each value has a key of its own, and neither
 * these nor those of their validation results may be taken. Notes what it takes.
 */
function takeKey(taken: Set<string>, name: string, values: number): string {
  const isTaken = (key: string) => taken.has(key) || taken.has(`val_${key}`) || (key.startsWith("val_") && taken.has(key.slice(4)));
  for (let count = 0; ; count++) {
    const key = count === 0 ? name : `${name}_${count}`;
    const all = values === 1 ? [key] : [key, ...Array.from({ length: values }, (_, index) => `${key}_${index}`)];
    if (all.some(isTaken)) continue;
    for (const one of all) taken.add(one);
    return key;
  }
}
