import type { Dataset } from "../data/dataset.ts";
import { valueError } from "../errors.ts";
import { freeName } from "../name-registry.ts";
import type { Network } from "../nn/network.ts";
import { after } from "../settle.ts";
import { Tensor } from "../tensor/tensor.ts";
import { ArrayBatches, type ArrayOrder } from "./array-batches.ts";
import type { BatchSource, Columns } from "./batch.ts";
import { checkColumns } from "./check-columns.ts";
import type { ClassWeight } from "./class-weight.ts";
import { type ArraysGiven, type DataGiven, type DataTarget, type InputsGiven, toColumns } from "./columns.ts";
import { computed } from "./computed.ts";
import type { Objective } from "./objective.ts";

/** One batch of a stream: a record, or a list in this order. */
export type BatchGiven = DataGiven | readonly [x: InputsGiven, y?: ArraysGiven | null, sampleWeight?: ArraysGiven];

/** Batches from anywhere: a dataset, or anything iterable that gives batches. */
export type BatchStream = Dataset<unknown> | AsyncIterable<BatchGiven> | Iterable<BatchGiven>;

/** Data as `fit`, `evaluate` and `predict` take them: arrays, or a stream of batches. */
export type Given = (DataGiven & { readonly stream?: undefined }) | { readonly stream: BatchStream };

/** How arrays are cut into batches. */
export interface BatchOptions extends Partial<Omit<ArrayOrder, "batchSize">> {
  /** Default: what `steps` batches of all samples take, else 32. */
  readonly batchSize?: number | undefined;
  readonly steps?: number | undefined;
  /** For arrays and streams. */
  readonly classWeight?: ClassWeight | undefined;
}

/** Makes batches for a model of what a user hands in, with all checks. */
export class BatchMaker {
  private readonly target: DataTarget;

  /**
   * @param what "fit", "evaluate" …, for messages.
   * @param objective says which labels are needed; without it only x is read.
   * @param checkData whether the numbers themselves are checked.
   */
  constructor(
    private readonly network: Network,
    what: string,
    objective: Objective | undefined,
    checkData: boolean,
  ) {
    this.target = {
      label: `${what} of ${network.label}`,
      network,
      outputs: outputNames(network),
      needsLabels: objective?.needsLabels,
      losses: objective?.losses ?? [],
      checkData,
    };
  }

  get label(): string {
    return this.target.label;
  }

  /** Batches of arrays or of a stream. */
  batches(given: Given, options: BatchOptions = {}): BatchSource | Promise<BatchSource> {
    if (given.stream) return this.streamBatches(given.stream, options.classWeight);
    return after(this.weighted(given, options.classWeight), (columns) => this.arrayBatches(columns, options));
  }

  /** Arrays in memory as checked columns; a promise where tensors among them have yet to be computed. */
  columns(given: DataGiven): Columns | Promise<Columns> {
    return after(computed(given), (data) => {
      try {
        return this.columnsNow(data);
      } catch (error) {
        return import("./data-advice.ts").then(({ withAdvice }) => {
          throw withAdvice(error, data, this.target);
        });
      }
    });
  }

  /** As `columns`. @throws StateError where a tensor has yet to be computed. */
  columnsNow(given: DataGiven): Columns {
    const columns = toColumns(this.target, given);
    checkColumns(this.target, columns);
    return columns;
  }

  /** As `columns`, with sample weights that follow from the classes of the labels. */
  weighted(given: DataGiven, classWeight: ClassWeight | undefined): Columns | Promise<Columns> {
    return after(this.columns(given), (columns) => this.weigh(columns, classWeight));
  }

  /** Columns with sample weights that follow from the classes of the labels. */
  weigh(columns: Columns, classWeight: ClassWeight | undefined): Columns | Promise<Columns> {
    if (classWeight === undefined) return columns;
    const { network, losses } = this.target;
    const context = { labels: losses[0]?.labels, output: network.outputs[0]?.shape ?? [] };
    return import("./class-weight.ts").then(({ withClassWeights }) =>
      withClassWeights(this.label, classWeight, columns, context),
    );
  }

  /** Batches of columns. Without a batch size, `steps` batches are one pass over the data, as in Keras. */
  arrayBatches(columns: Columns, { batchSize, steps, shuffle, seed }: BatchOptions): BatchSource {
    return new ArrayBatches(columns, this.network.starts, {
      batchSize: batchSize ?? (steps ? Math.ceil(columns.rows / steps) : 32),
      shuffle,
      seed,
    });
  }

  /** Each batch is checked as it comes, in every epoch: later ones may bring other data. */
  private async streamBatches(stream: BatchStream, classWeight: ClassWeight | undefined): Promise<BatchSource> {
    const { network, label, needsLabels } = this.target;
    return (await import("./stream-batches.ts")).streamBatches(stream, network, {
      label,
      toColumns: async ({ y, ...rest }) => this.weighted(needsLabels ? { y, ...rest } : { x: rest.x }, classWeight),
    });
  }
}

/**
 * Names of a model's outputs: those of the layers that give them. Where one layer gives several, `name`, `name_1`, …
 */
export function outputNames(network: Network): string[] {
  // A sequential model that is not built has one output to come.
  if (!network.built) return network.layers.slice(-1).map((layer) => network.nameOf(layer));
  const names: string[] = [];
  for (const output of network.outputs) {
    names.push(freeName(network.nameOf(output.layer ?? output), (taken) => names.includes(taken)));
  }
  return names;
}

/**
 * The options among the arguments `(x, y, options)` or, with a stream, `(stream, options)`.
 * @throws ValueError on something behind them.
 */
export function optionsAmong<O>(label: string, x: unknown, second: unknown, third: O | undefined): O {
  if (!isStream(x)) return third as O;
  if (third === undefined) return second as O;
  throw valueError(label, {
    rule: "the batches of a dataset hold x and y",
    expected: "(dataset, options)",
    received: "a third argument",
  });
}

/** Tells a stream of batches from arrays. */
export function givenOf(x: InputsGiven | BatchStream, y?: ArraysGiven | null, sampleWeight?: ArraysGiven): Given {
  return isStream(x) ? { stream: x } : { x, y, sampleWeight };
}

/** Whether data come as batches rather than as arrays. */
export function isStream(data: unknown): data is BatchStream {
  if (typeof data !== "object" || data === null || Array.isArray(data) || ArrayBuffer.isView(data)) return false;
  // A tensor gives its rows one by one, and is an array all the same.
  if (data instanceof Tensor) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}
