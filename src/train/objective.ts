import { checkNumber, stateError, valueError } from "../errors.ts";
import { sizeOf } from "../ir/shape.ts";
import { freeName } from "../name-registry.ts";
import { computeLoss, type Loss } from "../nn/loss.ts";
import { checkLoss, type LossFunction, type LossName, lossOf } from "../nn/losses/names.ts";
import type { Metric, VariableUpdate } from "../nn/metric.ts";
import { checkMetric, type MetricName, type MetricShapes, metricOf } from "../nn/metrics/names.ts";
import { add, mul } from "../tensor/ops/elementwise.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { valuesFor } from "./columns.ts";
import { RunningMean } from "./running-mean.ts";

/** A loss by name, made by a factory, or a function of labels and predictions. */
export type LossGiven = LossName | Loss | LossFunction;
/** A metric by name, made by a factory, or a function of labels and predictions. */
export type MetricGiven = MetricName | Metric | Loss | ((yTrue: Tensor, yPred: Tensor) => Tensor);

/** One thing for all outputs of a model, or one per output, in a list or by the outputs' names. */
export type PerOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** What training minimizes, and what is reported. */
export interface ObjectiveOptions {
  /**
   * One loss for all outputs, a list, or by output. An output with null, or left out of a record, has no loss; it needs
   * no labels unless it has metrics.
   */
  loss?: PerOutput<LossGiven | null> | undefined;
  /** What each output's loss counts for in the sum. Default 1. */
  lossWeights?: readonly (number | null)[] | Readonly<Record<string, number>>;
  /**
   * Reported beside the loss; sample weights do not touch them. A list for all outputs, or lists by output. Metrics are
   * made again for each output and each `compile`. A metric is reported by its name, with several outputs by
   * `<output>_<name>`; where that is taken (by another metric, `loss`, `<output>_loss`, `learning_rate`, or a
   * validation result `val_…`), `_1`, `_2`, … follow, as in Keras.
   */
  metrics?: PerOutput<readonly (MetricGiven | null)[] | MetricGiven | null> | readonly (MetricGiven | null)[];
  /** As metrics, with sample weights and class weights; where the name is taken, by `weighted_<name>`. */
  weightedMetrics?: ObjectiveOptions["metrics"];
}

/** A metric that `compile` was given. */
interface AskedMetric {
  readonly given: MetricGiven;
  readonly output: number;
  readonly isWeighted: boolean;
}

/** A metric with the key that it is reported under. */
interface PlacedMetric extends AskedMetric {
  readonly metric: Metric;
  readonly key: string;
}

/** Labels, predictions, sample weights and masks of a batch, one of each per output. */
export interface BatchTensors {
  /** None for outputs that need no labels. */
  readonly yTrue: readonly (Tensor | undefined)[];
  readonly yPred: readonly Tensor[];
  readonly weights: readonly (Tensor | undefined)[];
  /** Which steps of the predictions count. */
  readonly masks: readonly (Tensor | undefined)[];
}

/** The result of one batch. */
export interface BatchResult {
  /** Scalar: weighted losses and penalties. */
  readonly loss: Tensor;
  /** New states of the metrics. */
  readonly updates: readonly VariableUpdate[];
}

/** The losses and metrics of a model: records the loss of a batch and the updates of the metrics. */
export class Objective {
  /** One per output, once they are loaded; none for outputs without one. */
  losses: readonly (Loss | undefined)[] = [];
  /** Which outputs are compared with labels. */
  readonly needsLabels: readonly boolean[];
  private readonly given: readonly (LossGiven | undefined)[];
  private readonly weights: readonly number[];
  private readonly asked: readonly AskedMetric[];
  /** One for each that was asked for, once they are loaded. */
  private makers: readonly ((shapes: MetricShapes) => Metric)[] | undefined;
  private placed: readonly PlacedMetric[] = [];
  private known: Readonly<Record<string, Metric>> | undefined;
  private readonly total = new RunningMean("loss");
  /** Each output's own loss, where there are several. */
  private readonly parts: readonly (RunningMean | undefined)[];
  /** Taken keys; callbacks add the learning rate. */
  private readonly keys = new Set(["loss", "learning_rate"]);

  /**
   * @param label the first words of messages.
   * @param outputs names of the model's outputs.
   * @throws ValueError on unknown names and on lists that do not fit the outputs.
   */
  constructor(
    private readonly label: string,
    private readonly outputs: readonly string[],
    /** What `compile` was given. */
    readonly options: ObjectiveOptions,
  ) {
    this.given = this.spread("loss", options.loss);
    for (const given of this.given) {
      if (given === undefined) continue;
      checkLoss(given, label);
      if ((given as Loss).reduction === "none")
        throw valueError(label, {
          rule: "training needs one number per loss",
          expected: "a reduction",
          received: `loss "${(given as Loss).name}" with "none"`,
        });
    }
    this.weights = this.spread("lossWeights", options.lossWeights as PerOutput<number | null>).map((weight) =>
      checkNumber(label, "each of lossWeights", weight ?? 1, "a finite number", () => true),
    );
    this.asked = [options.metrics, options.weightedMetrics].flatMap((lists, kind) =>
      this.perOutput(lists).flatMap((list, output) => list.map((given) => ({ given, output, isWeighted: kind === 1 }))),
    );
    for (const { given } of this.asked) checkMetric(given, label);
    this.needsLabels = this.given.map(
      (given, index) => given !== undefined || this.asked.some(({ output }) => output === index),
    );
    const hasParts = this.given.filter((given) => given !== undefined).length > 1;
    this.parts = outputs.map((name, index) =>
      hasParts && this.given[index] !== undefined ? new RunningMean(this.takeKey(`${name}_loss`)) : undefined,
    );
  }

  /** The same losses and metrics, with no batch recorded yet. */
  fresh(): Objective {
    return new Objective(this.label, this.outputs, this.options);
  }

  get isLoaded(): boolean {
    return this.makers !== undefined;
  }

  /**
   * Loads losses and metrics given by name, before the first batch is recorded; which accuracy is meant depends on the
   * labels.
   */
  async load(): Promise<void> {
    if (this.isLoaded) return;
    this.losses = await Promise.all(this.given.map((given) => given && lossOf(given, this.label)));
    this.makers = await Promise.all(this.asked.map(({ given }) => metricOf(given, this.label)));
  }

  /**
   * Records the loss of a batch, and the updates of the metrics. `extra` are penalties.
   * @throws StateError where there is neither a loss nor a penalty.
   */
  recordBatch({ yTrue, yPred, weights, masks }: BatchTensors, extra: readonly Tensor[]): BatchResult {
    const rows = yPred[0]?.shape[0] ?? 1;
    const values = this.losses.map(
      (loss, index) =>
        loss && computeLoss(loss, yTrue[index] as Tensor, yPred[index] as Tensor, weights[index], masks[index]),
    );
    const weighted = values.flatMap((value, index) =>
      value ? [this.weights[index] === 1 ? value : mul(value, this.weights[index] as number)] : [],
    );
    const terms = [...weighted, ...extra];
    if (terms.length === 0)
      throw stateError(this.label, {
        rule: "there is no loss",
        expected: "a loss for at least one output",
        received: "none",
      });
    const loss = terms.reduce((a, b) => add(a, b));
    const placed = this.placed.length > 0 ? this.placed : this.place(yTrue, yPred);
    const updates = placed.map(({ output, metric, isWeighted }) =>
      metric.update(
        yTrue[output] as Tensor,
        yPred[output] as Tensor,
        isWeighted ? weights[output] : undefined,
        masks[output],
      ),
    );
    // Only now: the first update tells how many values a metric reports, and a batch that does not fit must change
    // nothing.
    if (placed !== this.placed) {
      this.placed = placed.map((one) => ({ ...one, key: this.keyOf(one) }));
      this.known = undefined;
    }
    return {
      loss,
      updates: [
        ...this.total.gather(loss, rows),
        ...this.parts.flatMap((part, index) => part?.gather(values[index] as Tensor, rows) ?? []),
        ...updates.flat(),
      ],
    };
  }

  /** What is reported, by key, in order; complete once a batch was recorded. */
  get reported(): Readonly<Record<string, Metric>> {
    this.known ??= this.listReported();
    return this.known;
  }

  private listReported(): Readonly<Record<string, Metric>> {
    const means = [this.total, ...this.parts].flatMap((metric) => (metric ? [{ key: metric.name, metric }] : []));
    return Object.fromEntries([...means, ...this.placed].map(({ key, metric }) => [key, metric]));
  }

  /** Back to the start of an epoch. */
  reset(): void {
    for (const metric of Object.values(this.reported)) metric.reset();
  }

  /** Metrics for labels and predictions like these. */
  private place(yTrue: readonly (Tensor | undefined)[], yPred: readonly Tensor[]): readonly PlacedMetric[] {
    return this.asked.map((asked, index) => {
      const shapes = { yTrue: (yTrue[asked.output] as Tensor).shape, yPred: (yPred[asked.output] as Tensor).shape };
      return { ...asked, metric: (this.makers as NonNullable<typeof this.makers>)[index]?.(shapes) as Metric, key: "" };
    });
  }

  private keyOf({ metric, output, isWeighted }: PlacedMetric): string {
    const plain = this.outputs.length > 1 ? `${this.outputs[output]}_${metric.name}` : metric.name;
    return this.takeKey(
      isWeighted && this.keys.has(plain) ? `weighted_${plain}` : plain,
      sizeOf(metric.result().shape),
    );
  }

  private perOutput(given: ObjectiveOptions["metrics"]): readonly (readonly MetricGiven[])[] {
    const isFlat = Array.isArray(given) && !given.some(Array.isArray);
    const lists = isFlat ? this.outputs.map(() => given) : this.spread<unknown>("metrics", given);
    return lists.map((list) => [list].flat().filter((one) => one !== undefined && one !== null) as MetricGiven[]);
  }

  /** One thing per output; undefined where there is null or nothing. */
  private spread<T>(what: string, given: PerOutput<T> | undefined): readonly (NonNullable<T> | undefined)[] {
    let list: readonly unknown[] = this.outputs.map(() => given);
    if (Array.isArray(given)) {
      list = given;
      if (list.length !== this.outputs.length)
        throw valueError(this.label, {
          rule: `a list of ${what} has one entry per output`,
          expected: this.outputs.length,
          received: list.length,
        });
    } else if (isRecord(given))
      list = valuesFor(this.label, `output in ${what}`, given as Readonly<Record<string, T>>, this.outputs);
    return list.map((value) => (value ?? undefined) as NonNullable<T> | undefined);
  }

  /**
   * Takes the first of `name`, `name_1`, … that is free for so many values: each value has a key, and neither these nor
   * the keys of their validation results may be taken.
   */
  private takeKey(name: string, values = 1): string {
    const { keys } = this;
    const all = (key: string) =>
      values === 1 ? [key] : [key, ...Array.from({ length: values }, (_, index) => `${key}_${index}`)];
    const key = freeName(name, (free) =>
      all(free).some((one) => keys.has(one) || keys.has(`val_${one}`) || keys.has(one.replace(/^val_/, ""))),
    );
    for (const one of all(key)) keys.add(one);
    return key;
  }
}

/** Whether this is a record by output names rather than a loss or metric, which has methods. */
function isRecord(value: unknown): boolean {
  const { call, fresh } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    typeof (call ?? fresh) !== "function"
  );
}
