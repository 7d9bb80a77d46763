import type { Dataset } from "../data/dataset.ts";
import { freeName } from "../name-registry.ts";
import type { Network } from "../nn/network.ts";
import { type ArraysGiven, type DataGiven, type Slots, toColumns } from "./arrays.ts";
import type { Columns } from "./batch.ts";
import { checkColumns, type Expectations } from "./check.ts";
import type { ClassWeight } from "./class-weight.ts";
import type { Objective } from "./objective.ts";
import { type ArrayBatches, ArraySource, type BatchSource } from "./source.ts";

/** One batch of a stream: a record, or a list in this order. */
export type BatchGiven = DataGiven | readonly [x: ArraysGiven, y?: ArraysGiven | null, sampleWeight?: ArraysGiven];

/** Batches from anywhere: a dataset, or anything iterable that gives batches. */
export type BatchStream = Dataset<unknown> | AsyncIterable<BatchGiven> | Iterable<BatchGiven>;

/** How arrays are cut into batches. */
export interface BatchOptions extends Omit<ArrayBatches, "batchSize"> {
  /** Default: what `steps` batches of all samples take, else 32. */
  readonly batchSize?: number | undefined;
  readonly steps?: number | undefined;
}

/** What data are prepared for. */
export class Preparation {
  private readonly slots: Slots;
  private readonly expectations: Expectations;

  /** @param what "fit", "evaluate" …: stands in messages. */
  constructor(
    private readonly network: Network,
    what: string,
    objective: Objective | undefined,
    checkData: boolean,
  ) {
    const label = `${what} of ${network.label}`;
    const inputs = network.inputs.map((input) => ({ name: network.nameOf(input), rank: input.shape.length }));
    this.slots = { label, inputs, outputs: outputNames(network), needsLabels: objective?.needsLabels };
    this.expectations = { label, network, losses: objective?.losses ?? [], checkData };
  }

  get label(): string {
    return this.slots.label;
  }

  /** Arrays in memory as checked columns. */
  async columns(given: DataGiven): Promise<Columns> {
    const columns = await toColumns(this.slots, given);
    checkColumns(this.expectations, columns);
    return columns;
  }

  /** Columns whose labels count as their classes do. */
  async weigh(columns: Columns, classWeight: ClassWeight | undefined): Promise<Columns> {
    if (classWeight === undefined) return columns;
    const { network, losses } = this.expectations;
    const context = { labels: losses[0]?.labels, output: network.outputs[0]?.shape ?? [] };
    return (await import("./class-weight.ts")).withClassWeights(this.label, classWeight, columns, context);
  }

  /** Without a batch size, so many steps are one pass over the data, as in Keras. */
  arraySource(columns: Columns, { batchSize, steps, ...order }: BatchOptions): BatchSource {
    return new ArraySource(columns, this.network.inputs, {
      batchSize: batchSize ?? (steps ? Math.ceil(columns.rows / steps) : 32),
      ...order,
    });
  }

  /** A stream of batches; each is checked as it comes, in every epoch: later ones may bring other data. */
  async streamSource(stream: BatchStream, hasLabels: boolean, classWeight?: ClassWeight): Promise<BatchSource> {
    return (await import("./other-data.ts")).streamSource(stream, this.network.inputs, {
      label: this.label,
      toColumns: async ({ y, ...rest }) =>
        this.weigh(await this.columns(hasLabels ? { y, ...rest } : { x: rest.x }), classWeight),
    });
  }

  /** The first floor(n·(1 − fraction)) rows to train with, the rest to validate with. Nothing is shuffled before. */
  async split(columns: Columns, fraction: number): Promise<[Columns, Columns]> {
    return (await import("./other-data.ts")).splitColumns(this.label, columns, fraction);
  }
}

/**
 * Names of a model's outputs: those of the layers that give them. Where one layer gives several, `name`, `name_1`, …
 */
export function outputNames(network: Network): string[] {
  const names: string[] = [];
  for (const output of network.outputs) {
    names.push(freeName(network.nameOf(output.layer ?? output), (taken) => names.includes(taken)));
  }
  return names;
}

/** Whether data come as batches rather than as arrays. */
export function isStream(data: unknown): data is BatchStream {
  if (typeof data !== "object" || data === null || Array.isArray(data) || ArrayBuffer.isView(data)) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}
